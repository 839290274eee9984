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
import { openFixture, runnableFixtures, runOf } from "../support/runnable-fixtures.ts";

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

/** An engine of each generation, whole, dynamic or bare, and Shopify's; every-fixture.test.ts has all of them under each. */
const generations = [
  ...["javy/static.wasm", "shopify/apps/discount-v3.wasm", "engines/bellard2021/preinitialised.wasm"],
  ...["engines/bellard2023/static.wasm", "engines/bellard2024/app.wasm", "engines/ng19/static.wasm"],
  ...["engines/ng21/app.wasm", "engines/ng28/bytecode.wasm"],
  ...["shopify/apps/discount-v2.wasm", "engines/bellard2020/bare.wasm"],
];

/** The nth share of the library; opcodes alone would take as long as all others. */
const share = (n: number) =>
  names.filter((name) => name !== "opcodes").filter((_, i) => i % generations.length === n);

describe.each(generations.map((path, n) => [path, share(n)] as const))("fixtures/%s", (path, some) => {
  test(`is what it is under ${some.join(", ")}`, async () => {
    const fixture = runnableFixtures.find((one) => one.path === path)!;
    const program = await openFixture(fixture);
    const options = runOf(fixture);
    const before = await plainRun(program, options);
    expect(before.end.kind).toBe("ok");
    expect((await runUnder(program, together(some.map(text)), options)).shown).toEqual(before);
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
