// before: javy-prof run %s --format json -o counted.fuel.json
// run: javy-prof disasm %s counted.fuel.json
function sum(numbers) {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += numbers[i];
  return total;
}
console.log(sum([1, 2, 3, 4]), eval("(() => 1)()"));
function never() {}
