// run: javy-prof run %s --top 3 --limits shopify
// stdin: {"lines":[{"cost":3},{"cost":4}]}
function readInput() {
  const bytes = new Uint8Array(1024);
  const length = Javy.IO.readSync(0, bytes);
  return JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
}
const sum = readInput().lines.reduce((total, { cost }) => total + cost, 0);
console.log(sum);
