/** The matcher of tests on real profiles: bounds kept and not, its messages as people read them, and what it does not judge. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { measure, open, type Profile, printSnapshot, profile } from "../src/index.ts";
import { toUseFuel } from "../src/vitest.ts";

expect.extend({ toUseFuel });

const fixture = (name: string) => readFileSync(new URL(`../fixtures/ci/${name}`, import.meta.url), "utf8");
const source = fixture("src/discount.js");
const input = fixture("carts/small.json");
/** A line that is dearer, with what a terminal would act on in it. */
const dearer = source.replace(
  "line.tags.includes(rule.tag)",
  "line.tags.slice().sort().includes(rule.tag /* \x1b[2J */)",
);

async function run(text: string, options: Parameters<typeof profile>[1] = {}): Promise<Profile> {
  const program = await open(new TextEncoder().encode(text), { name: "discount.js" });
  return profile(program, { input, fuelModel: "wasmtime-39", ...options });
}

let before: Profile;
let after: Profile;
beforeAll(async () => {
  expect(dearer).not.toBe(source);
  [before, after] = await Promise.all([run(source), run(dearer)]);
});

function messageOf(check: () => void): string {
  try {
    check();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the assertion holds");
}

const fuelOf = ({ result }: Profile, name: string) => result.functions.find((fn) => fn.name === name)!;

test("a profile, its result, and a promise of it, up to the last unit of fuel", async () => {
  const { total } = before.result.fuel;
  expect(before).toUseFuel({ atMost: total });
  expect(before.result).toUseFuel({ atMost: String(total) });
  expect(before).not.toUseFuel({ atMost: total - 1 });
  await expect(run(source)).toUseFuel({ atMost: total });
  await expect(run(source)).not.toUseFuel({ atMost: total - 1 });
  await expect(expect(run(source)).toUseFuel({ atMost: total - 1 })).rejects.toThrow("expected at most");
  await expect(run(source)).resolves.toUseFuel({ atMost: total });
});

test("a function: with what it called, itself, in one call", () => {
  const { total, self, max } = fuelOf(before, "matchRules");
  const name = "matchRules";
  for (const [cost, fuel] of [
    ["total", total] as const,
    ["self", self] as const,
    ["perCall", max!] as const,
  ]) {
    expect(before, cost).toUseFuel({ atMost: fuel, function: name, cost });
    expect(before, cost).not.toUseFuel({ atMost: fuel - 1, function: name, cost });
  }
  expect(before).toUseFuel({ atMost: total, function: "discount.js:match*" });
});

test("percent of the limit, of an amount, and of another run", async () => {
  const { total } = before.result.fuel;
  expect(before).toUseFuel({ atMost: "100%", percentOf: total });
  expect(before).not.toUseFuel({ atMost: "99.9999%", percentOf: String(total) });
  expect(before).toUseFuel({ atMost: "100%", percentOf: before.result });
  expect(after).not.toUseFuel({ atMost: "100%", percentOf: before });
  expect(after).not.toUseFuel({ atMost: "100%", percentOf: before, function: "matchRules", cost: "self" });
  const limited = await run(source, { limits: "shopify" });
  const { fuel } = limited.result.limits!;
  const share = Math.ceil((1e6 * total) / fuel) / 1e4;
  expect(limited).toUseFuel({ atMost: `${share}%` });
  expect(limited).not.toUseFuel({ atMost: `${(share - 0.0001).toFixed(4)}%` });
});

describe("the message", () => {
  test("names the dearest functions", () => {
    expect(messageOf(() => expect(before).toUseFuel({ atMost: "100k" }))).toMatchSnapshot();
    const named = { atMost: 1000, function: "matchRules", cost: "self" } as const;
    expect(messageOf(() => expect(before).toUseFuel(named))).toMatchSnapshot();
    expect(messageOf(() => expect(before).not.toUseFuel({ atMost: "1G" }))).toMatchSnapshot();
  });

  test("names what grew against another run, with its lines", () => {
    const atMost = before.result.fuel.total;
    expect(messageOf(() => expect(after).toUseFuel({ atMost, against: before }))).toMatchSnapshot();
    expect(messageOf(() => expect(after).toUseFuel({ atMost: "100%", percentOf: before }))).toBe(
      messageOf(() => expect(after).toUseFuel({ atMost, against: before })),
    );
    expect(messageOf(() => expect(before).toUseFuel({ atMost: 1, against: before }))).toContain(
      "nothing grew against the other run",
    );
  });

  test("names what grew against a scenario of a snapshot", () => {
    const folder = mkdtempSync(join(tmpdir(), "javy-prof-test-"));
    try {
      const snapshot = join(folder, ".fuel-snapshot");
      writeFileSync(snapshot, printSnapshot(new Map([["cart", measure(before.result)]])));
      const against = { scenario: "cart", snapshot };
      const bound = { atMost: "100%", percentOf: against, function: "matchRules", cost: "self" } as const;
      expect(before).toUseFuel(bound);
      const message = messageOf(() => expect(after).toUseFuel(bound));
      expect(message).toContain(`what grew against cart of ${snapshot}, +`);
      expect(message).toMatch(/^ {4}matchRules {2}discount\.js:\d+ .* → /m);
      const { cost: _, ...whole } = bound;
      expect(messageOf(() => expect(after).toUseFuel(whole))).toContain("has functions' own fuel alone");
      const unknown = { atMost: 1, against: { scenario: "basket", snapshot } };
      expect(messageOf(() => expect(after).toUseFuel(unknown))).toContain("there are: cart");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("does not compare what another toolchain counted", async () => {
    const other = await run(source, { fuelModel: "wasmtime-20" });
    expect(messageOf(() => expect(after).toUseFuel({ atMost: 1, against: other }))).toContain(
      "not comparable with the other run: another toolchain (",
    );
    expect(messageOf(() => expect(after).toUseFuel({ atMost: "100%", percentOf: other }))).toContain(
      "does not compare with the other run: another toolchain (",
    );
  });
});

test("what cannot be judged fails, behind .not too", async () => {
  const failed = await run("throw new Error('no');");
  const endless = await run("for (;;);", { maxFuel: 1_000_000 });
  for (const [what, received, bound] of [
    ['no function of this run matches "main"', before, { atMost: 1, function: "main" }],
    ["percent of the platform's limit, and the run has none", before, { atMost: "80%" }],
    ["with percentOf, atMost is a percentage", before, { atMost: 80, percentOf: "11M" }],
    ["percentOf takes fuel", before, { atMost: "80%", percentOf: "much" }],
    ["cost is a function's", before, { atMost: 1, cost: "self" }],
    ["cost takes total, self, perCall", before, { atMost: 1, function: "run", cost: "own" }],
    ["atMost takes fuel", before, { atMost: "cheap" }],
    ["atMost is missing", before, {}],
    ['there is no "atmost": did you mean "atMost"?', before, { atmost: 1, atMost: 1 }],
    ["failed: ", failed, { atMost: "1G" }],
    ["has to be what profile() gives", 5, { atMost: 1 }],
    ["has to be what profile() gives", null, { atMost: 1 }],
    ["failed: fuel", endless, { atMost: "1G" }],
    ["percentOf has to be what profile() gives", before, { atMost: "1%", percentOf: {} }],
  ] as const) {
    const judged = expect(received as Profile);
    expect(
      messageOf(() => judged.toUseFuel(bound as never)),
      what,
    ).toContain(what);
    expect(
      messageOf(() => judged.not.toUseFuel(bound as never)),
      what,
    ).toContain(what);
  }
});
