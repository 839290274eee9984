/** The support library as bytes, and the functions that generated code calls, with their types. */
import { readFileSync } from "node:fs";
import { packageFile } from "../../base/package-files.ts";
import { F32, F64, I32, I64, type ValType } from "../../wasm/types.ts";
import { type Type, unit } from "../language-types.ts";
import type { LibraryInterface } from "../scope.ts";

/** Name under which scripts use it as a library, as Whamm's. */
export const supportLibrary = "whamm_core";

let bytes: Uint8Array | undefined;

/** Built into dist/ by scripts/build.js. */
export function supportBytes(): Uint8Array {
  bytes ??= readFileSync(packageFile("dist/monitor/support/support.wasm"));
  return bytes;
}

/** What writes a report in a file that does so itself; built as the library is. */
export function reporterBytes(): Uint8Array {
  return readFileSync(packageFile("dist/monitor/support/reporter.wasm"));
}

export interface Signature {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

const letters: Readonly<Record<string, ValType>> = { i: I32, l: I64, f: F32, d: F64 };

/** "operands>results", a letter a value: i i32, l i64, f f32, d f64. */
function signature(text: string): Signature {
  const [params, results] = text.split(">").map((side) => [...side].map((letter) => letters[letter]!));
  return { params: params!, results: results! };
}

// biome-ignore format: a table
const signatures = {
  mem_alloc: "i>i", mem_free: "i>", str_push: "li>", str_done: ">i", str_from: "ii>i", str_at: "ii>i", str_len: "i>i", str_addr: "i>i",
  str_starts_with: "ii>i", str_ends_with: "ii>i", str_contains: "ii>i",
  map_new: "ii>i", map_key: "l>", map_find: "i>i", map_insert: "i>i", map_word: "ii>l", map_store: "iil>", map_get: "il>l", map_set: "ill>",
  map_add: "ill>", map_inner: "iii>i", map_count: "i>i", map_entry: "ii>i",
  stop: ">", puts: "ii>", putc: "i>", putbool: "i>", putf32: "f>", putf64: "d>", putu64: "l>", puti64: "l>",
  putu8: "i>", puti8: "i>", putu16: "i>", puti16: "i>", putu32: "i>", puti32: "i>",
} as const;

export type SupportFunction = keyof typeof signatures;

export const supportFunctions: Readonly<Record<SupportFunction, Signature>> = Object.fromEntries(
  Object.entries(signatures).map(([name, text]) => [name, signature(text)]),
) as Record<SupportFunction, Signature>;

const languageTypes: Readonly<Record<string, Type>> = { i: "i32", l: "i64", f: "f32", d: "f64" };

/** What scripts may call of it: printing, blocks of its memory, and stopping the program. */
export const supportInterface: LibraryInterface = {
  functions: new Map(
    Object.entries(signatures)
      .filter(([name]) => /^(put|mem_|stop$)/.test(name))
      .map(([name, text]) => {
        const [params, results] = text.split(">") as [string, string];
        const result = results === "" ? unit : languageTypes[results]!;
        return [name, { params: [...params].map((letter) => languageTypes[letter]!), result }];
      }),
  ),
};
