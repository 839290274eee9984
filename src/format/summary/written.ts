/**
 * The last line of a run: which files were written, and what to type next, in words that work where the command was
 * typed (`npx javy-prof view`, `node dist/cli.js view`).
 */
import { inertText } from "../inert.ts";
import { paintWith } from "../paint.ts";

export interface WrittenOptions {
  readonly colour: boolean;
  /** How the command is called here: `javy-prof`, `npx javy-prof`. */
  readonly command: string;
  /** What else to try, as an option: `--by opcode`; null for nothing. */
  readonly more: string | null;
}

/** The line, ended; empty where there are no files. */
export function renderWritten(files: readonly string[], { colour, command, more }: WrittenOptions): string {
  if (files.length === 0) return "";
  const paint = paintWith(colour);
  const wrote = `wrote ${files.map(inertText).join(", ")}`;
  const profile = files.find((file) => /\.(speedscope|fuel)\.json$/.test(file));
  if (profile === undefined) return `${wrote}\n`;
  // the newest profile of the working directory is what view takes by itself
  const isHere = /^[^/\\]+\.speedscope\.json$/.test(profile);
  const view = `${command} view${isHere ? "" : ` ${shellWord(profile)}`}`;
  return `${wrote}   look: ${paint.cyan(view)}${more === null ? "" : `   more: ${more}`}\n`;
}

/** `word` as a shell takes it for one argument. */
function shellWord(word: string): string {
  const inert = inertText(word);
  return /^[\w@%+=:,./-]+$/.test(inert) ? inert : `'${inert.replaceAll("'", "'\\''")}'`;
}
