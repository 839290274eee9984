/**
 * The name section: module, function and local names, and every other index-to-name subsection.
 * A module's names are data from a stranger: they are returned as they are and made inert where they are shown.
 */
import { type ByteReader, decodeText } from "../base/bytes.ts";
import { Diagnostic } from "../base/diagnostics.ts";
import { customSection } from "./sections.ts";
import type { Module } from "./types.ts";

/** Bytes of a name that are kept: compilers write names of thousands, and a stranger may write one of a gigabyte. */
const keptName = 16_384;

/** Function names by absolute function index; empty where the module has no (readable) name section. */
export function functionNames(module: Module): Map<number, string> {
  const names = new Map<number, string>();
  const r = customSection(module, "name");
  if (!r) return names;
  try {
    while (!r.done) {
      const id = r.u8();
      const sub = r.sub(r.leb());
      if (id !== 1) continue;
      for (let count = sub.leb(); count > 0; count--) names.set(sub.leb(), readName(sub));
    }
  } catch (error) {
    // A damaged custom section never invalidates a module; the names read so far stand.
    if (!(error instanceof Diagnostic)) throw error;
  }
  return names;
}

/** A name, cut where it is too long to be of use. */
function readName(r: ByteReader): string {
  const start = r.at;
  const length = r.leb();
  if (length > keptName) {
    const bytes = r.take(length);
    let end = keptName;
    // not within a character
    while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
    return `${decodeText(bytes.subarray(0, end))}…`;
  }
  r.at = start;
  return r.name();
}
