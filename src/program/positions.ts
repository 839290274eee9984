/**
 * The compiler of positions: quickjs-ng as the embedded engine has it, changed to note a position for each opcode and
 * to run nothing (plugin/positions/). What it makes of a program's source is where the program's lines are then taken
 * from, as far as its code is the same (quickjs/carry-positions.ts).
 */
import { readFileSync } from "node:fs";
import { encodeText } from "../base/bytes.ts";
import { packageFile } from "../base/package-files.ts";
import type { CompiledSource, Compiler } from "../javy/compile.ts";
import type { EngineVersion } from "../quickjs/engines/versions.ts";
import type { LinesOf } from "./line-source.ts";

/** The bytecode version that it writes: nothing of another engine's code is ever the same. */
export const positionsVersion = 26;

const abi = { realloc: "cabi_realloc", name: "compile-src", words: 3 } as const;

let module: WebAssembly.Module | undefined;
const kept = new WeakMap<LinesOf, Promise<CompiledSource | null>>();

/**
 * The source of a program, compiled with positions, once for each program; null where there is no source or bytecode,
 * none of `engines` is of that bytecode version, or the source does not compile. @throws Diagnostic (unsupported) where
 * the compiler does not come to an end.
 */
export function findPositions(
  compiler: Compiler,
  program: LinesOf,
  engines: readonly EngineVersion[],
): Promise<CompiledSource | null> {
  const { source, payload } = program;
  const ids = engines.filter(({ version }) => version === positionsVersion).map(({ id }) => id);
  if (source === null || payload?.[0] !== positionsVersion || ids.length === 0) return Promise.resolve(null);
  let found = kept.get(program);
  if (found === undefined) kept.set(program, (found = compileWithPositions(compiler, source.text, ids)));
  return found;
}

async function compileWithPositions(
  compiler: Compiler,
  source: string,
  engines: readonly string[],
): Promise<CompiledSource | null> {
  module ??= new WebAssembly.Module(readFileSync(packageFile("plugin/positions.wasm")) as BufferSource);
  const outcome = await compiler.compile({
    kind: "compile",
    plugin: module,
    abi,
    source: encodeText(source),
  });
  return outcome.kind === "failed" ? null : { bytecode: outcome.bytecode, engines };
}
