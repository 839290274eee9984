// run: javy-prof info %s --json
function double(n) {
  return 2 * n;
}
console.log(double(21));
