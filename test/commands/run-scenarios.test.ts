/** Scenarios cost the same in whatever order they are run, and however many at once. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { findScenarios } from "../../src/commands/find-scenarios.ts";
import { runScenarios } from "../../src/commands/run-scenarios.ts";
import { testIo } from "../support/command-io.ts";
import { inRoot } from "../support/javy-prof.ts";

test("the same results in any order, and with any number at once", async () => {
  const io = testIo(inRoot("fixtures/ci"));
  const { config, folder, scenarios } = await findScenarios([], {}, io);
  // each twice, so that one program serves runs behind one another and beside one another
  const doubled = scenarios.flatMap((one) => [one, { ...one, name: `${one.name} again` }]);
  const inOrder = await runScenarios(doubled, { config, folder, io, jobs: 1 });
  const wanted = new Map(inOrder.map((run) => [run.scenario, run]));
  const { length } = doubled;
  expect(wanted.size).toBe(length);
  const order = fc.shuffledSubarray(doubled, { minLength: length, maxLength: length });
  await fc.assert(
    fc.asyncProperty(order, fc.integer({ min: 1, max: length }), async (shuffled, jobs) => {
      const runs = await runScenarios(shuffled, { config, folder, io, jobs });
      expect(runs).toEqual(shuffled.map(({ name }) => wanted.get(name)));
    }),
    { numRuns: 6 },
  );
});
