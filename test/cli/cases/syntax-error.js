// run: javy-prof %s
// exit: 2
function f() {
  let x = ;
}
