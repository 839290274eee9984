/**
 * Reads a binary module into types.ts's Module: every section's structure, not the instructions (instructions.ts).
 * It keeps byte ranges instead of copies, so that what is not changed is written back as it stood (encode.ts).
 * Not a validator: V8 is. But whatever the bytes, the outcome is a Module or a DecodeError with an absolute offset.
 * Source: core specification 3.0, chapter 5 (binary format).
 */
import { ByteReader } from "../base/bytes.ts";
import { unsupported } from "../base/diagnostics.ts";
import { readConstant } from "./facts/constant.ts";
import { sectionPosition } from "./sections.ts";
import { giveTheProgram, isStarlingMonkey } from "./starling-monkey.ts";
import {
  type AggregateType,
  type DataSegment,
  EXTERNREF,
  type Export,
  externKinds,
  FUNCREF,
  type FuncType,
  type GlobalType,
  heapProblem,
  type Import,
  type Limits,
  type Module,
  type Range,
  refType,
  type Section,
  SectionId,
  type TableType,
  type TypeDefinition,
  type ValType,
} from "./types.ts";

/** More types, functions or segments than V8 accepts: a count beyond is damage, not a module. */
const sane = 10_000_000;

/** True where the bytes begin like a core module. */
export function isWasm(bytes: Uint8Array): boolean {
  return bytes[0] === 0x00 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

/** Decodes a core module; throws DecodeError on malformed bytes and Diagnostic (unsupported) on what is no core module. */
export function decodeModule(given: Uint8Array): Module {
  // a Buffer's own methods are several times as slow, and its slices are no copies
  const bytes =
    given instanceof Buffer ? new Uint8Array(given.buffer, given.byteOffset, given.length) : given;
  if (!isWasm(bytes)) {
    throw unsupported(
      "not a WebAssembly module",
      "found: " + describeStart(bytes),
      "supported: binary core modules (\\0asm, version 1)",
    );
  }
  const reader = new ByteReader(bytes);
  reader.at = 4;
  const version = reader.u32();
  if (version === 0x1000d) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (isStarlingMonkey((name) => text.includes(name)))
      throw unsupported(
        "this is a component of ComponentizeJS: its JavaScript runs in SpiderMonkey, not in QuickJS",
        giveTheProgram,
      );
    throw unsupported(
      "this is a WebAssembly component, not a core module",
      "supported: core modules, as `javy build` writes them",
      "to get at the core module inside: wasm-tools component unbundle --module-dir <dir> <component.wasm>",
      "or: npx @bytecodealliance/jco transpile <component.wasm> -o <dir>, which writes its core modules there",
    );
  }
  if (version !== 1) reader.fail(`unknown WebAssembly version ${version}`, 4);

  const sections: Section[] = [];
  const module = new Draft(bytes);
  let last = -1;
  while (!reader.done) {
    const start = reader.at;
    const id = reader.u8();
    const size = reader.leb();
    const content = reader.at;
    const body = reader.sub(size);
    if (id !== SectionId.custom) {
      const position = sectionPosition(id) ?? reader.fail(`unknown section ${id}`, start);
      if (position <= last) reader.fail(`section ${id} is out of order or repeated`, start);
      last = position;
    }
    const name = id === SectionId.custom ? body.name() : "";
    sections.push({ id, name, start, content, end: reader.at });
    module.section(id, body);
    if (id !== SectionId.custom && !body.done) body.fail(`section ${id} has bytes left over`);
  }
  return module.finish(sections, reader);
}

