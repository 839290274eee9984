/** lcov and DOT: sums, and names that a program chose to break out of the file. */
import { expect, test } from "vitest";
import { writeDot } from "../../../src/format/monitor/dot.ts";
import { writeLcov } from "../../../src/format/monitor/lcov.ts";
import type { ReportRow } from "../../../src/index.ts";

const row = (event: string, functionName: string, line: number, value: bigint): ReportRow => ({
  ...{ variable: "n", type: "u64", value },
  place: {
    ...{ probe: 0, rule: 0, event, function: 0, functionName, pc: 0 },
    source: { file: "app.js\nSF:/etc/passwd", line },
  },
});

test("lcov adds up the rows of a line, and a name stays in its line", () => {
  const rows = [
    row("js:line:start", "f", 3, 2n),
    row("js:line:start", "g", 3, 5n),
    row("js:line:start", "g", 4, 0n),
    row("js:func:entry", "f\nDA:1,9,x", 2, 7n),
    row("js:func:exit", "f", 9, 1n),
  ];
  const lines = writeLcov({ rows, output: "" }).trimEnd().split("\n");
  expect(lines.filter((line) => line.startsWith("DA:"))).toEqual(["DA:3,7", "DA:4,0"]);
  expect(lines.filter((line) => line.startsWith("SF:"))).toHaveLength(1);
  expect(lines.filter((line) => /^FN/.test(line))).toHaveLength(4);
  expect(lines).toContain("LF:2");
  expect(lines).toContain("LH:1");
});

test("a report without lines is no coverage, one without pairs no graph", () => {
  expect(() => writeLcov({ rows: [row("js:func:entry", "f", 1, 1n)], output: "" })).toThrow("no line");
  expect(() => writeDot({ rows: [row("js:func:entry", "f", 1, 1n)], output: "" })).toThrow("no graph");
});

test("DOT keeps names in their strings", () => {
  const type = { kind: "map", key: { kind: "tuple", items: ["str", "str"] }, value: "u64" } as const;
  const value = { map: [[['a"];\nx -> y [label="\\', "b"], 4n]] } as const;
  const text = writeDot({ rows: [{ variable: "calls", type, place: null, value }], output: "" });
  const edges = text.split("\n").slice(1, -2);
  expect(edges).toHaveLength(1);
  expect(edges[0]).toMatch(/^ {2}"(?:[^"\\]|\\.)*" -> "b" \[label="4"\];$/);
});
