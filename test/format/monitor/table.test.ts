/** The table of a report: titles of maps, the greatest first, numbers as people write them; names stay in their lines. */
import { expect, test } from "vitest";
import { renderMonitorTable } from "../../../src/format/monitor/table.ts";
import type { ReportRow } from "../../../src/index.ts";
import type { Type } from "../../../src/monitor/language-types.ts";

const row = (variable: string, type: Type, value: ReportRow["value"]): ReportRow => ({
  ...{ variable, type, value, place: null },
});
const map = (key: Type, value: Type): Type => ({ kind: "map", key, value });

test("maps have titles, and numbers are read by people", () => {
  const pair: Type = { kind: "tuple", items: ["str", "f32"] };
  const rows = [
    row("calls", map("str", "u64"), {
      map: [
        ["f\u001b", 4n],
        ["g", 1200n],
      ],
    }),
    row("one", map(pair, "f64"), { map: [[["a", 1.5], 0.25]] }),
    row("none", map("u32", "u32"), { map: [] }),
    row("pair", pair, ["b", 2]),
    row("ratio", "f64", 1e100),
  ];
  expect(renderMonitorTable({ rows, output: "said\n" })).toBe(`said
calls: map<str, u64>, 2 entries
  value  key
  1,200  g
      4  f\\x1b
one: map<(str, f32), f64>, 1 entry
  value  key
   0.25  (a,1.5)
none: map<u32, u32>, 0 entries
pair = (b; 2)
ratio = 1e+100
`);
});
