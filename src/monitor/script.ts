/**
 * Text → checked script, with all problems of one run. Where something could not be read, names that are missing
 * are no problems of their own: their declarations may stand in it.
 */
import { usageError } from "../base/diagnostics.ts";
import { type CheckOptions, check } from "./check-script.ts";
import { parse } from "./parse.ts";
import { Wrong } from "./scope.ts";
import { ScriptError, type Source } from "./source.ts";
import type { Script } from "./tree.ts";

/** Throws ScriptError. */
export function readScript(source: Source, options: CheckOptions): Script {
  const read = parse(source);
  const checked = check(read.script, options);
  const understood = checked.problems.filter(({ unknown }) => !unknown || read.problems.length === 0);
  const problems = [...read.problems, ...understood];
  if (problems.length > 0) throw new ScriptError(source, problems);
  return { ...checked.script, source };
}

/**
 * Gives what `act` gives; a problem that shows only when code is made for a program is thrown with its place.
 * @throws ScriptError; Diagnostic (usage) of a script that nobody wrote.
 */
export function withPlaces<T>({ source }: Pick<Script, "source">, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    const { message, cure } = error.problem;
    throw source ? new ScriptError(source, [error.problem]) : usageError(message, ...(cure ? [cure] : []));
  }
}
