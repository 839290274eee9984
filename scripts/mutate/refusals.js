/**
 * The messages that src/ refuses with, as far as they are written where an error is made, and which of them mutants met.
 * A message that none meets is code that nothing damaged ever reached.
 */
import { readdirSync, readFileSync } from "node:fs";

/** Callees whose first argument is why a module is refused; usage errors are not a module's fault. */
const made = /\b(?:unsupported|fail)\(\s*(`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*")/g;

/** A refusal's text in src/ as a pattern for what was said: what is filled in can be anything. */
export function refusalMessages() {
  const folder = new URL("../../src/", import.meta.url);
  /** @type {Map<string, RegExp>} */
  const found = new Map();
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts")) continue;
    const text = readFileSync(new URL(path.replaceAll("\\", "/"), folder), "utf8");
    for (const [, literal] of text.matchAll(made)) {
      const parts = literal
        .slice(1, -1)
        .replace(/\\(["`\\])/g, "$1")
        .split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/);
      // what is all filled in says nothing
      if (parts.join("").trim().length < 4) continue;
      const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
      found.set(literal.slice(1, -1), new RegExp(pattern, "s"));
    }
  }
  return found;
}
