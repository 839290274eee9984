// Never comes out of its jobs.
// run: %s
// end: timeout
async function forever() {
  for (;;) await null;
}
forever().catch(forever);
