/** js:throw against programs that count what they throw: the same numbers on each line, on an old engine and the newest. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeText, encodeText } from "../../src/base/bytes.ts";
import { execute, monitor, open, type ReportMap } from "../../src/index.ts";
import { inRoot } from "../support/javy-prof.ts";
import { arbitraryThrowing } from "../support/throwing-source.ts";

const script = {
  file: "test.mm",
  text: "report var thrown: map<u32, u32>; js:throw { thrown[line]++; }",
};

test.each([
  ["the embedded engine", null],
  ["QuickJS 2021-03-27", "fixtures/engines/bellard2021/plugin.wasm"],
])("%s", async (_, plugin) => {
  const given = plugin === null ? {} : { plugin: inRoot(plugin) };
  let thrown = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryThrowing(plugin === null), async (source) => {
      const program = await open(encodeText(source), { name: "app.js", ...given });
      const { stdout } = await execute(program, { output: "capture" });
      const { report } = await monitor(program, { script, output: "capture" });
      const seen = (report.rows[0]!.value as ReportMap).map;
      const counted = JSON.parse(decodeText(stdout)) as Record<string, number>;
      expect(Object.fromEntries(seen.map(([line, count]) => [String(line), count]))).toEqual(counted);
      thrown += Object.values(counted).length;
    }),
    { numRuns: 12, endOnFailure: true },
  );
  expect(thrown).toBeGreaterThan(30);
});
