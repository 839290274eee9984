// run: javy-prof %s --format folded -o - --quiet
function inner() {
  return 1;
}
function outer() {
  return inner() + inner();
}
console.log(outer());
