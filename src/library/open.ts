/** Opening what was given, on a thread that is at hand for compiling. */
import type { Given } from "../program/given.ts";
import { type OpenOptions, openProgram } from "../program/open.ts";
import type { Program } from "../program/program.ts";
import { withThread } from "../run/threads.ts";
import { isWasm } from "../wasm/decode.ts";

/**
 * Opens a program: JavaScript, or a WebAssembly module that holds or needs QuickJS; a path, or bytes. Bytes have the name
 * that `options.name` gives them. A module that cannot be run is opened all the same: `program.refusal()` says why.
 * `mayBlock`: the calling thread may be kept busy while a short source is compiled, as in `profile`.
 * @throws Diagnostic: usage where a file cannot be read or JavaScript does not compile, unsupported where what was given is
 * neither JavaScript nor a module.
 */
export function open(
  given: string | Uint8Array,
  { name, mayBlock, ...options }: OpenOptions & { readonly name?: string; readonly mayBlock?: boolean } = {},
): Promise<Program> {
  const what: Given =
    typeof given === "string"
      ? given
      : { name: name ?? (isWasm(given) ? "module.wasm" : "app.js"), bytes: given };
  return withThread((thread) => openProgram(what, options, thread), mayBlock);
}
