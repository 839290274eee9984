/** Names of functions without what tells where they come from: as another engine, or a program that counts itself, has them. */
import type { FunctionRow, Result } from "../../src/result/result.ts";

/** `made` of `made (eval at f app.js:12)`. */
export function withoutEval(name: string): string {
  return name.replace(/ \(eval at [^)]*\)(?=$| )/, "");
}

/** The same, and `(anonymous app.js:9:4)` of `map callback in f`. */
export function plainName(
  { name, file, line, column }: FunctionRow,
  { files }: Pick<Result, "files">,
): string {
  if (!/ callback( |$)/.test(name) || file === null) return withoutEval(name);
  return `(anonymous ${files[file]}:${line}:${column})`;
}
