// A static module that throws on and on while it unwinds: it ends in the engine's own trap, and all of its fuel counts.
// run: %s
// end: trap
// comparable: true
function deep(n) {
  try {
    if (n === 0) throw new Error("first");
    deep(n - 1);
  } catch {
    throw new Error(`then ${n}`);
  }
}
deep(100);
