/** Writes the files of a command; what hinders it is a usage error that says why, and never an absolute path. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Diagnostic, usageError } from "../base/diagnostics.ts";
import type { CommandIo } from "./io.ts";

/** A file's content: whole, or in chunks that are made as they are written. */
export type Content = string | Uint8Array | Iterable<string>;

/** Writes `content` to stdout. */
export async function writeStdout(content: Content, io: CommandIo): Promise<void> {
  if (typeof content === "string" || content instanceof Uint8Array) return io.stdout(content);
  for (const chunk of content) await io.stdout(chunk);
}

/** Writes `content` to `out` as the user named it. */
export async function writeOutput(out: string, content: Content, cwd: string): Promise<void> {
  try {
    await writeFile(resolve(cwd, out), content);
  } catch (error) {
    throw cannotWrite(out, error);
  }
}

/** `what`: what it is about, with its name. */
export function cannotWrite(what: string, error: unknown, ...details: string[]): Diagnostic {
  return usageError(
    `cannot write ${what}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    ...details,
  );
}
