/** Verdicts on data: the order in which statuses win, what counts as an increase, and checks that measured nothing. */
import { describe, expect, test } from "vitest";
import { type Budget, budgetsOf } from "../../src/ci/budget.ts";
import type { BudgetsConfig } from "../../src/ci/config.ts";
import { type JudgeOptions, judge, type ScenarioRun } from "../../src/ci/judge.ts";
import type { Measured } from "../../src/ci/measured.ts";
import { noTolerance, toleranceOf } from "../../src/ci/tolerance.ts";

function measuredRun(total: number, more: Partial<Measured> = {}): Measured {
  return {
    toolchain: { fuelModel: "wasmtime-39", quickjs: "quickjs-ng", bytecodeVersion: 26, plugin: null },
    ...{ total, startup: 5, limit: null, exceeded: [], dispatches: 7, opcodes: null, natives: null },
    functions: [
      {
        ...{
          id: 0,
          name: "run",
          kind: "js",
          file: "a.js",
          line: 2,
          column: 1,
          calls: 2,
          self: total,
          total,
          perCall: 8,
        },
        ...{ lines: [{ file: "a.js", line: 3, self: total }], code: null },
      },
    ],
    ...more,
  };
}

function run(
  measured: Measured,
  budgets: readonly Budget[] = [],
  failure: string | null = null,
): ScenarioRun {
  return { scenario: "s", budgets, measured, failure };
}

const usual: JudgeOptions = { tolerance: noTolerance, exact: false, all: true, recording: false };

function status(
  head: Measured,
  base: Measured | null,
  options: Partial<JudgeOptions> = {},
  budgets: BudgetsConfig = {},
  failure: string | null = null,
) {
  const snapshot = new Map(base ? [["s", base]] : []);
  return judge([run(head, budgetsOf(budgets, "budgets"), failure)], snapshot, { ...usual, ...options })[0]!
    .status;
}

const other = { ...measuredRun(1).toolchain, fuelModel: "wasmtime-50" };

describe("the status", () => {
  test.each([
    ["ok", 100, 100, {}],
    ["regressed", 101, 100, {}],
    ["improved", 99, 100, {}],
    ["ok", 105, 100, { tolerance: toleranceOf("5%")! }],
    ["regressed", 106, 100, { tolerance: toleranceOf("5%")! }],
    ["ok", 110, 100, { tolerance: toleranceOf("5% +10")! }],
    ["regressed", 99, 100, { exact: true }],
    ["ok", 100, 100, { exact: true }],
  ] as const)("is %s: %d after %d", (wanted, head, base, options) => {
    expect(status(measuredRun(head), measuredRun(base), options)).toBe(wanted);
  });

  test("is regressed with --exact where functions change and the total does not", () => {
    const head = measuredRun(100);
    const moved = { ...head, functions: [{ ...head.functions[0]!, calls: 3 }] };
    expect(status(moved, measuredRun(100))).toBe("ok");
    expect(status(moved, measuredRun(100), { exact: true })).toBe("regressed");
  });

  test("is new without a base, and of another toolchain not comparable, whatever the numbers", () => {
    expect(status(measuredRun(100), null, {}, { total: 100 })).toBe("new");
    expect(status(measuredRun(900), measuredRun(100, { toolchain: other }))).toBe("not-comparable");
    expect(status(measuredRun(10), measuredRun(100, { toolchain: other }), { exact: true })).toBe(
      "not-comparable",
    );
  });

  test("is over-budget before anything but a failure", () => {
    const budgets = { total: 99 };
    expect(status(measuredRun(100), measuredRun(100), {}, budgets)).toBe("over-budget");
    expect(status(measuredRun(100), measuredRun(100, { toolchain: other }), {}, budgets)).toBe("over-budget");
    expect(status(measuredRun(100), null, {}, budgets, "throw: no")).toBe("failed");
    const exceeded = [{ amount: "outputBytes", used: 9, atMost: 8, file: null, line: null } as const];
    expect(status(measuredRun(100, { limit: 200, exceeded }), null)).toBe("over-budget");
  });

  test.each<[BudgetsConfig, boolean]>([
    [{ total: 100 }, false],
    [{ total: 99 }, true],
    [{ total: "50%" }, false],
    [{ total: "49.9%" }, true],
    [{ startup: 4 }, true],
    [{ functions: { run: 100 } }, false],
    [{ functions: { run: 99 } }, true],
    [{ functions: { "a.js:r*": { self: 99 } } }, true],
    [{ functions: { "*": { perCall: 8 } } }, false],
    [{ functions: { "*": { perCall: 7 } } }, true],
    [{ lines: { "a.js:3": 99 } }, true],
    [{ lines: { "a.js:3": "1k" } }, false],
  ])("%j is over: %s", (budgets, isOver) => {
    expect(status(measuredRun(100, { limit: 200 }), null, {}, budgets)).toBe(isOver ? "over-budget" : "new");
  });

  test("is removed for what only the snapshot has, where all scenarios ran", () => {
    const snapshot = new Map([
      ["s", measuredRun(1)],
      ["gone", measuredRun(2)],
    ]);
    const names = (all: boolean) =>
      judge([run(measuredRun(1))], snapshot, { ...usual, all }).map(
        ({ scenario, status }) => `${scenario} ${status}`,
      );
    expect(names(true)).toEqual(["gone removed", "s ok"]);
    expect(names(false)).toEqual(["s ok"]);
  });
});

describe("refuses", () => {
  const message = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      return (error as Error).message;
    }
    return "nothing";
  };
  test("a check of no scenario, of nothing, and against nothing", () => {
    expect(message(() => judge([], new Map(), usual))).toContain("no scenario ran");
    expect(message(() => status(measuredRun(100, { dispatches: 0 }), measuredRun(100)))).toContain(
      "s measured nothing",
    );
    expect(message(() => status(measuredRun(100), null))).toContain("nothing to check against");
    expect(message(() => status(measuredRun(100), null, { recording: true }))).toBe("nothing");
  });
  test("budgets that match nothing, unless only some scenarios ran", () => {
    const budgets = { functions: { rum: 1 }, lines: { "a.js:4": 1, nowhere: 1 } };
    expect(message(() => status(measuredRun(1), null, {}, budgets))).toBe(
      "budgets.functions.rum matches nothing that ran",
    );
    expect(message(() => status(measuredRun(1), null, { all: false }, budgets))).toBe("nothing");
  });
  test("percent of a limit that there is not", () => {
    expect(message(() => status(measuredRun(1), null, {}, { total: "80%" }))).toContain(
      "budgets.total is percent of a limit",
    );
  });
});
