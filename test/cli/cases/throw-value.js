// run: javy-prof %s --top 1
// exit: 3
function fail() {
  throw { code: 42 };
}
fail();
