/**
 * Where a syntax error is in a line. quickjs-ng says the line, and as the column that of a token before, or of the line's
 * beginning. The message names the token that it did not expect: where the line has but one of these, that is the place.
 * Otherwise esbuild is asked, where there is one, and believed where it finds an error in the same line. Where neither
 * knows, there is no column: a wrong one would be looked at first.
 */
import type { Span } from "../base/diagnostics.ts";
import { splitLines } from "../base/lines.ts";
import { type EsbuildMessage, findEsbuild, spanOf } from "./esbuild.ts";

/**
 * The place of an error in a line (1-based) of a source, of which the compiler says `message`. `folder`: the source's, where
 * it is in one.
 */
export async function syntaxErrorAt(
  source: string,
  line: number,
  message: string,
  folder: string | null,
): Promise<Span> {
  const text = splitLines(source)[line - 1] ?? "";
  const found = folder === null ? null : await spanByEsbuild(source, folder);
  if (found?.line === line) return found;
  return { line, column: columnOfToken(text, message), text };
}

/** Of the one token in a line that the message names; null where there are several, or none. */
function columnOfToken(text: string, message: string): number | null {
  const [, token = ""] = /unexpected token.* '(.+)'$/i.exec(message) ?? [];
  const at = token === "" ? -1 : text.indexOf(token);
  return at < 0 || text.indexOf(token, at + 1) >= 0 ? null : at + 1;
}

/** Where esbuild finds the first error; null where it finds none, or there is no esbuild. */
async function spanByEsbuild(source: string, folder: string): Promise<Span | null> {
  const esbuild = await findEsbuild(folder, "").catch(() => null);
  try {
    esbuild?.transformSync?.(source, { loader: "js", logLevel: "silent" });
    return null;
  } catch (error) {
    const [first] = (error as { readonly errors?: readonly EsbuildMessage[] }).errors ?? [];
    return first ? spanOf(first) : null;
  }
}
