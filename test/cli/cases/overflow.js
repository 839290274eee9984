// run: javy-prof %s
// exit: 3
function down(n) {
  return 1 + down(n + 1);
}
console.log(down(0));
