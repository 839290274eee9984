/**
 * The reports of a check whose names are hostile: JUnit keeps Jenkins' schema (jenkins-junit.xsd, under its own licence),
 * nothing in Markdown or in a workflow command becomes more than text, and the check's own schema and reader agree.
 */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import type { Status, Verdict } from "../../../src/ci/check-document.ts";
import { judge } from "../../../src/ci/judge.ts";
import type { Measured } from "../../../src/ci/measured.ts";
import { parseCheck } from "../../../src/ci/read-check.ts";
import { noTolerance } from "../../../src/ci/tolerance.ts";
import { writeBencher, writeBenchmark } from "../../../src/format/ci/benchmarks.ts";
import { share } from "../../../src/format/ci/change-words.ts";
import { writeCheckJson } from "../../../src/format/ci/check-json.ts";
import { renderAnnotations, stepOutputs } from "../../../src/format/ci/github.ts";
import { writeJunit } from "../../../src/format/ci/junit.ts";
import { renderMarkdown } from "../../../src/format/ci/markdown.ts";
import { renderVerdicts } from "../../../src/format/ci/verdicts-text.ts";
import { measured } from "../../ci/measured-arbitrary.ts";

const file = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const validate = new Ajv({ strict: false }).compile(JSON.parse(file("../../../dist/check.schema.json")));
const usual = { exact: false, prefix: "", colour: false };

/** Text that would end a cell, an attribute, a comment, a command or a line where it is not escaped. */
const hostile = "`a`|b\n::error::c<script>&\"'\u001b[31m\u2028%0A]]>\u202e\u0000";

