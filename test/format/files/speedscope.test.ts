import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grouped } from "../../../src/base/numbers.ts";
import { wholeText } from "../../../src/format/files/formats.ts";
import { speedscopeFile, writeSpeedscope } from "../../../src/format/files/speedscope.ts";
import { EventedBuilder, FrameTable, SampledBuilder } from "../../../src/format/files/speedscope-builder.ts";
import type {
  EventedProfile,
  SampledProfile,
  SpeedscopeFile,
  SpeedscopeProfile,
} from "../../../src/format/files/speedscope-spec.ts";
import { judge } from "../../../src/result/limits.ts";
import type { Result } from "../../../src/result/result.ts";
import { subtreeFuel } from "../../../src/result/walk.ts";
import { arbitraryResult, play, type Step } from "../../support/arbitrary.ts";
import { empty, shop } from "../../support/sample.ts";

const require = createRequire(import.meta.url);
const schema = JSON.parse(
  readFileSync(require.resolve("speedscope/dist/release/file-format-schema.json"), "utf8"),
);
const validate = new Ajv({ strict: false }).compile(schema);

/** Own fuel by frame name, as speedscope adds it up; throws where an evented profile is not well nested. */
function selfByName(file: SpeedscopeFile, profile: SpeedscopeProfile): Map<string, number> {
  const self = new Map<string, number>();
  const add = (frame: number | undefined, fuel: number): void => {
    if (fuel === 0) return;
    if (frame === undefined) throw new Error(`${fuel} fuel outside of all frames`);
    const { name } = file.shared.frames[frame]!;
    self.set(name, (self.get(name) ?? 0) + fuel);
  };
  if (profile.type === "sampled") {
    for (const [i, stack] of [...profile.samples].entries()) add(stack.at(-1), profile.weights[i]!);
    return self;
  }
  const stack: number[] = [];
  let clock = profile.startValue;
  for (const event of profile.events) {
    if (event.at < clock) throw new Error("the clock goes back");
    add(stack.at(-1), event.at - clock);
    clock = event.at;
    if (event.type === "O") stack.push(event.frame);
    else if (stack.pop() !== event.frame) throw new Error("not the innermost frame");
  }
  if (stack.length > 0) throw new Error("a frame is left open");
  add(undefined, profile.endValue - clock);
  return self;
}

/** What a frame costs by itself: native functions are frames of their own. */
const frameSelf = ({ self, natives = [] }: Result["functions"][number]): number =>
  self - sum(natives.map((share) => share.self));

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

