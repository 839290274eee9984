/** Small results made by hand, for goldens and for tests that need to know their numbers. */
import type { Result } from "../../src/result/result.ts";
import { play, type Step } from "./arbitrary.ts";

const ops = (...fuel: number[]): Step[] => fuel.map((cost, i) => ({ pc: i * 3, fuel: cost }));

/** What stands on the lines of the shop; the other lines are not known. */
const source: Readonly<Record<string, string>> = {
  "0 2": "const cart = JSON.parse(input);",
  "1 41": "export function matchRules(lines, rules) {",
  "1 42":
    "\treturn lines.filter((line) => rules.every((rule) => rule.matches(line) && line.quantity > 0)); \x1b[2J",
  "1 44": "const { id } = cart.lines[0];",
};

/** A shop's discount function: module root, a hot function called three times, an anonymous one, a builtin. */
const played = play({
  files: ["app.js", "src/rules.ts"],
  functions: [
    { name: "<module>", kind: "js", at: [0, 1, 1] },
    { name: "matchRules", kind: "js", at: [1, 41, 8] },
    { name: "(anonymous)", kind: "js", at: [1, 12, 20] },
    { name: "stripped", kind: "js", at: null },
    { name: "JSON.parse", kind: "builtin", at: null },
  ],
  startup: 214_003,
  roots: [
    {
      jobs: 0,
      call: 0,
      body: [
        ...ops(1_200, 90),
        { call: 1, body: [...ops(9_001, 120_000), { call: 2, body: ops(500, 40) }] },
        { call: 1, body: ops(9_001) },
        { call: 4, body: ops(33_000) },
        { call: 3, body: ops(700) },
        ...ops(60),
      ],
    },
    { jobs: 55, call: 1, body: [...ops(14_220), { call: 1, body: ops(10_000) }] },
  ],
  exit: 73_547,
});

export const shop: Result = {
  ...played,
  lines: played.lines.map((row) => ({ ...row, text: source[`${row.file} ${row.line}`] ?? null })),
};

/** The same, ended by an exception. */
export const thrown: Result = {
  ...shop,
  run: {
    ...shop.run,
    exit: {
      kind: "throw",
      code: 0,
      message: "TypeError: cannot read property 'id' of undefined\x1b[2J\n  caused by: empty cart",
      stack: [
        { function: "matchRules", file: 1, line: 44, column: 12 },
        { function: "<module>", file: 0, line: 3, column: null },
        { function: "", file: null, line: null, column: null },
      ],
    },
  },
  fuel: { ...shop.fuel, comparable: false },
  warnings: [{ code: "no-source-map", message: "no source map was found: --source-map names one" }],
};

/** Nothing but its phases: the program ended before any of its code ran. */
export const empty: Result = play({
  files: [],
  functions: [],
  startup: 12,
  roots: [],
  exit: 0,
});
