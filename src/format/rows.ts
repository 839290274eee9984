/**
 * Lays out JSON with one row of a table a line: short enough to keep, and a change of one function is a
 * change of one line in a diff. Everything else is indented by two spaces; lists of plain values stay on one
 * line.
 */
import { inertJson } from "./inert.ts";

/** Characters of a chunk, about. */
const chunkSize = 65_536;

/** The text of `value`, in chunks: what a table holds may be made while it is written. See rowsJson. */
export function* rowsChunks(value: unknown, tables: ReadonlySet<string>): Generator<string> {
  let chunk = "";
  for (const part of parts(value, "", "", tables)) {
    chunk += part;
    if (chunk.length < chunkSize) continue;
    yield chunk;
    chunk = "";
  }
  yield `${chunk}\n`;
}

/** The text of `value`; lists under a key in `tables` have one element a line. Ends with a line break. */
export function rowsJson(value: unknown, tables: ReadonlySet<string>): string {
  return [...rowsChunks(value, tables)].join("");
}

/** Printing ASCII is inert: the quick way for the millions of rows that hold numbers only. */
const PLAIN = /^[ -~]*$/;

function compact(value: unknown): string {
  const json = JSON.stringify(value);
  return PLAIN.test(json) ? json : inertJson(json);
}

/** Elements of a plain list that are written at once. */
const listPart = 8192;

function* plainList(list: readonly unknown[]): Generator<string> {
  if (list.length <= listPart) return yield compact(list);
  for (let i = 0; i < list.length; i += listPart) {
    const part = compact(list.slice(i, i + listPart));
    yield (i === 0 ? "[" : ",") + part.slice(1, -1);
  }
  yield "]";
}

function* rows(list: Iterable<unknown>, indent: string): Generator<string> {
  const between = `,\n${indent}  `;
  let isFirst = true;
  let text = "";
  for (const item of list) {
    text += (isFirst ? `[\n${indent}  ` : between) + compact(item);
    isFirst = false;
    if (text.length < chunkSize) continue;
    yield text;
    text = "";
  }
  yield text + (isFirst ? "[]" : `\n${indent}]`);
}

function* parts(value: unknown, key: string, indent: string, tables: ReadonlySet<string>): Generator<string> {
  const inner = `${indent}  `;
  if (typeof value !== "object" || value === null) yield compact(value);
  else if (tables.has(key) && Symbol.iterator in value) yield* rows(value as Iterable<unknown>, indent);
  else if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object")) return yield* plainList(value);
    for (const [i, item] of value.entries()) {
      yield (i === 0 ? "[\n" : ",\n") + inner;
      yield* parts(item, "", inner, tables);
    }
    yield `\n${indent}]`;
  } else {
    let isFirst = true;
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      yield `${isFirst ? "{\n" : ",\n"}${inner}${compact(name)}: `;
      yield* parts(member, name, inner, tables);
      isFirst = false;
    }
    yield isFirst ? "{}" : `\n${indent}}`;
  }
}