const name = fc.oneof(fc.string({ unit: "binary", minLength: 1 }), fc.constant(hostile));
const verdicts: fc.Arbitrary<Verdict[]> = fc
  .uniqueArray(
    fc.record({ name, base: fc.option(measured), head: measured, failure: fc.option(name, { freq: 9 }) }),
    {
      selector: (one) => one.name,
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((rows) => {
    const head = (run: Measured, scenario: string): Measured => ({
      ...run,
      functions: run.functions.map((fn) => ({ ...fn, name: fn.name === "run" ? scenario : fn.name })),
      total: run.total + 1,
    });
    const runs = rows.map((row) => ({
      ...{ scenario: row.name, budgets: [], failure: row.failure },
      measured: head(row.head, row.name),
    }));
    const snapshot = new Map(rows.flatMap(({ name, base }) => (base ? [[name, base] as const] : [])));
    return judge(runs, snapshot, { tolerance: noTolerance, exact: false, all: true, recording: true });
  });

test("a check's document keeps its schema, and is read as it was written", () => {
  fc.assert(
    fc.property(verdicts, fc.boolean(), (scenarios, exact) => {
      const text = writeCheckJson(scenarios, { exact });
      expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
      expect(parseCheck(text, "c")).toMatchObject({
        exact,
        scenarios: JSON.parse(JSON.stringify(scenarios)),
      });
    }),
    { numRuns: 50 },
  );
});

test.each([
  ["7", "c is not a check: the document is not an object"],
  ["{", "c is not JSON"],
  [
    '{"schemaVersion":1,"kind":"check","exact":true,"tool":{"name":"javy-prof","version":"1"},"scenarios":[{}]}',
    "c is not a check: scenarios[0].scenario is not a string",
  ],
])("%s is no check", (text, message) => {
  expect(() => parseCheck(text, "c")).toThrow(message);
});

test("JUnit keeps Jenkins' schema, whatever the names", { timeout: 240_000 }, async () => {
  const samples = fc.sample(verdicts, 40);
  const xml = samples.map((one, i) => ({ fileName: `${i}.xml`, contents: writeJunit(one, usual) }));
  const schema = [{ fileName: "junit.xsd", contents: file("jenkins-junit.xsd") }];
  const { valid, errors } = await validateXML({ xml, schema });
  expect(errors.slice(0, 3)).toEqual([]);
  expect(valid).toBe(true);
  const broken = xml[0]!.contents.replace(' name="fuel"', "");
  expect((await validateXML({ xml: [{ fileName: "b.xml", contents: broken }], schema })).valid).toBe(false);
});

test("every format is inert, and a line is a line", () => {
  fc.assert(
    fc.property(verdicts, (scenarios) => {
      const texts = [renderVerdicts, renderMarkdown, writeJunit, renderAnnotations, writeCheckJson].map(
        (write) => write(scenarios, usual),
      );
      for (const text of [...texts, writeBencher(scenarios), writeBenchmark(scenarios)])
        expect(text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
      const [, , , annotations] = texts;
      for (const line of annotations!.trimEnd().split("\n"))
        if (line !== "") expect(line).toMatch(/^::(error|notice) (file=[^,]*,line=\d+,)?title=[^:,]*::/);
    }),
    { numRuns: 60 },
  );
});

test("a cell of Markdown ends where it should", () => {
  fc.assert(
    fc.property(verdicts, (scenarios) => {
      const rows = renderMarkdown(scenarios, usual)
        .split("\n")
        .filter((line) => line.startsWith("| "));
      const columns = (row: string) => row.replaceAll("\\|", "").split("|").length;
      for (const row of rows) expect([7], row).toContain(columns(row));
    }),
    { numRuns: 60 },
  );
});

function verdict(scenario: string, status: Status, base: number | null, total: number | null): Verdict {
  const empty = { limit: null, tolerance: 0, over: [], kept: 0, diff: null, dearest: [], failure: null };
  return { scenario, status, base, total, ...empty };
}

describe("GitHub", () => {
  const many = Array.from({ length: 14 }, (_, i) => verdict(`s${i}`, "regressed", 100, 200 + i));

  test("gets the nine worst, and the number of the others", () => {
    const lines = renderAnnotations([...many, verdict("f", "failed", null, 1)], usual)
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(10);
    expect(lines[0]).toContain("title=f%3A failed");
    expect(lines[1]).toContain("title=s13%3A regressed");
    expect(lines[9]).toBe("::error title=javy-prof::6 more, in the step's log and summary");
  });

  test("gets an escaped name and a path from the repository's root", () => {
    const dearest = [{ name: "f", file: "src/a,b.js", line: 7, calls: 1, self: 9 }];
    const one = { ...verdict(hostile, "regressed" as const, 1, 9), dearest };
    const text = renderAnnotations([one], { exact: false, prefix: "functions/x/" });
    expect(text).toMatch(
      /^::error file=functions\/x\/src\/a%2Cb\.js,line=7,title=`a`\|b\\n%3A%3Aerror%3A%3Ac[^\n]*\n$/,
    );
  });

  test("gets outputs", () => {
    expect(stepOutputs([verdict("a", "ok", 5, 5), verdict("b", "improved", 5, 4)], false)).toBe(
      "passed=true\nstatus=improved\nscenarios=2\nfailing=0\nfuel=9\n",
    );
    expect(stepOutputs(many, false)).toContain("passed=false\nstatus=regressed\n");
  });
});

test("benchmarks have the fuel of what ran", () => {
  const scenarios = [
    verdict("a", "ok", 5, 5),
    verdict("gone", "removed", 5, null),
    { ...verdict("b", "new", null, 7), limit: 10 },
  ];
  expect(JSON.parse(writeBencher(scenarios))).toEqual({
    a: { fuel: { value: 5 } },
    b: { fuel: { value: 7, upper_value: 10 } },
  });
  expect(JSON.parse(writeBenchmark(scenarios))).toEqual([
    { name: "a", unit: "fuel", value: 5, extra: "" },
    { name: "b", unit: "fuel", value: 7, extra: "" },
  ]);
});

test.each([
  [0, 0, "±0%"],
  [0, 5, "new"],
  [5, 0, "gone"],
  [1_000_000, 1_000_001, "+<0.1%"],
  [1000, 1080, "+8.0%"],
  [1000, 920, "-8.0%"],
])("from %d to %d is %s", (base, head, text) => {
  expect(share({ base, head })).toBe(text);
});
