/**
 * The compiler of positions: quickjs-ng as the embedded engine has it, changed to note a position for each opcode and
 * to run nothing (plugin/positions/). What it makes of a program's source is where the program's lines are then taken
 * from, as far as its code is the same (quickjs/carry-positions.ts).
 */
import { readFileSync } from "node:fs";
import { encodeText } from "../base/bytes.ts";
import { packageFile } from "../base/package-files.ts";
import type { CompiledSource, CompileJob, CompileOutcome, Compiler } from "../javy/compile.ts";
import { readUnit } from "../quickjs/bytecode/read-unit.ts";
import { withoutPositions } from "../quickjs/bytecode/without-positions.ts";
import { type EngineVersion, engineById, withPositions } from "../quickjs/engines/versions.ts";
import type { LinesOf } from "./line-source.ts";
import { keepFacts } from "./payload-facts.ts";

/** The bytecode version that it writes: nothing of another engine's code is ever the same. */
const positionsVersion = 26;

/** The engine that it is made from. */
const positionsEngine = "ng26";

const abi = { realloc: "cabi_realloc", name: "compile-src", words: 3 } as const;

/** Bytes of memory for each of a source: what compiling takes in the end, or less. Measured: 11 of 10 MB, 11 of 6 MB. */
const roomPerByte = 8;

/** Bytes of its stack, which lies at the beginning of its memory (plugin/positions/build.sh). */
const stackBytes = 4_194_304;

/**
 * A source of so many characters is compiled but once: that takes a second for 10 MB. This compiler takes sources that are
 * nested some times deeper than the engine does. So what used more of its stack than `mostStack` bytes is compiled by both:
 * a bundle uses 10 KB of it, and where the engine gives up it is 600 KB or more, whatever is nested.
 */
const largeSource = 1_000_000;
const mostStack = 65_536;

let module: WebAssembly.Module | undefined;
const kept = new WeakMap<LinesOf, Promise<CompiledSource | null>>();
/** With positions, by the bytecode without them. */
const compiledOnce = new WeakMap<Uint8Array, Uint8Array>();

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
  const known = compiledOnce.get(payload);
  if (known) return Promise.resolve({ bytecode: known, engines: ids });
  let found = kept.get(program);
  if (found === undefined) kept.set(program, (found = compileWithPositions(compiler, source.text, ids)));
  return found;
}

/**
 * The embedded engine's bytecode of a large source, which is what the compiler of positions makes but for these; they are
 * kept for findPositions. Null for a source that is small, nested deep, does not compile, or imports anything: then the
 * engine is to be asked. @throws Diagnostic as findPositions.
 */
export async function compileLarge(compiler: Compiler, source: string): Promise<Uint8Array | null> {
  if (source.length < largeSource) return null;
  const outcome = await compiled(compiler, source, { stack: stackBytes });
  if (outcome.kind === "failed" || (outcome.stack ?? stackBytes) > mostStack) return null;
  const engine = engineById(positionsEngine);
  const { bytecode } = outcome;
  const unit = readUnit(bytecode, 0, withPositions(engine));
  if (unit.module === null || unit.module.requests.length > 0) return null;
  const without = withoutPositions(bytecode, unit);
  compiledOnce.set(without, bytecode);
  keepFacts(without, engine, unit);
  return without;
}

async function compileWithPositions(
  compiler: Compiler,
  source: string,
  engines: readonly string[],
): Promise<CompiledSource | null> {
  const outcome = await compiled(compiler, source);
  return outcome.kind === "failed" ? null : { bytecode: outcome.bytecode, engines };
}

/** `more`: the stack, where is to be told how much of it was used. Looking for that takes 26 ms. */
function compiled(
  compiler: Compiler,
  source: string,
  more: Pick<CompileJob, "stack"> = {},
): Promise<CompileOutcome> {
  module ??= new WebAssembly.Module(readFileSync(packageFile("plugin/positions.wasm")) as BufferSource);
  const bytes = encodeText(source);
  return compiler.compile({
    ...{ kind: "compile", plugin: module, abi, source: bytes },
    room: roomPerByte * bytes.length,
    ...more,
  });
}
