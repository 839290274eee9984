/**
 * What the guests of `run` read: the files of -i or the logs of --replay, or what is piped in. A name that is no file and
 * looks like a glob is one, quoted so that the shell leaves it alone: its files are a run each, in the order of their names.
 */
import { existsSync } from "node:fs";
import { resolve, sep } from "node:path";
import { usageError } from "../base/diagnostics.ts";
import type { ScenarioInput } from "../index.ts";
import type { CommandIo } from "./io.ts";
import type { RunFlags } from "./run-flags.ts";

/** `stdin`: this command's, or what was read of it. */
export type RunInput = ScenarioInput | { readonly kind: "stdin"; readonly bytes?: Uint8Array };

export interface RunInputs {
  /** At least one; in the order of the command line. */
  readonly inputs: readonly RunInput[];
  /** Whether a result says which run is of which: of one file that a glob found, too, so that it looks the same for any number. */
  readonly several: boolean;
}

/** @throws Diagnostic (usage). */
export async function findInputs(
  flags: Pick<RunFlags, "input" | "replay" | "events">,
  io: CommandIo,
): Promise<RunInputs> {
  const found = await inputsOf(flags, io);
  if (found.several && flags.events !== undefined)
    throw usageError("--events takes one input: the calls of several have no one order");
  return found;
}

async function inputsOf(
  { input = [], replay = [] }: Pick<RunFlags, "input" | "replay">,
  io: CommandIo,
): Promise<RunInputs> {
  if (input.length > 0 && replay.length > 0)
    throw usageError("--input and --replay both say what the guest reads", "leave one out");
  if (replay.length > 0) return filesOf("replay", replay, "the log", io.cwd);
  if (readsStdin({ input }, io)) return { inputs: [{ kind: "stdin" }], several: false };
  if (input.includes("-")) throw usageError("--input - is read once: it does not go with other inputs");
  if (input.length > 0) return filesOf("file", input, "the input", io.cwd);
  return { inputs: [{ kind: "nothing" }], several: false };
}

/** Whether it is stdin that the guest reads. */
export function readsStdin(
  { input = [], replay = [] }: Pick<RunFlags, "input" | "replay">,
  { stdinIsTerminal }: CommandIo,
): boolean {
  if (replay.length > 0) return false;
  return input.length === 0 ? !stdinIsTerminal : input.length === 1 && input[0] === "-";
}

async function filesOf(
  kind: "file" | "replay",
  given: readonly string[],
  what: string,
  cwd: string,
): Promise<RunInputs> {
  const isFile = (path: string) => existsSync(resolve(cwd, path));
  const excluded = given.filter((path) => path.startsWith("!") && !isFile(path));
  const wanted = given.filter((path) => !excluded.includes(path));
  const globs = wanted.filter((path) => !isFile(path) && /[*?[\]{}()]/.test(path));
  const found = new Set<string>();
  for (const path of wanted)
    if (!globs.includes(path)) found.add(path);
    else for (const file of await matches(path, excluded, what, cwd)) found.add(file);
  if (found.size === 0) throw usageError(`${what} is all excluded`);
  const inputs = [...found].map((path): RunInput => ({ kind, path }));
  return { inputs, several: globs.length > 0 || inputs.length > 1 };
}

/** @throws Diagnostic (usage) where there is none. */
async function matches(
  pattern: string,
  excluded: readonly string[],
  what: string,
  cwd: string,
): Promise<string[]> {
  const { glob } = await import("tinyglobby");
  const asPattern = (path: string) => path.replaceAll(sep, "/");
  const found = await glob(asPattern(pattern), {
    ...{ cwd, dot: true, expandDirectories: false },
    ignore: excluded.map((path) => asPattern(path.slice(1))),
  });
  if (found.length === 0)
    throw usageError(
      `${what}: no file matches ${JSON.stringify(pattern)}`,
      "a glob in quotes is looked for from the working directory",
    );
  return found.sort();
}
