/**
 * The same for every module of fixtures/ that is whole, with an engine in it or not: three ways of counting instructions
 * agree, functions are left as often as entered, and the program does what it did. It takes minutes of a whole processor,
 * so it runs where EVERY_FIXTURE is set: EVERY_FIXTURE=1 npx vitest run test/monitor/every-fixture.test.ts
 */
import { describe, expect, test } from "vitest";
import { open } from "../../src/index.ts";
import { inRoot } from "../support/javy-prof.ts";
import { countingScript, instructionModel, plainRun, runUnder } from "../support/monitor-runs.ts";

const whole = [
  "wasm/words.wasm",
  "javy/static.wasm",
  ...["bellard2021", "bellard2023", "bellard2024", "ng19", "ng21", "ng26"].map(
    (engine) => `engines/${engine}/static.wasm`,
  ),
  "engines/bellard2021/preinitialised.wasm",
];

describe.skipIf(!process.env["EVERY_FIXTURE"])("fixtures/", () => {
  test.each(whole)("%s", async (path) => {
    const program = await open(inRoot(`fixtures/${path}`));
    const before = await plainRun(program);
    const { count, shown } = await runUnder(program, countingScript, instructionModel());
    expect({ ...shown, fuel: before.fuel }).toEqual(before);
    expect(count("runs")).toBe(count("one"));
    // a function that proc_exit ends, or an exception leaves, is not left
    if (before.end.kind === "ok") expect(count("out")).toBe(count("in"));
    expect((count("one") as bigint) - (count("ends") as bigint)).toBe(shown.fuel);
    const calls = await runUnder(program, "wasm:func:entry { report var n: u64; n++; }");
    expect(calls.shown).toEqual(before);
  });
});
