/** What a JavaScript function costs does not depend on the frames of a profile, for any program of the fixtures. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { open, profile } from "../../src/index.ts";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";

const root = new URL("../../", import.meta.url);
const { fixtureInput, listPrograms } = (await import(new URL("scripts/fixture-input.js", root).href)) as {
  fixtureInput: (name: string) => Buffer;
  listPrograms: () => readonly { readonly name: string }[];
};

/** The rows of JavaScript, without what frames add to them. */
const rows = ({ functions }: Result) =>
  functions.flatMap(({ id, natives, ...row }) => (row.kind === "js" ? [row] : []));

/** The same without fuel. */
const calls = (result: Result) =>
  rows(result).map(({ self, total, min, median, medianApprox, max, ...row }) => row);

test.each(listPrograms().map(({ name }) => name))(
  "%s",
  async (name) => {
    const source = new Uint8Array(readFileSync(new URL(`fixtures/programs/${name}.js`, root)));
    const program = await open(source, { name: `${name}.js` });
    const of = async (frames: "js" | "builtin" | "work" | "engine") =>
      (await profile(program, { frames, input: fixtureInput(name) })).result;
    const plain = await of("js");
    for (const frames of ["builtin", "work", "engine"] as const) {
      const result = await of(frames);
      expect(brokenSums(result), frames).toEqual([]);
      expect(result.fuel, frames).toEqual(plain.fuel);
      expect(result.phases, frames).toEqual(plain.phases);
      // what the engine does in a job has frames of its own there, outside of JavaScript
      if (frames !== "builtin" && plain.phases.jobs > 0) expect(calls(result), frames).toEqual(calls(plain));
      else expect(rows(result), frames).toEqual(rows(plain));
      expect([result.lines, result.opcodes], frames).toEqual([plain.lines, plain.opcodes]);
      const unused = result.functions.filter(({ calls, total }) => calls + total === 0);
      expect(unused.filter(({ kind }) => kind !== "js")).toEqual([]);
    }
  },
  60_000,
);
