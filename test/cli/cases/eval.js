// run: javy-prof %s
const twice = eval("(function twice(n) { return 2 * n; })");
const add = new Function("a", "b", "return a + b");
console.log(add(twice(3), 1));
