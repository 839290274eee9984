/**
 * A monitor only looks: under each one of the library, and under all of them at once, a program writes the same, ends
 * the same, leaves the same memory and consumes the same fuel. And three ways of counting instructions agree: each for
 * itself, straight run by straight run, and the meter, where every instruction costs 1.
 */
import { describe, expect, test } from "vitest";
import { open } from "../../src/index.ts";
import { libraryNames, libraryScript } from "../../src/monitor/library-scripts.ts";
import { inRoot } from "../support/javy-prof.ts";
import { countingScript, instructionModel, plainRun, runUnder, together } from "../support/monitor-runs.ts";

/** no-clock stops the program: that is what it is for. */
const names = libraryNames().filter((name) => name !== "no-clock");

/** Beside those of JavaScript; all of them on an engine take minutes. */
const inAnyProgram = ["calls", "instructions", "metering"];

const text = (name: string) => libraryScript(name)!.text;

describe.each([
  ["fixtures/wasm/words.wasm", (name: string) => !name.startsWith("js-")],
  ["fixtures/programs/closures.js", (name: string) => name.startsWith("js-")],
])("%s", (path, alone) => {
  test("is what it is under each monitor, and under all of them", async () => {
    const program = await open(inRoot(path));
    const before = await plainRun(program);
    expect(before.end.kind).toBe("ok");
    for (const name of names.filter(alone))
      expect((await runUnder(program, text(name))).shown, name).toEqual(before);
    const all = names.filter((name) => alone(name) || inAnyProgram.includes(name));
    expect((await runUnder(program, together(all.map(text)))).shown).toEqual(before);
  });
});

describe("words.wasm", () => {
  test("has as many instructions one by one as run by run, and as the meter counts", async () => {
    const program = await open(inRoot("fixtures/wasm/words.wasm"));
    const { count, shown } = await runUnder(program, countingScript, { fuelModel: instructionModel() });
    expect(shown.end.kind).toBe("ok");
    expect(count("runs")).toBe(count("one"));
    expect(count("out")).toBe(count("in"));
    expect((count("one") as bigint) - (count("ends") as bigint)).toBe(shown.fuel);
  });
});
