/** Property tests take their seed from one place: test/support/seed.ts, which every project loads. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import config from "../vitest.config.ts";
import { seed } from "./support/seed.ts";

test("fast-check has the run's seed, whatever the project", () => {
  expect(Number.isInteger(seed)).toBe(true);
  expect(fc.readConfigureGlobal().seed).toBe(seed);
  const numbers = () => fc.sample(fc.nat(), { numRuns: 5, seed });
  expect(numbers()).toEqual(numbers());
  const first: number[][] = [[], []];
  for (const seen of first) fc.assert(fc.property(fc.nat(), (n) => void seen.push(n)));
  expect(first[0]).toEqual(first[1]);
  for (const project of config.test!.projects!) {
    const { name, setupFiles } = (project as { test: { name: string; setupFiles: string[] } }).test;
    expect(setupFiles, name).toContain("test/support/seed.ts");
  }
});

test("no property test has a seed of its own, or replaces the settings of all", () => {
  const here = new URL(".", import.meta.url);
  const files = readdirSync(here, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  const own = files.filter((path) => {
    const text = readFileSync(new URL(path.replaceAll("\\", "/"), here), "utf8");
    return /\bseed: .*numRuns|numRuns: .*\bseed:|fc\.configureGlobal|fc\.resetConfigureGlobal/.test(text);
  });
  expect(own.map((path) => path.replaceAll("\\", "/"))).toEqual(["support/seed.ts"]);
});
