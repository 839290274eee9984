/**
 * Writes a module back: every section that was not replaced keeps its bytes, its size's LEB included, so that
 * decode then encode is byte-identical. Also the encoders of the entries that an instrumented module gains.
 */
import { ByteWriter } from "../base/bytes.ts";
import { lebEnd } from "./instructions.ts";
import { sectionPosition } from "./sections.ts";
import {
  type Export,
  externKinds,
  type FuncType,
  type GlobalType,
  heapOf,
  type Import,
  type Limits,
  type Module,
  type Section,
  SectionId,
  type TableType,
  type ValType,
} from "./types.ts";

/** A section that replaces the one it names, or, where the module has none of that id, is added in its place. */
export interface NewSection {
  readonly id: number;
  readonly payload: Uint8Array;
}

/**
 * The module with `replaced` in place of its sections (a payload by section), and `added` sections where they belong.
 * A replacement of null drops the section.
 */
export function encodeModule(
  module: Module,
  replaced: ReadonlyMap<Section, Uint8Array | null> = new Map(),
  added: readonly NewSection[] = [],
): Uint8Array {
  const w = new ByteWriter(module.bytes.length * 2);
  w.copy(module.bytes, 0, 8);
  const position = (id: number) => sectionPosition(id) ?? Number.POSITIVE_INFINITY;
  const waiting = [...added].sort((a, b) => position(a.id) - position(b.id));
  const flush = (before: number) => {
    while (waiting.length > 0 && position(waiting[0]!.id) < before) writeSection(w, waiting.shift()!);
  };
  for (const section of module.sections) {
    if (section.id !== SectionId.custom) flush(position(section.id));
    const payload = replaced.get(section);
    if (payload === undefined) w.copy(module.bytes, section.start, section.end);
    else if (payload) writeSection(w, { id: section.id, payload });
  }
  flush(Number.POSITIVE_INFINITY);
  return w.finish();
}

function writeSection(w: ByteWriter, { id, payload }: NewSection): void {
  w.u8(id);
  w.leb(payload.length);
  w.copy(payload);
}

/** A module of its own, from sections in file order. */
export function encodeSections(sections: readonly NewSection[]): Uint8Array {
  const w = new ByteWriter();
  for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) w.u8(byte);
  for (const section of sections) writeSection(w, section);
  return w.finish();
}

/** A vector section's payload (or one made anew where `payload` is undefined) with `items` behind its own. */
export function appendToVector(payload: Uint8Array | undefined, items: readonly Uint8Array[]): Uint8Array {
  const w = new ByteWriter((payload?.length ?? 0) + 64);
  const count = payload ? readCount(payload) : 0;
  w.leb(count + items.length);
  if (payload) w.copy(payload, lebEnd(payload, 0));
  for (const item of items) w.copy(item);
  return w.finish();
}

function readCount(payload: Uint8Array): number {
  let count = 0;
  for (let i = 0; ; i++) {
    const byte = payload[i]!;
    count += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return count;
  }
}

/** Writes one entry with `write` and returns its bytes. */
export function entry(write: (w: ByteWriter) => void): Uint8Array {
  const w = new ByteWriter(64);
  write(w);
  return w.finish();
}

export function writeValType(w: ByteWriter, type: ValType): void {
  const ref = heapOf(type);
  if (!ref) return w.u8(type);
  w.u8(ref.nullable ? 0x63 : 0x64);
  w.bigSleb(BigInt(ref.heap));
}

export function writeFuncType(w: ByteWriter, type: FuncType): void {
  w.u8(0x60);
  for (const list of [type.params, type.results]) {
    w.leb(list.length);
    for (const value of list) writeValType(w, value);
  }
}

/** A function body with its size in front: local groups (count, type), then instructions, the final `end` included. */
export function body(
  locals: readonly (readonly [count: number, type: ValType])[],
  code: (w: ByteWriter) => void,
): Uint8Array {
  const inner = entry((w) => {
    w.leb(locals.length);
    for (const [count, type] of locals) {
      w.leb(count);
      writeValType(w, type);
    }
    code(w);
  });
  return entry((w) => w.sized(inner));
}

export function writeLimits(w: ByteWriter, { min, max, shared, is64 }: Limits): void {
  w.u8((max === null ? 0 : 1) | (shared ? 2 : 0) | (is64 ? 4 : 0));
  w.bigLeb(min);
  if (max !== null) w.bigLeb(max);
}

export function writeTableType(w: ByteWriter, { element, limits }: TableType): void {
  writeValType(w, element);
  writeLimits(w, limits);
}

export function writeGlobalType(w: ByteWriter, { type, mutable }: GlobalType): void {
  writeValType(w, type);
  w.u8(mutable ? 1 : 0);
}

/** An entry of the import section. */
export function importEntry({ module, name, description }: Import): Uint8Array {
  return entry((w) => {
    w.name(module);
    w.name(name);
    w.u8(externKinds.indexOf(description.kind));
    switch (description.kind) {
      case "func":
        return w.leb(description.type);
      case "table":
        return writeTableType(w, description.table);
      case "memory":
        return writeLimits(w, description.memory);
      case "global":
        return writeGlobalType(w, description.global);
      case "tag":
        w.u8(0);
        return w.leb(description.type);
    }
  });
}

/** An entry of the export section. */
export function exportEntry({ name, kind, index }: Export): Uint8Array {
  return entry((w) => {
    w.name(name);
    w.u8(externKinds.indexOf(kind));
    w.leb(index);
  });
}
