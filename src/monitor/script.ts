/**
 * Text → checked script, with all problems of one run. Where something could not be read, names that are missing
 * are no problems of their own: their declarations may stand in it.
 */
import { type CheckOptions, check } from "./check-script.ts";
import { parse } from "./parse.ts";
import { ScriptError, type Source } from "./source.ts";
import type { Script } from "./tree.ts";

/** Throws ScriptError. */
export function readScript(source: Source, options: CheckOptions): Script {
  const read = parse(source);
  const checked = check(read.script, options);
  const understood = checked.problems.filter(({ unknown }) => !unknown || read.problems.length === 0);
  const problems = [...read.problems, ...understood];
  if (problems.length > 0) throw new ScriptError(source, problems);
  return checked.script;
}
