/**
 * A static module as Javy makes one, without its optimiser: the plugin with the program's `_start` behind its own
 * functions, the bytecode as a passive data segment behind its own, and no namespace to import it from.
 */
import { brotliCompressSync } from "node:zlib";
import { readEmbeddedPlugin } from "../../src/javy/embedded.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { emit } from "../../src/wasm/emit.ts";
import { appendToVector, body, encodeModule, entry, writeFuncType } from "../../src/wasm/encode.ts";
import { I32, type Section, SectionId } from "../../src/wasm/types.ts";

export function staticModule(bytecode: Uint8Array, source: string | null): Uint8Array {
  const module = decodeModule(readEmbeddedPlugin().bytes);
  const section = (id: number) => module.sections.find((found) => found.id === id)!;
  const payload = ({ content, end }: Section) => module.bytes.subarray(content, end);
  const exported = (name: string) => module.exports.find((found) => found.name === name)!.index;
  const segment = module.data.length;

  const type = entry((w) => writeFuncType(w, { kind: "func", params: [], results: [] }));
  const start = body([[1, I32]], (w) => {
    const i32s = (...values: number[]) => {
      for (const value of values) emit(w, "i32.const", value);
    };
    i32s(0, 0, 1, bytecode.length);
    emit(w, "call", exported("cabi_realloc"));
    emit(w, "local.tee", 0);
    i32s(0, bytecode.length);
    emit(w, "memory.init", segment, 0);
    emit(w, "local.get", 0);
    i32s(bytecode.length, 0, 0, 0);
    emit(w, "call", exported("invoke"));
    emit(w, "end");
  });
  const main = entry((w) => {
    w.name("_start");
    w.u8(0);
    w.leb(module.functions.length);
  });
  const data = entry((w) => {
    w.u8(1);
    w.sized(bytecode);
  });
  const more = (id: number, item: Uint8Array) =>
    [section(id), appendToVector(payload(section(id)), [item])] as const;
  const leb = (value: number) => entry((w) => w.leb(value));
  const replaced = new Map<Section, Uint8Array | null>([
    more(SectionId.type, type),
    more(SectionId.function, leb(module.types.length)),
    more(SectionId.export, main),
    more(SectionId.code, start),
    more(SectionId.data, data),
  ]);
  for (const found of module.sections) {
    if (found.id === SectionId.custom) replaced.set(found, null);
    if (found.id === SectionId.dataCount) replaced.set(found, leb(segment + 1));
  }
  const added = [];
  if (!section(SectionId.dataCount)) added.push({ id: SectionId.dataCount, payload: leb(segment + 1) });
  const whole = encodeModule(module, replaced, added);
  if (source === null) return whole;
  const custom = entry((w) => {
    w.name("javy_source");
    w.copy(brotliCompressSync(source));
  });
  const last = entry((w) => {
    w.u8(0);
    w.sized(custom);
  });
  return new Uint8Array(Buffer.concat([whole, last]));
}
