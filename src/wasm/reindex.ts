/**
 * Renumbering, in one place: what a section looks like when functions or globals have moved, one function a
 * section. Indices that did not change keep the bytes they had, LEBs of unusual length included.
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { DecodeError } from "../base/diagnostics.ts";
import { readImmediates, readOpcode } from "./instructions.ts";
import { opcodes, rowNamed } from "./opcodes.ts";
import { externKinds, type Module, type Section, SectionId } from "./types.ts";

/** New index by old index, for the two spaces that imports are added to. */
export interface IndexMap {
  readonly func: (index: number) => number;
  readonly global: (index: number) => number;
}

/** The map when `functions` and `globals` imports are added behind the existing imports. */
export function afterAddedImports(module: Module, functions: number, globals: number): IndexMap {
  return {
    func: (index) => (index < module.importedFunctions ? index : index + functions),
    global: (index) => (index < module.importedGlobals ? index : index + globals),
  };
}

const END = rowNamed("end");

class Reindexer {
  readonly r: ByteReader;
  readonly w: ByteWriter;
  readonly map: IndexMap;

  constructor(r: ByteReader, map: IndexMap) {
    this.r = r;
    this.w = new ByteWriter(r.bytes.length + 64);
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
      const [space] = opcodes[row]!.spaces;
      if (space === "func") this.index(this.map.func);
      else if (space === "global") this.index(this.map.global);
      else this.keep(() => readImmediates(this.r, row));
    }
  }
}

/**
 * Payload of `section` under `map`; undefined where the kind of section holds no function or global index.
 * Null where it is a custom section that is damaged: engines do not mind, but its indices cannot be kept right.
 */
export function reindexSection(
  module: Module,
  section: Section,
  map: IndexMap,
): Uint8Array | null | undefined {
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
      if (kind === "func") x.index(x.map.func);
      else if (kind === "global") x.index(x.map.global);
      else x.keep(() => x.r.leb());
    }),
  [SectionId.start]: (x) => x.index(x.map.func),
  [SectionId.element]: (x) =>
    x.vector(() => {
      const flags = x.keep(() => x.r.leb());
      const active = (flags & 1) === 0;
      if (active && flags & 2) x.keep(() => x.r.leb());
      if (active) x.constant();
      const typed = (flags & 3) !== 0;
      if (flags & 4) {
        if (typed) skipValType(x);
        x.vector(() => x.constant());
      } else {
        if (typed) x.keep(() => x.r.u8());
        x.vector(() => x.index(x.map.func));
      }
    }),
  [SectionId.data]: (x) =>
    x.vector(() => {
      const flags = x.keep(() => x.r.leb());
      if (flags === 2) x.keep(() => x.r.leb());
      if (flags !== 1) x.constant();
      x.keep(() => x.r.take(x.r.leb()));
    }),
};

/** Subsections of the name section whose first index is a function (1 functions, 2 locals, 3 labels) or a global (7). */
function names(x: Reindexer): void {
  x.keep(() => x.r.name());
  while (!x.r.done) {
    const id = x.keep(() => x.r.u8());
    const sub = new Reindexer(x.r.sub(x.r.leb()), x.map);
    const map = id >= 1 && id <= 3 ? x.map.func : id === 7 ? x.map.global : undefined;
    if (!map) sub.keep(() => sub.r.take(sub.r.bytes.length));
    else
      sub.vector(() => {
        sub.index(map);
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
