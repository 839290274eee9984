/**
 * Renumbering, in one place: what a section, and an instruction, looks like when things have moved in their index
 * spaces. Indices that did not change keep the bytes they had, LEBs of unusual length included.
 *
 * Functions, tables, memories, globals and tags move up where imports are added behind the module's own. Types, data
 * and element segments are only ever appended to: what a module has of these keeps its number.
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { DecodeError } from "../base/diagnostics.ts";
import { lebAt, lebEnd, readImmediates, readMemarg, readOpcode, skipBlockType } from "./instructions.ts";
import { Imm, opcodes, rowNamed } from "./opcodes.ts";
import { type ExternKind, externKinds, FUNCREF, type Module, type Section, SectionId } from "./types.ts";

/** New index by old index, for each space that imports are added to. */
export type IndexMap = Readonly<Record<ExternKind, (index: number) => number>>;

const imported = (module: Module, kind: ExternKind): number =>
  module.imports.reduce((count, { description }) => count + (description.kind === kind ? 1 : 0), 0);

/** The map when so many imports of each kind are added behind the existing ones. */
export function afterAddedImports(
  module: Module,
  added: Readonly<Partial<Record<ExternKind, number>>>,
): IndexMap {
  const move = (kind: ExternKind) => {
    const by = added[kind] ?? 0;
    const first = imported(module, kind);
    return (index: number) => (index < first ? index : index + by);
  };
  return {
    func: move("func"),
    table: move("table"),
    memory: move("memory"),
    global: move("global"),
    tag: move("tag"),
  };
}

const END = rowNamed("end");

class Reindexer {
  readonly r: ByteReader;
  readonly w: ByteWriter;
  readonly map: IndexMap;

  constructor(r: ByteReader, map: IndexMap, w = new ByteWriter(r.bytes.length + 64)) {
    this.r = r;
    this.w = w;
    this.map = map;
  }

  /** Copies what `read` passes over. */
  keep<T>(read: () => T): T {
    const from = this.r.at;
    const value = read();
    this.w.copy(this.r.bytes, from, this.r.at);
    return value;
  }

  index(map: (index: number) => number): void {
    const from = this.r.at;
    const old = this.r.leb();
    const now = map(old);
    if (now === old) this.w.copy(this.r.bytes, from, this.r.at);
    else this.w.leb(now);
  }

  vector(item: () => void): void {
    for (let count = this.keep(() => this.r.leb()); count > 0; count--) item();
  }

  constant(): void {
    for (;;) {
      const row = this.keep(() => readOpcode(this.r));
      if (row === END) return;
      this.immediates(row);
    }
  }

  /** The immediates of an instruction, memory arguments and catch clauses included. */
  immediates(row: number): void {
    const { imm, spaces } = opcodes[row]!;
    const { map, r } = this;
    switch (imm) {
      case Imm.index:
      case Imm.index2:
        for (const space of spaces) {
          if (space in map) this.index(map[space as ExternKind]);
          else this.keep(() => r.leb());
        }
        return;
      case Imm.memarg:
        return this.memoryArgument();
      case Imm.memargLane:
        this.memoryArgument();
        this.keep(() => r.u8());
        return;
      case Imm.catches:
        this.keep(() => r.take(skipBlockType(r.bytes, r.at) - r.at));
        return this.vector(() => {
          if (this.keep(() => r.u8()) < 2) this.index(map.tag);
          this.keep(() => r.leb());
        });
      default:
        this.keep(() => readImmediates(r, row));
    }
  }

  memoryArgument(): void {
    const from = this.r.at;
    const { align, memory, offset } = readMemarg(this.r);
    const now = this.map.memory(memory);
    if (now === memory) return this.w.copy(this.r.bytes, from, this.r.at);
    this.w.leb(align | 0x40);
    this.w.leb(now);
    this.w.bigLeb(offset);
  }
}

/** Writes the immediates at `at` of an instruction of `row` under `map`. */
export function writeMoved(w: ByteWriter, bytes: Uint8Array, at: number, row: number, map: IndexMap): void {
  const { imm, spaces } = opcodes[row]!;
  const [space] = spaces;
  if (imm === Imm.index && space! in map) {
    // Nearly all: a call, a global, a reference to a function.
    const old = lebAt(bytes, at);
    const now = map[space as ExternKind](old);
    if (now === old) w.copy(bytes, at, lebEnd(bytes, at));
    else w.leb(now);
    return;
  }
  const r = new ByteReader(bytes);
  r.at = at;
  new Reindexer(r, map, w).immediates(row);
}

/** Whether instructions can name something that `map` moves, by row. `module`: whose indices are moved. */
export function movedRows(module: Module, map: IndexMap): Uint8Array {
  const last: Readonly<Record<ExternKind, number>> = {
    func: module.functions.length,
    table: module.tables.length,
    memory: module.memories.length,
    global: module.globals.length,
    tag: module.tags.length,
  };
  const moves = new Set<string>(externKinds.filter((kind) => map[kind](last[kind]) !== last[kind]));
  return Uint8Array.from(opcodes, ({ imm, spaces }) => {
    if (imm === Imm.memarg || imm === Imm.memargLane) return moves.has("memory") ? 1 : 0;
    if (imm === Imm.catches) return moves.has("tag") ? 1 : 0;
    return spaces.some((space) => moves.has(space)) ? 1 : 0;
  });
}