function describeStart(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const head = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${bytes.length} bytes beginning ${head}`;
}

/** The module while its sections are read. */
class Draft {
  readonly types: TypeDefinition[] = [];
  readonly imports: Import[] = [];
  readonly functions: number[] = [];
  readonly tables: TableType[] = [];
  readonly memories: Limits[] = [];
  readonly globals: GlobalType[] = [];
  readonly tags: number[] = [];
  readonly exports: Export[] = [];
  readonly bodies: Range[] = [];
  readonly data: DataSegment[] = [];
  readonly bytes: Uint8Array;
  importedFunctions = 0;
  importedGlobals = 0;
  elements = 0;
  start: number | null = null;

  /** What an index of each kind counts. */
  readonly #spaces = {
    func: this.functions,
    table: this.tables,
    memory: this.memories,
    global: this.globals,
    tag: this.tags,
  };

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  finish(sections: readonly Section[], end: ByteReader): Module {
    const defined = this.functions.length - this.importedFunctions;
    if (defined !== this.bodies.length)
      end.fail(`${defined} functions are declared, but ${this.bodies.length} have code`);
    const {
      types,
      imports,
      functions,
      importedFunctions,
      tables,
      memories,
      globals,
      importedGlobals,
      tags,
      exports,
      start,
      elements,
      bodies,
      data,
      bytes,
    } = this;
    return {
      bytes,
      sections,
      types,
      imports,
      functions,
      importedFunctions,
      tables,
      memories,
      globals,
      importedGlobals,
      tags,
      exports,
      start,
      elements,
      bodies,
      data,
    };
  }

  section(id: number, r: ByteReader): void {
    switch (id) {
      case SectionId.type:
        return vector(r, () => this.rec(r));
      case SectionId.import:
        return this.importSection(r);
      case SectionId.function:
        return vector(r, () => this.functions.push(this.funcTypeIndex(r)));
      case SectionId.table:
        return vector(r, () => this.table(r));
      case SectionId.memory:
        return vector(r, () => this.memories.push(limits(r)));
      case SectionId.tag:
        return vector(r, () => this.tags.push(this.tag(r)));
      case SectionId.global:
        return vector(r, () => {
          this.globals.push(globalType(r));
          readConstant(r);
        });
      case SectionId.export:
        return vector(r, () => {
          const name = r.name();
          const kind = externKinds[r.u8()] ?? r.fail("unknown kind of export", r.at - 1);
          this.exports.push({ name, kind, index: this.existing(r, kind) });
        });
      case SectionId.start:
        this.start = this.existing(r, "func");
        return;
      case SectionId.element:
        return vector(r, () => this.element(r));
      case SectionId.dataCount:
        r.leb();
        return;
      case SectionId.code:
        return vector(r, () => {
          const size = r.leb();
          const start = r.base + r.at;
          r.skip(size);
          this.bodies.push({ start, end: start + size });
        });
      case SectionId.data:
        return vector(r, () => this.segment(r));
    }
  }

  /** An index that must exist already. */
  existing(r: ByteReader, kind: "func" | "table" | "memory" | "global" | "tag"): number {
    const at = r.at;
    const index = r.leb();
    const { length } = this.#spaces[kind];
    if (index >= length) r.fail(`${kind} index ${index} is out of range (${length} exist)`, at);
    return index;
  }

  funcTypeIndex(r: ByteReader): number {
    const at = r.at;
    const index = r.leb();
    if (this.types[index]?.kind !== "func") r.fail(`type ${index} is no function type`, at);
    return index;
  }

  tag(r: ByteReader): number {
    if (r.u8() !== 0) r.fail("unknown tag attribute", r.at - 1);
    return this.funcTypeIndex(r);
  }

  /** A recursion group, or a single type. */
  rec(r: ByteReader): void {
    if (r.bytes[r.at] === 0x4e) {
      r.u8();
      vector(r, () => this.subtype(r));
    } else {
      this.subtype(r);
    }
  }

  subtype(r: ByteReader): void {
    const form = r.bytes[r.at];
    if (form === 0x50 || form === 0x4f) {
      r.u8();
      vector(r, () => r.leb());
    }
    const at = r.at;
    const kind = r.u8();
    if (kind === 0x60) {
      const params = list(r, () => valType(r));
      const results = list(r, () => valType(r));
      this.types.push({ kind: "func", params, results } satisfies FuncType);
    } else if (kind === 0x5f) {
      this.types.push({ kind: "struct", fields: list(r, () => fieldType(r)) } satisfies AggregateType);
    } else if (kind === 0x5e) {
      this.types.push({ kind: "array", fields: [fieldType(r)] } satisfies AggregateType);
    } else {
      r.fail(`unknown form of type 0x${kind.toString(16)}`, at);
    }
  }

  importSection(r: ByteReader): void {
    vector(r, () => {
      const module = r.name();
      const name = r.name();
      this.imports.push({ module, name, description: this.importDescription(r) });
    });
    this.importedFunctions = this.functions.length;
    this.importedGlobals = this.globals.length;
  }

  importDescription(r: ByteReader): Import["description"] {
    const kind = r.u8();
    if (kind === 0) {
      const type = this.funcTypeIndex(r);
      this.functions.push(type);
      return { kind: "func", type };
    }
    if (kind === 1) {
      const table = tableType(r);
      this.tables.push(table);
      return { kind: "table", table };
    }
    if (kind === 2) {
      const memory = limits(r);
      this.memories.push(memory);
      return { kind: "memory", memory };
    }
    if (kind === 3) {
      const global = globalType(r);
      this.globals.push(global);
      return { kind: "global", global };
    }
    if (kind === 4) {
      const type = this.tag(r);
      this.tags.push(type);
      return { kind: "tag", type };
    }
    return r.fail("unknown kind of import", r.at - 1);
  }

  table(r: ByteReader): void {
    if (r.bytes[r.at] === 0x40) {
      r.u8();
      if (r.u8() !== 0) r.fail("unknown form of table", r.at - 1);
      this.tables.push(tableType(r));
      readConstant(r);
    } else {
      this.tables.push(tableType(r));
    }
  }

  /** An element segment: only its structure is checked; reindex.ts rewrites its function indices. */
  element(r: ByteReader): void {
    const at = r.at;
    const flags = r.leb();
    if (flags > 7) r.fail(`unknown form of element segment ${flags}`, at);
    const active = (flags & 1) === 0;
    if (active && flags & 2) r.leb();
    if (active) readConstant(r);
    const typed = (flags & 3) !== 0;
    if (flags & 4) {
      if (typed) valType(r);
      vector(r, () => readConstant(r));
    } else {
      if (typed) r.u8();
      vector(r, () => this.existing(r, "func"));
    }
    this.elements += 1;
  }

  segment(r: ByteReader): void {
    const at = r.at;
    const flags = r.leb();
    if (flags > 2) r.fail(`unknown form of data segment ${flags}`, at);
    if (flags === 2) r.leb();
    const address = flags === 1 ? null : readConstant(r);
    const size = r.leb();
    const start = r.base + r.at;
    r.skip(size);
    this.data.push({
      mode: flags === 1 ? "passive" : "active",
      bytes: { start, end: start + size },
      address,
    });
  }
}

function vector(r: ByteReader, item: () => unknown): void {
  const at = r.at;
  const count = r.leb();
  if (count > sane) r.fail(`a vector of ${count} items`, at);
  for (let i = 0; i < count; i++) item();
}

function list<T>(r: ByteReader, item: () => T): T[] {
  const items: T[] = [];
  vector(r, () => items.push(item()));
  return items;
}

/** A value type: numbers, vectors, and references in short or long form. */
export function valType(r: ByteReader): ValType {
  const at = r.at;
  const byte = r.u8();
  if (byte === 0x63 || byte === 0x64) {
    const heap = Number(r.bigLeb(33, true));
    const problem = heapProblem(heap);
    if (problem !== null) r.fail(problem, at + 1);
    return refType(byte === 0x63, heap);
  }
  if (
    (byte >= 0x7b && byte <= 0x7f) ||
    byte === FUNCREF ||
    byte === EXTERNREF ||
    (byte >= 0x69 && byte <= 0x74)
  )
    return byte;
  return r.fail(`unknown value type 0x${byte.toString(16)}`, at);
}

function fieldType(r: ByteReader): ValType {
  const packed = r.bytes[r.at];
  const type = packed === 0x78 || packed === 0x77 ? r.u8() : valType(r);
  if (r.u8() > 1) r.fail("unknown mutability", r.at - 1);
  return type;
}

function globalType(r: ByteReader): GlobalType {
  const type = valType(r);
  const mutable = r.u8();
  if (mutable > 1) r.fail("unknown mutability", r.at - 1);
  return { type, mutable: mutable === 1 };
}

function tableType(r: ByteReader): TableType {
  const element = valType(r);
  return { element, limits: limits(r) };
}

function limits(r: ByteReader): Limits {
  const at = r.at;
  const flags = r.u8();
  if (flags > 7) r.fail(`unknown limits 0x${flags.toString(16)}`, at);
  const is64 = (flags & 4) !== 0;
  const bound = () => (is64 ? r.bigLeb(64, false) : BigInt(r.leb()));
  const min = bound();
  const max = flags & 1 ? bound() : null;
  return { min, max, shared: (flags & 2) !== 0, is64 };
}
