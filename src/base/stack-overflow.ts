/** Which error says that the stack is exhausted: whoever catches errors of his own has to let it through. */

/** Whether the recursion, of a guest or of JavaScript that it called, has exhausted the stack of its thread. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith("Maximum call stack");
}
