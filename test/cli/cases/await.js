// run: javy-prof %s
async function load(id) {
  await null;
  return id * 2;
}
const values = await Promise.all([load(1), load(2)]);
console.log(values.join());
Promise.resolve().then(function later() {
  console.log("later");
});
