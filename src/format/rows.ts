/**
 * Lays out JSON with one row of a table a line: short enough to keep, and a change of one function is a
 * change of one line in a diff. Everything else is indented by two spaces; lists of plain values stay on one
 * line.
 */
import { inertJson } from "./inert.ts";

/** The text of `value`; arrays under a key in `tables` have one element a line. Ends with a line break. */
export function rowsJson(value: unknown, tables: ReadonlySet<string>): string {
  const out: string[] = [];
  write(value, "", "", tables, out);
  out.push("\n");
  return out.join("");
}

/** Printing ASCII is inert: the quick way for the millions of rows that hold numbers only. */
const PLAIN = /^[ -~]*$/;

function compact(value: unknown): string {
  const json = JSON.stringify(value);
  return PLAIN.test(json) ? json : inertJson(json);
}

function write(
  value: unknown,
  key: string,
  indent: string,
  tables: ReadonlySet<string>,
  out: string[],
): void {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const table = tables.has(key);
    if (value.length === 0 || (!table && value.every((item) => typeof item !== "object"))) {
      out.push(compact(value));
      return;
    }
    for (const [i, item] of value.entries()) {
      out.push(i === 0 ? "[\n" : ",\n", inner);
      if (table) out.push(compact(item));
      else write(item, "", inner, tables, out);
    }
    out.push(`\n${indent}]`);
  } else if (typeof value === "object" && value !== null) {
    let first = true;
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      out.push(first ? "{\n" : ",\n", inner, compact(name), ": ");
      write(member, name, inner, tables, out);
      first = false;
    }
    out.push(first ? "{}" : `\n${indent}}`);
  } else out.push(compact(value));
}
