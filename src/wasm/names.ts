/**
 * The name section: module, function and local names, and every other index-to-name subsection.
 * A module's names are data from a stranger: they are returned as they are and made inert where they are shown.
 */
import { Diagnostic } from "../base/diagnostics.ts";
import { customSection } from "./sections.ts";
import type { Module } from "./types.ts";

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
      for (let count = sub.leb(); count > 0; count--) names.set(sub.leb(), sub.name());
    }
  } catch (error) {
    // A damaged custom section never invalidates a module; the names read so far stand.
    if (!(error instanceof Diagnostic)) throw error;
  }
  return names;
}
