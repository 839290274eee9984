// Catches whatever is thrown in it, in every way that JavaScript has.
// run: %s
// end: timeout
function forever() {
  try {
    for (;;);
  } catch {
    forever();
  } finally {
    forever();
  }
}
forever();
