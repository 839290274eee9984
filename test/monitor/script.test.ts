/**
 * Scripts as dropped files: cases/*.mm, and beside each what reading and checking it gives. For a script with
 * problems those are the messages; for one without, its probes: number, rule, and at a made-up place the predicate
 * and body after folding, printed by support/print-tree.ts.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { problemLines } from "../../src/format/script-problems.ts";
import { wasmEvents } from "../../src/monitor/events.ts";
import { foldExpression, foldStatements } from "../../src/monitor/fold.ts";
import type { LibraryInterface } from "../../src/monitor/scope.ts";
import { eventName } from "../../src/monitor/scope.ts";
import { readScript } from "../../src/monitor/script.ts";
import { ScriptError } from "../../src/monitor/source.ts";
import { expectGoldens } from "../support/golden.ts";
import { printExpression, printStatements } from "../support/print-tree.ts";

const folder = new URL("./cases/", import.meta.url);
const scripts = readdirSync(folder).filter((name) => name.endsWith(".mm"));

const libraries = new Map<string, LibraryInterface>([
  [
    "lib",
    {
      functions: new Map([
        ["check", { params: ["i32", "i32"], result: "i32" } as const],
        ["weigh", { params: ["i64", "f64"], result: "f64" } as const],
        ["note", { params: [], result: { kind: "tuple", items: [] } } as const],
      ]),
    },
  ],
]);

/** A place in a program. */
const place: Readonly<Record<string, number | string | boolean | bigint>> = {
  ...{ fid: 7, fname: "work", pc: 12, opidx: 3, at_func_end: false, imm0: 2, offset: 16n, data_size: 4 },
  ...{
    is_write: false,
    opname: "op",
    category_name: "load",
    num_targets: 5,
    instr_count: 9,
    target_fn_name: "now",
  },
};
const known = {
  value: (name: string) => place[name],
  call: (_library: string, name: string, args: readonly unknown[]) =>
    name === "check" ? (args[0] as number) + (args[1] as number) : undefined,
};

/** Runs of events that one rule matched are shown by their first and their count. */
function described(file: string): string {
  const source = { file, text: readFileSync(new URL(file, folder), "utf8") };
  try {
    const script = readScript(source, { events: wasmEvents(), libraries });
    const lines = [
      ...script.variables.map(
        (v) => `${v.report ? "report " : ""}${v.name}${v.initial ? ` = ${printExpression(v.initial)}` : ""}`,
      ),
      ...printStatements(script.first),
      ...script.routines.flatMap((fn) => [`fn ${fn.name}`, ...printStatements(fn.body)]),
    ];
    const shown = new Set<string>();
    for (const probe of script.probes) {
      const predicate = probe.predicate ? printExpression(foldExpression(probe.predicate, known)) : "true";
      const body = printStatements(foldStatements(probe.body, known));
      const variables = probe.variables.map(
        (v) => `  site ${v.name}${v.initial ? ` = ${printExpression(v.initial)}` : ""}`,
      );
      const first = probe.first.length > 0 ? ["  first:", ...printStatements(probe.first)] : [];
      const text = [`/ ${predicate} /`, ...variables, ...first, ...body].join("\n");
      const key = `${probe.span.start} ${text}`;
      if (shown.has(key)) continue;
      shown.add(key);
      const like = script.probes.filter((other) => other.span === probe.span).length;
      lines.push(`${probe.number} ${eventName(probe)}${like > 1 ? ` (${like} of this rule)` : ""} ${text}`);
    }
    return lines.join("\n") + "\n";
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return problemLines(error).join("\n") + "\n";
  }
}

describe("scripts", () => {
  test("are understood, or their problems are said", () => {
    const goldens = Object.fromEntries(
      scripts.map((name) => [name.replace(/\.mm$/, ".txt"), described(name)]),
    );
    const sources = Object.fromEntries(
      scripts.map((name) => [name, readFileSync(new URL(name, folder), "utf8")]),
    );
    expectGoldens(folder, { ...sources, ...goldens });
  });

  test("that have problems are told apart from those that have none by the name", () => {
    for (const name of scripts)
      expect(/^error-/.test(name), name).toBe(/^\S+:\d+:\d+: /.test(described(name)));
  });
});
