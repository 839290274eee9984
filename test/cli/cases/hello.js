// run: javy-prof %s
function greet(name) {
  return `hello ${name}`;
}
console.log(greet("world"));
