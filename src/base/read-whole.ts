/** Reads files that the user named, whole, and says of those that are too large for that how large they may be. */
import { constants } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import { type Diagnostic, unreadable, usageError } from "./diagnostics.ts";
import { grouped } from "./numbers.ts";

/** Bytes that Node.js reads at once at most. */
const mostBytes = 2 ** 31 - 1;

/** Bytes of a file that is to be a text: V8 has no longer strings (in UTF-16 units, of which no byte gives more than one). */
export const mostText = Math.min(mostBytes, constants.MAX_STRING_LENGTH);

/**
 * The bytes of the file at `path`, which is `shown` to the user; `what` it should have been stands in the error.
 * `most`: bytes that it may have. @throws Diagnostic (usage).
 */
export async function readWhole(
  path: string,
  shown: string,
  what: string,
  most = mostBytes,
): Promise<Uint8Array> {
  const found = await stat(path).catch(() => null);
  if (found && found.size > most) throw tooLarge(shown, what, found.size, most);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw unreadable(shown, what, error);
  });
  // a pipe does not say beforehand how much comes
  if (bytes.length > most) throw tooLarge(shown, what, bytes.length, most);
  return bytes;
}

/** Of a file that can only be read as a text, and is too large for one. */
export function tooLarge(shown: string, what: string, bytes: number, most = mostText): Diagnostic {
  return usageError(
    `cannot read ${what} ${shown}: it is too large`,
    `it has ${grouped(bytes)} bytes; at most ${grouped(most)} can be read`,
  );
}
