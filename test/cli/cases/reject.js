// run: javy-prof %s --quiet
// exit: 3
async function load(id) {
  await null;
  throw new Error(`no item ${id}`);
}
await load(7);
