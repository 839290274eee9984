/**
 * What is done and said where a file is not written to its end. Apart from output-file.ts, because every command needs this
 * when it ends, and few of them write.
 */
import { unlinkSync } from "node:fs";
import { type Diagnostic, usageError } from "../base/diagnostics.ts";
import { systemText } from "../base/system-words.ts";

/** Files beside their places that this process has not renamed yet, by absolute path. */
export const unfinished = new Set<string>();

/** For a process that ends at once: nothing that it has begun stays. */
export function removeUnfinished(): void {
  for (const path of unfinished) {
    try {
      unlinkSync(path);
    } catch {
      // not made yet, or renamed
    }
  }
}

/**
 * Why something could not be written, of an error of the system; any other is given back as it is. `what`: what it is
 * about, with its name.
 */
export function cannotWrite(what: string, error: unknown, ...details: string[]): Diagnostic | Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined && error instanceof Error) return error;
  return usageError(
    `cannot write ${what}: ${code === undefined ? String(error) : systemText(code)}`,
    ...details,
  );
}
