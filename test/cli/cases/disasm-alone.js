// before: javy-prof run %s --format json -o counted.fuel.json
// run: javy-prof disasm counted.fuel.json --function twice --json
const twice = (n) => 2 * n;
console.log(twice(21));
