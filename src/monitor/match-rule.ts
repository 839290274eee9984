/**
 * Which events and modes a rule means. Each part is a glob (`*`, `?`, `[ab]`, `[!ab]`, without regard to case) or
 * several between `|`; an empty part is `*`. Four parts mean events with modes, three those without (functions and
 * blocks), two those of a provider itself. What matches nothing is an error that says which part it was.
 */
import { nearest } from "../base/nearest.ts";
import type { AstPart, AstRule } from "./ast.ts";
import type { Event, Mode } from "./events.ts";
import { jsProvider } from "./js/js-events.ts";
import type { Problem } from "./source.ts";

export interface Match {
  readonly event: Event;
  readonly mode: Mode | null;
}

/** What the rule matches, in the order of `events`, modes in the order of each event; or what is wrong with it. */
export function matchRule(
  rule: AstRule,
  events: readonly Event[],
): { matches: Match[] } | { problem: Problem } {
  const { parts } = rule;
  if (parts.length === 1)
    return failed(parts[0]!, "a rule has two to four parts", "provider:package:event:mode");
  const patterns: RegExp[] = [];
  for (const part of parts) {
    const pattern = globPattern(part.glob);
    if (typeof pattern === "string") return failed(part, pattern);
    patterns.push(pattern);
  }
  const levels: ((event: Event) => string | null)[] =
    parts.length === 2
      ? [(event) => event.provider, (event) => (event.package === null ? event.name : null)]
      : [(event) => event.provider, (event) => event.package, (event) => event.name];
  let left = isGlob(parts[0]!.glob) ? events.filter(({ provider }) => provider !== jsProvider) : events;
  for (const [i, level] of levels.entries()) {
    const before = left;
    left = before.filter((event) => {
      const name = level(event);
      return name !== null && patterns[i]!.test(name);
    });
    if (left.length > 0) continue;
    const names = distinct(before.map(level).filter((name) => name !== null));
    const what = i === 0 ? "provider" : i === 1 && parts.length > 2 ? "package" : "event";
    return failed(parts[i]!, `no ${what} matches ${parts[i]!.glob}`, suggestion(parts[i]!.glob, names));
  }
  const withModes = left.filter((event) => event.modes.length > 0);
  if (parts.length < 4) {
    const without = left.filter((event) => event.modes.length === 0);
    if (without.length > 0) return { matches: without.map((event) => ({ event, mode: null })) };
    const some = withModes[0]!;
    return failed(
      rule,
      "the rule names no mode",
      `add one: ${some.modes.map((mode) => `:${mode}`).join(" ")}`,
    );
  }
  if (withModes.length === 0)
    return failed(parts[3]!, `${left[0]!.package}:${left[0]!.name} has no modes`, "leave the last part away");
  const matches = withModes.flatMap((event) =>
    event.modes.filter((mode) => patterns[3]!.test(mode)).map((mode) => ({ event, mode })),
  );
  if (matches.length > 0) return { matches };
  const known = distinct(withModes.flatMap((event) => event.modes));
  return failed(parts[3]!, `no mode matches ${parts[3]!.glob}`, suggestion(parts[3]!.glob, known));
}

/** JavaScript's events are meant only where the provider is written out: globs are Whamm's, which has none. */
function isGlob(glob: string): boolean {
  return glob === "" || /[*?[]/.test(glob);
}

function failed({ span }: AstRule | AstPart, message: string, cure?: string): { problem: Problem } {
  return { problem: { span, message, cure } };
}

const distinct = (names: readonly string[]) => [...new Set(names)];

/** The pattern of a part, or what is wrong with it. */
export function globPattern(glob: string): RegExp | string {
  const alternatives: string[] = [];
  for (const alternative of splitTopLevel(glob === "" ? "*" : glob)) {
    if (alternative === "") return `an empty name between | in ${glob}`;
    const pattern = onePattern(alternative);
    if (pattern === undefined) return `[ without its ] in ${glob}`;
    alternatives.push(pattern);
  }
  return new RegExp(`^(?:${alternatives.join("|")})$`, "i");
}

/** `|` inside brackets is one of the characters. */
function splitTopLevel(glob: string): string[] {
  return glob.match(/(?:\[!?\]?[^\]]*\]|[^|])+|(?<=^|\|)(?=$|\|)/g) ?? [glob];
}

function onePattern(glob: string): string | undefined {
  let pattern = "";
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at]!;
    if (character === "*") pattern += ".*";
    else if (character === "?") pattern += ".";
    else if (character !== "[") pattern += character.replace(/[.*+?^${}()|[\]\\]/, "\\$&");
    else {
      const [whole, not, characters] = /^\[(!?)(\]?[^\]]*)\]/.exec(glob.slice(at)) ?? [];
      if (whole === undefined || characters === "") return undefined;
      pattern += `[${not ? "^" : ""}${characters!.replace(/[\\\]^[]/g, "\\$&")}]`;
      at += whole.length - 1;
    }
  }
  return pattern;
}

const otherNames: Readonly<Record<string, string>> = {
  semantic_after: "at_target (branches) or after (blocks)",
  block_alt: "alt",
  bytecode: "opcode",
  fn: "func",
  function: "func",
};

/** What was perhaps meant. */
function suggestion(glob: string, known: readonly string[]): string {
  const other = otherNames[glob.toLowerCase()];
  if (other) return `it is written ${other}`;
  const close = nearest(glob, known);
  if (close) return `did you mean ${close}?`;
  return known.length > 12
    ? `there are ${known.length}: javy-prof info "wasm:opcode:*"`
    : `there is ${known.join(", ")}`;
}
