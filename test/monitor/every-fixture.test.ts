/**
 * For every module of fixtures/ that runs here: three ways of counting instructions agree, functions are left as often as
 * entered, and the program does what it did. It takes minutes of a whole processor, so it runs where EVERY_FIXTURE is set:
 * EVERY_FIXTURE=1 npx vitest run test/monitor/every-fixture.test.ts
 * With EVERY_FIXTURE=all the same under each monitor of the library, and under all of them at once: an hour.
 */
import { describe, expect, test } from "vitest";
import { libraryNames, libraryScript } from "../../src/monitor/library-scripts.ts";
import { countingScript, instructionModel, plainRun, runUnder, together } from "../support/monitor-runs.ts";
import { openFixture, runnableFixtures, runOf } from "../support/runnable-fixtures.ts";

/** no-clock stops the program: that is what it is for. */
const names = libraryNames().filter((name) => name !== "no-clock");
const text = (name: string) => libraryScript(name)!.text;

/** The allocator of this engine is not found, and js:alloc says so. */
const isRefused = (path: string, name: string) =>
  path === "engines/bellard2020/bare.wasm" && name === "js-allocations";

describe.skipIf(!process.env["EVERY_FIXTURE"])("fixtures/", () => {
  test.each(runnableFixtures.map((fixture) => [fixture.path, fixture] as const))("%s", async (_, fixture) => {
    const program = await openFixture(fixture);
    const options = runOf(fixture);
    const before = await plainRun(program, options);
    const counting = { ...options, fuelModel: instructionModel() };
    const { count, shown } = await runUnder(program, countingScript, counting);
    expect({ ...shown, fuel: before.fuel }).toEqual(before);
    // at a trap, the runs do not end that the functions around it were in
    const unended = (count("one") as bigint) - (count("runs") as bigint);
    if (before.end.kind === "trap") expect(unended).toBeGreaterThanOrEqual(0n);
    else expect(unended).toBe(0n);
    // a function that proc_exit ends, or an exception leaves, is not left
    if (before.end.kind === "ok") expect(count("out")).toBe(count("in"));
    // what the app of a dynamic program consumes is fuel, and no place of a monitor
    if (!program.plugin) expect((count("one") as bigint) - (count("ends") as bigint)).toBe(shown.fuel);
    const calls = await runUnder(program, "wasm:func:entry { report var n: u64; n++; }", options);
    expect(calls.shown).toEqual(before);
    if (process.env["EVERY_FIXTURE"] !== "all") return;
    const hasJs = program.engine?.dispatch.problem === null;
    const scripts = names.filter(
      (name) => (hasJs || !name.startsWith("js-")) && !isRefused(fixture.path, name),
    );
    for (const name of scripts)
      expect((await runUnder(program, text(name), options)).shown, name).toEqual(before);
    expect((await runUnder(program, together(scripts.map(text)), options)).shown).toEqual(before);
  });
});