function check(result: Result): void {
  const text = wholeText(writeSpeedscope(result));
  const file = JSON.parse(text) as SpeedscopeFile;
  expect(validate(file), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  const keys = file.shared.frames.map((frame) => JSON.stringify(frame));
  expect(new Set(keys).size).toBe(keys.length);
  for (const profile of file.profiles) {
    expect(profile.unit).toBe("none");
    expect(profile.endValue).toBe(result.fuel.total);
    expect(sum(selfByName(file, profile).values())).toBe(result.fuel.total);
  }
  const [first, , opcodes] = file.profiles.map((profile) => selfByName(file, profile));
  const functions = new Map<number, number>();
  for (const row of result.functions) functions.set(row.self, (functions.get(row.self) ?? 0) + 1);
  for (const op of result.opcodes) expect(opcodes!.get(`[op] ${op.name}`) ?? 0).toBe(op.fuel);
  expect(sum(first!.values())).toBe(sum(result.functions.map(frameSelf)));
}

test("any result: valid by the schema, three profiles of one total, in order and aggregated", () => {
  fc.assert(
    fc.property(arbitraryResult, (result) => {
      check(result);
      const { events: _, ...unordered } = result;
      check(unordered);
    }),
  );
  check(empty);
});

/** An evented profile's events as text, without those of the frame that is called so. */
function eventsOf({ shared, profiles }: SpeedscopeFile, without: string | null): string[] {
  return [...(profiles[0] as EventedProfile).events]
    .map(({ type, at, frame }) => ({ type, at, name: shared.frames[frame]!.name }))
    .filter(({ name }) => name !== without)
    .map(({ type, at, name }) => `${type} ${at} ${name}`);
}

test("a limit that was passed is a frame that begins there, and changes nothing else", () => {
  fc.assert(
    fc.property(arbitraryResult, fc.nat(), (result, choice) => {
      const { total } = result.fuel;
      const fuel = choice % (total + 2);
      const amounts = { inputBytes: 1, outputBytes: 1, logBytes: 1, moduleBytes: 1, memoryBytes: 1 };
      const limits = { preset: "shopify", model: "wasmtime-39", scale: 1, fuel, ...amounts };
      const judged = { ...result, limits: judge(limits, { ...amounts, fuel: total }, []) };
      check(judged);
      const name = `[limit] shopify: ${grouped(fuel)} fuel passed`;
      const file = speedscopeFile(judged);
      expect(eventsOf(file, name)).toEqual(eventsOf(speedscopeFile(result), null));
      const marks = [...(file.profiles[0] as EventedProfile).events].filter(
        ({ frame }) => file.shared.frames[frame]!.name === name,
      );
      expect(marks.map(({ type }) => type).join("")).toBe(fuel < total ? "OC" : "");
      if (marks.length > 0) expect(marks[0]!.at).toBe(fuel);
    }),
  );
});

test("the frames say what they are", () => {
  const file = speedscopeFile(shop);
  expect(file.profiles.map((profile) => [profile.type, profile.name])).toEqual([
    ["evented", "fuel · calls in order"],
    ["sampled", "fuel · by line"],
    ["sampled", "fuel · by opcode"],
  ]);
  const names = file.shared.frames.map((frame) => frame.name);
  expect(names).toContain("(anonymous src/rules.ts:12)");
  expect(names).toContain("[native] JSON.parse");
  expect(names).toContain("src/rules.ts:41  export function matchRules(lines, rules) {");
  expect(names).toContain("matchRules src/rules.ts:41");
  expect(names).toContain("[op] get_field");
  expect(names).toContain("(startup)");
  expect(file.exporter).toBe("javy-prof 0.0.0-test");
  const self = selfByName(file, file.profiles[0]!);
  const label = ({ name, kind, file, line }: Result["functions"][number]) =>
    kind === "builtin" ? `[native] ${name}` : file === null ? name : `${name} ${shop.files[file]}:${line}`;
  for (const row of shop.functions.filter(({ name }) => !name.startsWith("(")))
    expect(self.get(label(row))).toBe(frameSelf(row));
});

test("without the order of the calls the first profile is the call tree, each node entered once", () => {
  expect(speedscopeFile(shop).profiles[0]!.name).toBe("fuel · calls in order");
  const { events: _, ...unordered } = shop;
  const [first] = speedscopeFile(unordered).profiles;
  expect([first!.type, first!.name]).toEqual(["evented", "fuel · call tree"]);
  const nodes = shop.tree.filter((_, i) => subtreeFuel(shop.tree)[i]! > 0).length;
  expect([...(first as EventedProfile).events].length).toBe(2 * nodes);
});

describe("lines stand below the lines that called their function", () => {
  const call = (id: number, ...body: Step[]): Step => ({ call: id, body });
  const op = (pc: number, fuel: number): Step => ({ pc, fuel });
  const stacks = (...body: Step[]): Record<string, number> => {
    const result = play({
      files: ["app.js"],
      functions: ["main", "a", "b", "leaf"].map((name, i) => ({
        name,
        kind: "js",
        at: [0, 10 * (i + 1), 1],
      })),
      ...{ startup: 0, exit: 0, roots: [{ jobs: 0, call: 0, body }] },
    });
    const { shared, profiles } = speedscopeFile(result);
    const { samples, weights } = profiles[1] as SampledProfile;
    const names = [...samples].map((stack) => stack.map((frame) => shared.frames[frame]!.name).join(" > "));
    return Object.fromEntries(names.map((name, i) => [name, weights[i]!]));
  };

  test("of the only path, with the line of each call", () => {
    expect(stacks(op(0, 1), call(1, op(3, 2), call(3, op(0, 4))), op(6, 8))).toEqual({
      "main :10 > :10": 1,
      "main :10 > :12": 8,
      "main :10 > :10 > a :20 > :21": 2,
      "main :10 > :10 > a :20 > :21 > leaf :40 > :40": 4,
    });
  });

  test("of several paths, what they have in common", () => {
    const leaf = call(3, op(0, 4));
    expect(stacks(op(0, 1), call(1, op(0, 2), leaf), call(2, op(0, 16), leaf))).toMatchObject({
      "main :10 > (2 paths) > leaf :40 > :40": 8,
    });
  });

  test("a recursion is one path", () => {
    const deep = call(1, op(0, 2), call(1, op(3, 4), call(1, op(0, 2))));
    expect(stacks(op(0, 1), deep)).toEqual({
      "main :10 > :10": 1,
      "main :10 > :10 > a :20 > :20": 4,
      "main :10 > :10 > a :20 > :21": 4,
    });
  });
});

describe("the builders hold the invariants", () => {
  const table = new FrameTable();
  const [a, b] = [table.add({ name: "alpha" }), table.add({ name: "beta" })];

  test("equal frames are one", () => expect(table.add({ name: "alpha" })).toBe(a));
  test("leaving the wrong frame", () => {
    const builder = new EventedBuilder("p", table);
    builder.enter(a, 0);
    expect(() => builder.leave(b, 1)).toThrow(/leaving beta at 1 while alpha is innermost/);
    builder.leave(a, 1);
    expect(() => builder.leave(a, 1)).toThrow(/leaving alpha at 1 while no frame is innermost/);
  });
  test("going backwards", () => {
    const builder = new EventedBuilder("p", table);
    builder.enter(a, 5);
    expect(() => builder.enter(b, 4)).toThrow(/entering beta at 4 goes back from 5 in alpha/);
  });
  test("finishing open", () => {
    const builder = new EventedBuilder("p", table);
    builder.enter(a, 0);
    builder.enter(b, 0);
    expect(() => builder.finish(9)).toThrow(/finished while beta \(outermost: alpha\) is open/);
  });
  test("weights that do not add up", () => {
    const builder = new SampledBuilder("p");
    builder.sample([a], 3);
    expect(() => builder.finish(4)).toThrow(/add up to 3, not to 4/);
  });
});
