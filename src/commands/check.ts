/** `javy-prof check`: a check, or one after each change of a file. */
import { type Ending, usageError } from "../base/diagnostics.ts";
import { type CheckFlags, checkOnce, formatOf } from "./check-once.ts";
import type { CommandIo } from "./io.ts";

export async function check(patterns: readonly string[], flags: CheckFlags, io: CommandIo): Promise<Ending> {
  if (!flags.watch) return (await checkOnce(patterns, flags, io)).ending;
  if (formatOf(flags) === "json" && flags.out === undefined)
    throw usageError("--watch checks many times: there is no one document for stdout", "leave --json out");
  return (await import("./check-watch.ts")).watchCheck(patterns, flags, io);
}
