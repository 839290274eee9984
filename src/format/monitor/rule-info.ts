/** What a rule has in scope: events and modes, variables with their types, static or dynamic, and functions. */
import type { Bound, Event, Mode } from "../../monitor/events.ts";
import { languageFunctions, stringMethods } from "../../monitor/language-functions.ts";
import { type Type, typeText } from "../../monitor/language-types.ts";

/** Events that are listed by name before the rest is only counted. */
const most = 24;

export interface RuleScope {
  readonly rule: string;
  readonly matches: readonly { readonly event: Event; readonly mode: Mode | null }[];
}

export function renderRuleInfo({ rule, matches }: RuleScope): string {
  const names = [...new Set(matches.map(({ event }) => eventText(event)))];
  const modes = [...new Set(matches.map(({ mode }) => mode).filter((mode) => mode !== null))];
  const shown = names.length > most ? [...names.slice(0, most), `… ${names.length} in all`] : names;
  const first = matches[0]!.event;
  const own = first.variables.filter(({ name }) =>
    matches.every(({ event }) => event.variables.some((v) => v.name === name)),
  );
  const functions = languageFunctions.filter(
    ({ name, everywhere }) => everywhere || first.functions.includes(name),
  );
  return [
    rule,
    `  ${names.length === 1 ? first.help : shown.join(" ")}`,
    ...(modes.length > 0 ? [`  modes: ${modes.join(" ")}`] : []),
    "",
    names.length === 1 ? "variables:" : "variables that all of them have:",
    ...table(own.map((variable) => variableCells(sharedBy(matches, variable)))),
    "",
    "functions:",
    ...table(
      functions.map((fn) => [
        `${fn.name}(${fn.params.map(paramText).join(", ")})`,
        typeText(fn.result),
        fn.help,
      ]),
    ),
    "",
    "methods of strings:",
    ...table(stringMethods.map((m) => [`s.${m.name}(${m.params.join(", ")})`, m.result, m.help])),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/** The variable without its derivation where events differ in it. */
function sharedBy(matches: RuleScope["matches"], { derivation, ...variable }: Bound): Bound {
  const isShared = matches.every(
    ({ event }) => event.variables.find(({ name }) => name === variable.name)?.derivation === derivation,
  );
  return derivation !== undefined && isShared ? { ...variable, derivation } : variable;
}

function eventText({ provider, package: packageName, name }: Event): string {
  return [provider, packageName, name].filter((part) => part !== null).join(":");
}

function variableCells({ name, type, static: isStatic, derivation, help }: Bound): string[] {
  const kind = type === null ? "by a bound" : typeText(type);
  return [
    name,
    kind,
    isStatic ? "static" : "dynamic",
    derivation === undefined ? help : `${help} = ${derivation}`,
  ];
}

function paramText(param: Type | "library" | "integer"): string {
  return param === "library" || param === "integer" ? param : typeText(param);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ")}`.trimEnd());
}
