/** A rule alone, as people ask about it: `wasm:opcode:call:before`. */
import type { AstRule } from "./ast.ts";
import type { Event } from "./events.ts";
import { type Match, matchRule } from "./match-rule.ts";
import { parse } from "./parse.ts";
import { ScriptError } from "./source.ts";

/** What it matches. @throws ScriptError with what is wrong with it. */
export function matchesOf(rule: string, events: readonly Event[]): readonly Match[] {
  const source = { file: "rule", text: `${rule} { }` };
  const { script, problems } = parse(source);
  const [probe] = script.items;
  if (problems.length > 0 || probe?.kind !== "probe")
    throw new ScriptError({ ...source, text: rule }, problems);
  const found = matchRule(probe.rule, events);
  if ("matches" in found) return found.matches;
  // Whoever leaves the mode away asks for all of them.
  const all = probe.rule.parts.length === 3 ? matchRule(withMode(probe.rule), events) : found;
  if ("matches" in all) return all.matches;
  throw new ScriptError({ ...source, text: rule }, [found.problem]);
}

function withMode({ parts, span }: AstRule): AstRule {
  return { parts: [...parts, { glob: "*", bounds: [], span }], span };
}
