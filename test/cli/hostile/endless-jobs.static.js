// A static module that catches its stop, and would go on in its jobs.
// run: %s
// end: timeout
async function again() {
  try {
    for (;;) await Promise.all([null, new Promise((go) => go(1))]);
  } finally {
    for (;;) await again();
  }
}
again().then(again, again);
