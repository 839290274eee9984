/** The snapshot's text: what is in it comes back, whatever it is called; what is damaged is refused with its line. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import type { Measured } from "../../src/ci/measured.ts";
import { parseSnapshot, printSnapshot } from "../../src/ci/snapshot.ts";
import { measured } from "./measured-arbitrary.ts";

/** What a snapshot keeps of a run. */
function kept(run: Measured): Measured {
  return {
    ...run,
    ...{ limit: null, dispatches: null, opcodes: null, natives: null },
    startup: run.functions
      .filter(({ kind, name }) => kind === "phase" && name === "(startup)")
      .reduce((sum, { self }) => sum + self, 0),
    functions: run.functions.map((fn) => ({
      ...fn,
      ...{ line: null, column: null, total: null, perCall: null, code: null },
      lines: fn.lines.map(({ self }) => ({ file: null, line: null, self })),
    })),
  };
}

const snapshots = fc
  .uniqueArray(fc.tuple(fc.string({ unit: "binary" }), measured), {
    selector: ([name]) => name,
    maxLength: 5,
  })
  .map((entries) => new Map(entries));

test("what is printed is read as it was, and is plain text of one row each", () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const text = printSnapshot(snapshot);
      expect(text).toMatch(/^[\n -~\u00a1-\u024f]*$/);
      const read = parseSnapshot(text, "s");
      expect(printSnapshot(read)).toBe(text);
      expect(Object.fromEntries(read)).toEqual(
        Object.fromEntries([...snapshot].map(([name, run]) => [name, kept(run)])),
      );
    }),
  );
});

test("a change of one function changes its row and the total, wherever it stands", () => {
  fc.assert(
    fc.property(
      snapshots,
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 999_999 }),
      (snapshot, i, j, more) => {
        const names = [...snapshot].filter(([, { functions }]) => functions.length > 0).map(([name]) => name);
        fc.pre(names.length > 0);
        const name = names[i % names.length]!;
        const run = snapshot.get(name)!;
        const at = j % run.functions.length;
        const functions = run.functions.map((fn, k) => (k === at ? { ...fn, self: fn.self + more } : fn));
        const after = new Map(snapshot).set(name, { ...run, functions, total: run.total + more });
        const [olds, news] = [snapshot, after].map((one) => printSnapshot(one).split("\n"));
        expect(news!.length).toBe(olds!.length);
        expect(news!.filter((line, k) => line !== olds![k]).length).toBe(2);
      },
    ),
  );
});

const text = `javy-prof fuel snapshot 1
toolchain fuel-model=wasmtime-39

[a]
            1,200  total
            1,000  run  app.js  1 calls  lines 400 600
              200  (startup)  (phase)  0 calls
`;

test.each([
  ["another version", text.replace("snapshot 1", "snapshot 2"), "s is not a fuel snapshot of this javy-prof"],
  [
    "a total that is not the sum",
    text.replace("1,200", "1,201"),
    "s: the functions of [a] add up to 1200, not to 1201",
  ],
  ["a row that is none", text.replace("  run  app.js", " run"), "s:6: it is no row"],
  ["no toolchain", text.replace(/toolchain.*\n/, ""), "s:3: a scenario stands before its toolchain"],
  ["a scenario twice", `${text}${text.slice(text.indexOf("[a]"))}`, "s:8: [a] is there twice"],
  [
    "lines that are none",
    text.replace("400 600", "400 x"),
    "s:6: there is more in it than a function's lines",
  ],
])("refuses %s", (_, damaged, message) => {
  expect(parseSnapshot(text, "s").get("a")!.total).toBe(1200);
  let error: unknown;
  try {
    parseSnapshot(damaged, "s");
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(Diagnostic);
  expect((error as Diagnostic).message).toContain(message);
});
