/**
 * Assembles a dynamic Javy module around a program's bytecode: imports of the plugin's realloc, invoke and memory,
 * one passive data segment, and the `_start` of javy-codegen 4, instruction for instruction, so that its fuel is
 * the same: allocate, memory.init, invoke without a function name. For older plugins the same with their ABI. Exports of
 * a WIT world evaluate the file likewise, and call one of its functions by name.
 */
import { brotliCompressSync, constants } from "node:zlib";
import { encodeText } from "../base/bytes.ts";
import { unsupported } from "../base/diagnostics.ts";
import { emit } from "../wasm/emit.ts";
import { appendToVector, body, encodeSections, entry, writeFuncType } from "../wasm/encode.ts";
import { I32, SectionId, type ValType } from "../wasm/types.ts";
import type { PluginAbi } from "./abi.ts";
import { commandExport } from "./startup-exports.ts";

const REALLOC = 0;
const INVOKE = 1;
const START = 2;

/** The JavaScript function that an export of a WIT world calls: `do-it` calls `doIt`. */
export function functionOf(exported: string): string {
  return exported.replaceAll(/-([\p{L}\p{N}])/gu, (_, letter: string) => letter.toUpperCase());
}

/**
 * Writes the module. `source` is embedded as `javy_source`, compressed as Javy does, if less. `exported`: exports besides
 * `_start`, as a WIT file names them. @throws Diagnostic (unsupported) where the plugin's ABI has no names of functions.
 */
export function linkDynamic(
  { namespace, abi }: { readonly namespace: string; readonly abi: PluginAbi },
  bytecode: Uint8Array,
  source: string,
  exported: readonly string[] = [],
): Uint8Array {
  if (exported.length > 0 && abi.run.parameters === 2)
    throw unsupported(
      `the plugin "${namespace}" calls no functions by name, and ${exported.join(", ")} is one`,
    );
  const names = exported.map((name) => encodeText(functionOf(name)));
  const parameters = (count: number): ValType[] => Array.from({ length: count }, () => I32);
  const types = [
    { params: parameters(4), results: parameters(1) },
    { params: parameters(abi.run.parameters), results: [] },
    { params: [], results: [] },
  ].map((type) => entry((w) => writeFuncType(w, { kind: "func", ...type })));

  const imported = (name: string, kind: number, rest: readonly number[]) =>
    entry((w) => {
      w.name(namespace);
      w.name(name);
      w.u8(kind);
      for (const byte of rest) w.u8(byte);
    });
  const imports = [
    imported(abi.realloc, 0, [0]),
    imported(abi.run.name, 0, [1]),
    imported("memory", 2, [0, 0]),
  ];

  const start = body([[1, I32]], (w) => {
    const i32s = (...values: number[]) => {
      for (const value of values) emit(w, "i32.const", value);
    };
    i32s(0, 0, 1, bytecode.length);
    emit(w, "call", REALLOC);
    emit(w, "local.tee", 0);
    i32s(0, bytecode.length);
    emit(w, "memory.init", 0, 0);
    emit(w, "local.get", 0);
    // the bytecode's length, then what says that no function is named
    i32s(...[bytecode.length, 0, 0, 0].slice(0, abi.run.parameters - 1));
    emit(w, "call", INVOKE);
    emit(w, "end");
  });

  const callers = names.map((name, i) =>
    body([[2, I32]], (w) => {
      const i32s = (...values: number[]) => {
        for (const value of values) emit(w, "i32.const", value);
      };
      const copied = (segment: number, length: number, local: number) => {
        i32s(0, 0, 1, length);
        emit(w, "call", REALLOC);
        emit(w, "local.tee", local);
        i32s(0, length);
        emit(w, "memory.init", segment, 0);
        emit(w, "data.drop", segment);
      };
      copied(0, bytecode.length, 0);
      copied(1 + i, name.length, 1);
      emit(w, "local.get", 0);
      // older plugins are not told whether a function is named
      i32s(...(abi.run.parameters === 5 ? [bytecode.length, 1] : [bytecode.length]));
      emit(w, "local.get", 1);
      i32s(name.length);
      emit(w, "call", INVOKE);
      emit(w, "end");
    }),
  );

  const exports = [commandExport, ...exported].map((name, i) =>
    entry((w) => {
      w.name(name);
      w.u8(0);
      w.leb(START + i);
    }),
  );
  const data = [bytecode, ...names].map((bytes) =>
    entry((w) => {
      w.u8(1);
      w.sized(bytes);
    }),
  );
  const vector = (items: readonly Uint8Array[]) => appendToVector(undefined, items);
  return encodeSections([
    { id: SectionId.type, payload: vector(types) },
    { id: SectionId.import, payload: vector(imports) },
    { id: SectionId.function, payload: vector(exports.map(() => Uint8Array.of(2))) },
    { id: SectionId.export, payload: vector(exports) },
    { id: SectionId.dataCount, payload: entry((w) => w.leb(data.length)) },
    { id: SectionId.code, payload: vector([start, ...callers]) },
    { id: SectionId.data, payload: vector(data) },
    { id: SectionId.custom, payload: sourceSection(source) },
  ]);
}

/**
 * Brotli's best quality, Javy's, takes half of the command's time for large bundles: 5.9 s for 3.6 MB, where this one takes
 * 0.08 s and 20 % more bytes. The same for `build` and `run`: a result is tied to its module by the hash of all bytes.
 */
const quality = 5;

function sourceSection(source: string): Uint8Array {
  const text = encodeText(source);
  const compressed = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  });
  return entry((w) => {
    w.name("javy_source");
    w.copy(compressed);
  });
}
