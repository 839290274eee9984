// A static module that throws on and on while it unwinds: what is left is the last error, and the whole of its fuel.
// run: %s
// end: throw
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
