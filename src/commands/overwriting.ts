/**
 * Refuses outputs that would destroy something: what the command reads, another of its outputs, or the file that its
 * own stdout or stderr goes to. Files are compared by what they are, not by what they are called: links lead to the
 * same file.
 */
import { resolve } from "node:path";
import { type Diagnostic, usageError } from "../base/diagnostics.ts";
import { fileIdentity, placeOf } from "./output-place.ts";

export interface NamedFile {
  /** What it is: "the program", "the profile". */
  readonly what: string;
  /** As the user named it; undefined where it was not given. */
  readonly file: string | undefined;
}

export interface NamedOutput extends NamedFile {
  readonly file: string;
  /** The option that gives it another place. */
  readonly flag: string;
}

/** Where a process's streams are files, that is what they are. Systems without these names have nothing there. */
const streams: readonly NamedFile[] = [
  { what: "stdin", file: "/dev/stdin" },
  { what: "stdout", file: "/dev/stdout" },
  { what: "stderr", file: "/dev/stderr" },
];

/** Outputs named `-` are stdout. @throws Diagnostic (usage) before anything is written. */
export async function refuseOverwriting(
  outputs: readonly NamedOutput[],
  inputs: readonly NamedFile[],
  cwd: string,
): Promise<void> {
  const taken = new Map<string, NamedFile>();
  for (const input of [...streams, ...inputs]) {
    if (input.file === undefined) continue;
    const identity = await fileIdentity(resolve(cwd, input.file));
    if (identity !== null) taken.set(identity, input);
  }
  for (const output of outputs) {
    if (output.file === "-") continue;
    // a place that cannot be is said where it is written
    const place = await placeOf(resolve(cwd, output.file)).catch(() => null);
    if (place === null || place.identity === null) continue;
    const other = taken.get(place.identity);
    if (other) throw overwrites(output, other);
    taken.set(place.identity, output);
  }
}

function overwrites({ what, file, flag }: NamedOutput, other: NamedFile): Diagnostic {
  const isStream = streams.includes(other);
  const same =
    other.file === file ? `that is ${other.what}` : `that is the same file as ${other.what}, ${other.file}`;
  return usageError(
    `${what} would overwrite ${file}`,
    isStream ? `${other.what} is that file` : same,
    `give another place with ${flag}`,
  );
}
