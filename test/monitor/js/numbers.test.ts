/**
 * Rules of js: against the profiler, which counts the same in another way: calls and resumptions by function, opcodes
 * by place and by name, hits by line, own fuel by function, calls of builtins; entries equal exits.
 */
import { describe, expect, test } from "vitest";
import {
  type Monitoring,
  monitor,
  open,
  profile,
  type ReportMap,
  type Result,
  type RowPlace,
} from "../../../src/index.ts";
import { inRoot } from "../../support/javy-prof.ts";
import { withoutEval } from "../../support/plain-names.ts";

const counting = `
report var opcodes: map<str, u64>;
report var lines: map<(str, u32), u64>;
report var self: map<u32, u64>;
report var entries: u64;
report var exits: u64;
var mark: u64;
var stack: map<u32, u32>;

js:func:entry {
  report var calls: u64;
  report var resumes: u64;
  entries++;
  if (resumed) { resumes++; } else { calls++; }
  self[stack[depth - 1]] = self[stack[depth - 1]] + (fuel - mark);
  mark = fuel;
  stack[depth] = fid + 1;
}
js:func:exit {
  exits++;
  self[fid + 1] = self[fid + 1] + (fuel - mark);
  mark = fuel;
}
js:opcode:*:before {
  report var hits: u64;
  hits++;
  opcodes[opname]++;
  lines[(file, line)]++;
}`;

const builtins = "js:builtin:entry { report var calls: u64; calls++; }";

/** Small ones of every kind, and of older engines; all fixtures were compared when this was written. */
const paths = [
  ...["exceptions", "async-generators", "jobs", "eval", "callbacks"].map((name) => `programs/${name}.js`),
  ...["bellard2021", "ng19"].map((engine) => `engines/${engine}/static.wasm`),
];

const script = (text: string) => ({ file: "test.mm", text });

function sums<T>(rows: readonly T[], key: (row: T) => string, value: (row: T) => number | bigint) {
  const found = new Map<string, number>();
  for (const row of rows) {
    const count = Number(value(row));
    if (count > 0) found.set(key(row), (found.get(key(row)) ?? 0) + count);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const mapOf = ({ report }: Monitoring, variable: string) =>
  (report.rows.find((row) => row.variable === variable)!.value as ReportMap).map;

const at = ({ report }: Monitoring, variable: string) =>
  report.rows.filter((row) => row.variable === variable && row.place !== null);

/** The profiler has no file where it has no line. */
const placeText = ({ functionName, source }: RowPlace) =>
  `${functionName} ${source!.line > 0 ? source!.file : ""}:${source!.line}`;

function expectSame(seen: Monitoring, result: Result): void {
  const { lines, opcodes, files } = result;
  const functions = result.functions.map((row) => ({ ...row, name: withoutEval(row.name) }));
  const byId = new Map(functions.map((row) => [row.id, row]));
  const where = (row: (typeof functions)[number]) =>
    `${row.name} ${row.file === null ? "" : files[row.file]}:${row.line ?? 0}`;
  const js = functions.filter(({ kind }) => kind === "js");
  const placed = (variable: string) =>
    sums(
      at(seen, variable),
      ({ place }) => placeText(place!),
      ({ value }) => value as bigint,
    );
  expect(placed("calls")).toEqual(sums(js, where, ({ calls }) => calls));
  expect(placed("resumes")).toEqual(sums(js, where, ({ resumes }) => resumes));
  expect(
    sums(
      mapOf(seen, "opcodes"),
      ([name]) => String(name),
      ([, n]) => n as bigint,
    ),
  ).toEqual(
    sums(
      opcodes,
      ({ name }) => name,
      ({ count }) => count,
    ),
  );
  expect(
    sums(
      mapOf(seen, "lines").filter(([key]) => (key as readonly unknown[])[1] !== 0),
      ([key]) => (key as readonly unknown[]).join(":"),
      ([, n]) => n as bigint,
    ),
  ).toEqual(
    sums(
      lines,
      ({ file, line }) => `${files[file]}:${line}`,
      ({ hits }) => hits,
    ),
  );
  expect(
    sums(
      at(seen, "hits"),
      ({ place }) => `${place!.functionName}+${place!.pc}`,
      ({ value }) => value as bigint,
    ),
  ).toEqual(
    sums(
      result.pcs,
      ({ function: id, offset }) => `${byId.get(id)!.name}+${offset}`,
      ({ hits }) => hits,
    ),
  );
  const named = new Map(at(seen, "calls").map(({ place }) => [place!.function + 1, place!.functionName]));
  const self = mapOf(seen, "self").filter(([fid]) => fid !== 0);
  expect(
    sums(
      self,
      ([fid]) => named.get(Number(fid))!,
      ([, fuel]) => fuel as bigint,
    ),
  ).toEqual(
    sums(
      js,
      ({ name }) => name,
      ({ self: own }) => own,
    ),
  );
}

const total = (seen: Monitoring, variable: string) =>
  Number(seen.report.rows.find((row) => row.variable === variable && row.place === null)!.value);

describe("rules of js: count what the profiler counts", () => {
  test.each(paths)("%s", async (path) => {
    const program = await open(inRoot(`fixtures/${path}`));
    // a monitor hears of activations; with these frames, what the engine does in a job besides is the engine's
    const { result } = await profile(program, { frames: "work" });
    const seen = await monitor(program, { script: script(counting), output: "capture" });
    expect(seen.exit).toBe(result.run.exit.kind === "throw" ? "trap" : result.run.exit.kind);
    expectSame(seen, result);
    if (seen.exit === "ok") expect(total(seen, "exits")).toBe(total(seen, "entries"));
    const called = await monitor(program, { script: script(builtins), output: "capture" });
    const rows = result.functions.filter(({ kind }) => kind === "builtin");
    expect(
      sums(
        at(called, "calls"),
        ({ place }) => place!.functionName,
        ({ value }) => value as bigint,
      ),
    ).toEqual(
      sums(
        rows,
        (row) => row.name,
        ({ calls }) => calls,
      ),
    );
  });
});