/**
 * Payload of `section` under `map`; undefined where the kind of section holds no index that can move.
 * Null where it is a custom section that is damaged: engines do not mind, but its indices cannot be kept right.
 */
export function reindexSection(
  module: Module,
  section: Section,
  map: IndexMap,
): Uint8Array | null | undefined {
  if (section.id === SectionId.data && !namesMoved(module, map)) return undefined;
  const reader = new ByteReader(module.bytes.subarray(section.content, section.end), section.content);
  const x = new Reindexer(reader, map);
  const rewrite =
    section.id === SectionId.custom ? (section.name === "name" ? names : undefined) : sections[section.id];
  if (!rewrite) return undefined;
  try {
    rewrite(x);
  } catch (error) {
    if (section.id === SectionId.custom && error instanceof DecodeError) return null;
    throw error;
  }
  return x.w.finish();
}

/** Whether data segments name anything that may move: a memory, or something in an expression that is no constant. */
function namesMoved({ data, memories }: Module, map: IndexMap): boolean {
  if (map.memory(memories.length) !== memories.length) return true;
  return data.some(({ mode, address }) => mode === "active" && address === null);
}

const sections: Readonly<Record<number, (x: Reindexer) => void>> = {
  [SectionId.table]: (x) =>
    x.vector(() => {
      const initialised = x.r.bytes[x.r.at] === 0x40;
      if (initialised) x.keep(() => x.r.take(2));
      skipTableType(x);
      if (initialised) x.constant();
    }),
  [SectionId.global]: (x) =>
    x.vector(() => {
      skipValType(x);
      x.keep(() => x.r.u8());
      x.constant();
    }),
  [SectionId.export]: (x) =>
    x.vector(() => {
      x.keep(() => x.r.name());
      const kind = externKinds[x.keep(() => x.r.u8())];
      if (kind) x.index(x.map[kind]);
      else x.keep(() => x.r.leb());
    }),
  [SectionId.start]: (x) => x.index(x.map.func),
  [SectionId.element]: (x) => x.vector(() => element(x)),
  [SectionId.data]: (x) =>
    x.vector(() => {
      const from = x.r.at;
      const flags = x.r.leb();
      const now = x.map.memory(0);
      // Of memory 0, which need not be named until it is another.
      if (flags === 0 && now !== 0) {
        x.w.leb(2);
        x.w.leb(now);
      } else x.w.copy(x.r.bytes, from, x.r.at);
      if (flags === 2) x.index(x.map.memory);
      if (flags !== 1) x.constant();
      x.keep(() => x.r.take(x.r.leb()));
    }),
};

/** An element segment of any form. One of table 0, which need not be named until it is another, gains the longer form. */
function element(x: Reindexer): void {
  const from = x.r.at;
  const flags = x.r.leb();
  const active = (flags & 1) === 0;
  const named = active && (flags & 2) !== 0;
  const becomesNamed = active && !named && x.map.table(0) !== 0;
  const isExpressions = (flags & 4) !== 0;
  if (becomesNamed) x.w.leb(flags | 2);
  else x.w.copy(x.r.bytes, from, x.r.at);
  if (named) x.index(x.map.table);
  else if (becomesNamed) x.w.leb(x.map.table(0));
  if (active) x.constant();
  const typed = (flags & 3) !== 0;
  if (typed) {
    if (isExpressions) skipValType(x);
    else x.keep(() => x.r.u8());
  } else if (becomesNamed) x.w.u8(isExpressions ? FUNCREF : 0);
  x.vector(() => (isExpressions ? x.constant() : x.index(x.map.func)));
}

/** The space of the first index in each subsection of the name section; others begin with a type, a segment or a field. */
const namedSpaces: Readonly<Record<number, ExternKind>> = {
  1: "func",
  2: "func",
  3: "func",
  5: "table",
  6: "memory",
  7: "global",
  11: "tag",
};

function names(x: Reindexer): void {
  x.keep(() => x.r.name());
  while (!x.r.done) {
    const id = x.keep(() => x.r.u8());
    const sub = new Reindexer(x.r.sub(x.r.leb()), x.map);
    const space = namedSpaces[id];
    if (!space) sub.keep(() => sub.r.take(sub.r.bytes.length));
    else
      sub.vector(() => {
        sub.index(x.map[space]);
        // The locals and labels of a function.
        if (id === 2 || id === 3) sub.vector(() => namedIndex(sub));
        else sub.keep(() => sub.r.name());
      });
    x.w.sized(sub.w.view());
  }
}

function namedIndex(x: Reindexer): void {
  x.keep(() => x.r.leb());
  x.keep(() => x.r.name());
}

function skipValType(x: Reindexer): void {
  x.keep(() => {
    const byte = x.r.u8();
    if (byte === 0x63 || byte === 0x64) x.r.bigLeb(33, true);
  });
}

function skipTableType(x: Reindexer): void {
  skipValType(x);
  x.keep(() => {
    const flags = x.r.u8();
    for (let bounds = flags & 1 ? 2 : 1; bounds > 0; bounds--) x.r.bigLeb(64, false);
  });
}
