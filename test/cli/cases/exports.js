// run: javy-prof %s --export checkout
// exit: 2
console.log("not run");
