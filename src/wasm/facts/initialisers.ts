/**
 * What a module evaluates when it is instantiated: the constant expressions of globals, tables, element and data
 * segments, as lists of instructions. decode.ts passes over them; only who charges for them (fuel/instantiation.ts)
 * needs to know. The module was decoded, so its structure is known to be sound; that what it names by an index exists
 * is not.
 */
import type { ByteReader } from "../../base/bytes.ts";
import { valType } from "../decode.ts";
import { sectionReader } from "../sections.ts";
import { type Module, type Range, SectionId } from "../types.ts";
import { type Expression, readExpression } from "./expression.ts";

export interface ElementSegment {
  readonly mode: "active" | "passive" | "declared";
  readonly table: number;
  /** Null where it is not active. */
  readonly offset: Expression | null;
  /** Its items where they are expressions, null where they are a list of functions. */
  readonly expressions: readonly Expression[] | null;
  readonly length: number;
}

export interface ActiveData {
  readonly memory: number;
  readonly offset: Expression;
  /** Where its bytes are in the file. */
  readonly content: Range;
}

export interface Initialisers {
  /** Of the module's own globals. */
  readonly globals: readonly Expression[];
  /** Of the module's own tables; null where none is given. */
  readonly tables: readonly (Expression | null)[];
  readonly elements: readonly ElementSegment[];
  readonly data: readonly ActiveData[];
}

const found = new WeakMap<Module, Initialisers>();

/** Read once for a module: a pre-initialised one has thousands of data segments. */
export function initialisers(module: Module): Initialisers {
  const known = found.get(module) ?? readInitialisers(module);
  found.set(module, known);
  return known;
}

function readInitialisers(module: Module): Initialisers {
  const globals: Expression[] = [];
  const expression = (r: ByteReader) => readExpression(r, module, globals);
  const items = <T>(id: number, read: (r: ByteReader, expression: Read) => T): T[] => {
    const r = sectionReader(module, id);
    if (!r) return [];
    return Array.from({ length: r.leb() }, () => read(r, expression));
  };
  items(SectionId.global, (r) => {
    valType(r);
    r.u8();
    return globals.push(expression(r));
  });
  return {
    globals,
    tables: items(SectionId.table, table),
    elements: items(SectionId.element, element),
    data: items(SectionId.data, data).filter((segment) => segment !== null),
  };
}

type Read = (r: ByteReader) => Expression;

function table(r: ByteReader, expression: Read): Expression | null {
  const initialised = r.bytes[r.at] === 0x40;
  if (initialised) r.take(2);
  valType(r);
  for (let bounds = r.u8() & 1 ? 2 : 1; bounds > 0; bounds--) r.bigLeb(64, false);
  return initialised ? expression(r) : null;
}

function element(r: ByteReader, expression: Read): ElementSegment {
  const flags = r.leb();
  const active = (flags & 1) === 0;
  const table = active && flags & 2 ? r.leb() : 0;
  const offset = active ? expression(r) : null;
  const typed = (flags & 3) !== 0;
  const mode = active ? "active" : flags & 2 ? "declared" : "passive";
  if (flags & 4) {
    if (typed) valType(r);
    const expressions = Array.from({ length: r.leb() }, () => expression(r));
    return { mode, table, offset, expressions, length: expressions.length };
  }
  if (typed) r.u8();
  const length = r.leb();
  for (let i = 0; i < length; i++) r.leb();
  return { mode, table, offset, expressions: null, length };
}

function data(r: ByteReader, expression: Read): ActiveData | null {
  const flags = r.leb();
  const memory = flags === 2 ? r.leb() : 0;
  const offset = flags === 1 ? null : expression(r);
  const size = r.leb();
  const start = r.base + r.at;
  r.skip(size);
  return offset && { memory, offset, content: { start, end: start + size } };
}
