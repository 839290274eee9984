/**
 * A command's code, once it was read. V8's flags are set from there on: code that is cached belongs to the flags it was
 * made with, so that Node.js would compile each module of its own anew that is loaded later (10 to 14 ms of a run).
 */
import { holdOptimiserBack } from "./tiering.ts";

export async function ready<T>(code: Promise<T>): Promise<T> {
  const read = await code;
  holdOptimiserBack(process.versions.node);
  return read;
}
