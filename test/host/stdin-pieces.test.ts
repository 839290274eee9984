/** What stdin of each kind costs, held against what wasmtime reported (fixtures/stdin.json, scripts/record-stdin.py). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { StdinKind } from "../../src/host/stdin-pieces.ts";
import { stdinPiece } from "../../src/host/stdin-pieces.ts";
import { execute, open } from "../../src/index.ts";
import { inRoot } from "../support/javy-prof.ts";

const { fixtureInput } = (await import(new URL("../../scripts/fixture-input.js", import.meta.url).href)) as {
  fixtureInput: (name: string) => Uint8Array;
};
const { programs } = JSON.parse(readFileSync(inRoot("fixtures/stdin.json"), "utf8")) as {
  programs: Record<"discount" | "stdin", Record<string, Partial<Record<StdinKind, number>>>>;
};
const given = {
  discount: ["examples/discount.js", () => readFileSync(inRoot("examples/cart-100.json"))],
  stdin: ["fixtures/programs/stdin.js", () => fixtureInput("stdin")],
} as const;

describe.each(["discount", "stdin"] as const)("%s", (name) => {
  test.each(Object.entries(programs[name]))("under %s", async (fuelModel, counts) => {
    const [path, input] = given[name];
    const program = await open(inRoot(path));
    const counted: Record<string, number> = {};
    for (const stdin of Object.keys(counts) as StdinKind[]) {
      const { fuel } = await execute(program, {
        fuelModel,
        stdin,
        input: input(),
        limits: "none",
        count: true,
      });
      counted[stdin] = Number(fuel);
    }
    expect(counted).toEqual(counts);
  });
});

test("a model of one's own counts as the newest", () => {
  expect(stdinPiece("file", "my costs")).toBe(65_536);
  expect(stdinPiece("pipe", "my costs")).toBe(65_536);
  expect(stdinPiece("memory", "wasmtime-39")).toBe(null);
});
