/**
 * Assembles a dynamic Javy module around a program's bytecode: imports of the plugin's realloc, invoke and memory,
 * one passive data segment, and the `_start` of javy-codegen 4, instruction for instruction, so that its fuel is
 * the same: allocate, memory.init, invoke without a function name. For older plugins the same with their ABI.
 */
import { brotliCompressSync, constants } from "node:zlib";
import { encodeText } from "../base/bytes.ts";
import { appendToVector, body, encodeSections, entry, writeFuncType } from "../wasm/encode.ts";
import { I32, SectionId, type ValType } from "../wasm/types.ts";
import type { PluginAbi } from "./abi.ts";
import { commandExport } from "./startup-exports.ts";

const REALLOC = 0;
const INVOKE = 1;
const START = 2;

/** Writes the module. `source` is embedded as `javy_source`, compressed as Javy does. */
export function linkDynamic(
  { namespace, abi }: { readonly namespace: string; readonly abi: PluginAbi },
  bytecode: Uint8Array,
  source: string,
): Uint8Array {
  const i32s = (count: number): ValType[] => Array.from({ length: count }, () => I32);
  const types = [
    { params: i32s(4), results: i32s(1) },
    { params: i32s(abi.run.parameters), results: [] },
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
    const i32 = (value: number) => {
      w.u8(0x41);
      w.sleb(value);
    };
    const op = (code: number, index: number) => {
      w.u8(code);
      w.leb(index);
    };
    for (const value of [0, 0, 1, bytecode.length]) i32(value);
    op(0x10, REALLOC);
    op(0x22, 0);
    i32(0);
    i32(bytecode.length);
    for (const byte of [0xfc, 8, 0, 0]) w.u8(byte); // memory.init segment 0, memory 0
    op(0x20, 0);
    // the bytecode's length, then what says that no function is named
    for (const value of [bytecode.length, 0, 0, 0].slice(0, abi.run.parameters - 1)) i32(value);
    op(0x10, INVOKE);
    w.u8(0x0b);
  });

  const exports = [
    entry((w) => {
      w.name(commandExport);
      w.u8(0);
      w.leb(START);
    }),
  ];
  const data = [
    entry((w) => {
      w.u8(1);
      w.sized(bytecode);
    }),
  ];
  const vector = (items: readonly Uint8Array[]) => appendToVector(undefined, items);
  return encodeSections([
    { id: SectionId.type, payload: vector(types) },
    { id: SectionId.import, payload: vector(imports) },
    { id: SectionId.function, payload: vector([Uint8Array.of(2)]) },
    { id: SectionId.export, payload: vector(exports) },
    { id: SectionId.dataCount, payload: Uint8Array.of(1) },
    { id: SectionId.code, payload: vector([start]) },
    { id: SectionId.data, payload: vector(data) },
    { id: SectionId.custom, payload: sourceSection(source) },
  ]);
}

function sourceSection(source: string): Uint8Array {
  const text = encodeText(source);
  const compressed = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  });
  return entry((w) => {
    w.name("javy_source");
    w.copy(compressed);
  });
}
