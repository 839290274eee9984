/** The formats without a viewer of their own: totals, hostile names, goldens of all. */

import fc from "fast-check";
import { Profile } from "pprof-format";
import { expect, test } from "vitest";
import { cpuProfile, writeCpuProfile } from "../../../src/format/files/cpuprofile.ts";
import type { CpuProfile } from "../../../src/format/files/cpuprofile-spec.ts";
import { writeFolded } from "../../../src/format/files/folded.ts";
import { FORMATS, parseFormats, wholeText } from "../../../src/format/files/formats.ts";
import { pprofProfile, writePprof } from "../../../src/format/files/pprof.ts";
import { writeResultJson } from "../../../src/format/files/result-json.ts";
import type { Result } from "../../../src/result/result.ts";
import { arbitraryResult } from "../../support/arbitrary.ts";
import { expectGoldens } from "../../support/golden.ts";
import { empty, shop, thrown } from "../../support/sample.ts";

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

test("json: the same document again, events where asked for", () => {
  fc.assert(
    fc.property(arbitraryResult, (result) => {
      expect(JSON.parse(wholeText(writeResultJson(result, { events: true })))).toEqual(
        JSON.parse(JSON.stringify(result)),
      );
      expect(JSON.parse(wholeText(writeResultJson(result))).events).toBe(undefined);
    }),
  );
});

test("json: a row a line", () => {
  const lines = wholeText(writeResultJson(shop)).split("\n");
  expect(lines.filter((line) => line.startsWith('    {"id":'))).toHaveLength(shop.functions.length);
});

test("folded: the total, sorted, nothing but stacks", () => {
  fc.assert(
    fc.property(arbitraryResult, (result) => {
      const text = wholeText(writeFolded(result));
      const lines = text.split("\n");
      expect(lines.pop()).toBe("");
      for (const line of lines) expect(line).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]* \d+$/u);
      expect(lines.toSorted()).toEqual(lines);
      expect(sum(lines.map((line) => Number(/\d+$/.exec(line)?.[0])))).toBe(result.fuel.total);
      // Each frame is one frame: no name adds a level.
      const depth = Math.max(0, ...lines.map((line) => line.split(";").length));
      expect(depth).toBeLessThanOrEqual(5);
    }),
  );
});

/** Own time by node id, as viewers take it: from each sample to the next; the last has none. */
function ownTimes(profile: CpuProfile): Map<number, number> {
  const times = new Map<number, number>();
  for (const [i, id] of profile.samples.entries()) {
    const time = profile.timeDeltas[i + 1] ?? 0;
    if (time > 0) times.set(id, (times.get(id) ?? 0) + time);
  }
  return times;
}

function checkCpu(result: Result): void {
  const profile = JSON.parse(wholeText(writeCpuProfile(result))) as CpuProfile;
  expect(profile.samples).toHaveLength(profile.timeDeltas.length);
  expect(profile.samples.at(-1)).toBe(1);
  expect(sum(profile.timeDeltas)).toBe(result.fuel.total);
  expect(profile.endTime).toBe(result.fuel.total);
  const times = ownTimes(profile);
  for (const node of profile.nodes) expect(node.hitCount).toBe(times.get(node.id) ?? 0);
  const children = profile.nodes.flatMap((node) => node.children);
  expect(children.toSorted((a, b) => a - b)).toEqual(profile.nodes.slice(1).map((node) => node.id));
  for (const { positionTicks, hitCount } of profile.nodes)
    if (positionTicks) expect(sum(positionTicks.map((tick) => tick.ticks))).toBe(hitCount);
}

test("cpuprofile: every node's time is its fuel, by samples and by hits, in order and by tree", () => {
  fc.assert(
    fc.property(arbitraryResult, (result) => {
      checkCpu(result);
      const { events: _, ...unordered } = result;
      checkCpu(unordered);
    }),
  );
  checkCpu(empty);
});

test("cpuprofile: lines are 0-based in frames, 1-based in ticks", () => {
  const node = cpuProfile(shop).nodes.find(({ callFrame }) => callFrame.functionName === "matchRules")!;
  expect(node.callFrame).toMatchObject({ url: "src/rules.ts", lineNumber: 40, columnNumber: 7 });
  expect(node.positionTicks![0]!.line).toBe(41);
  const ticks = cpuProfile(shop).nodes.flatMap(({ callFrame, positionTicks }) =>
    callFrame.functionName === "matchRules" ? (positionTicks ?? []) : [],
  );
  expect(sum(ticks.map((tick) => tick.ticks))).toBe(shop.functions[1]!.self);
});

test("cpuprofile: past its size small paths are one node, and no fuel leaves its function", () => {
  fc.assert(
    fc.property(arbitraryResult, fc.nat(3000), (result, mostBytes) => {
      const all = cpuProfile(result);
      const smaller = cpuProfile(result, mostBytes);
      const byFunction = ({ nodes }: CpuProfile) => {
        const fuel = new Map<string, number>();
        for (const { callFrame, hitCount } of nodes)
          if (hitCount > 0)
            fuel.set(JSON.stringify(callFrame), (fuel.get(JSON.stringify(callFrame)) ?? 0) + hitCount);
        return [...fuel].sort();
      };
      expect(byFunction(smaller)).toEqual(byFunction(all));
      const times = ownTimes(smaller);
      for (const { id, hitCount } of smaller.nodes) expect(times.get(id) ?? 0).toBe(hitCount);
      for (const { children } of smaller.nodes)
        for (const child of children) expect(smaller.nodes[child - 1]!.id).toBe(child);
    }),
  );
  // a call path for each of many leaves
  const leaf = { parent: 0, function: 1, calls: 1, self: 1 };
  const tree = [
    { parent: -1, function: 0, callLine: null, calls: 1, self: 10 },
    ...Array.from({ length: 5000 }, (_, line) => ({ ...leaf, callLine: line + 1 })),
  ];
  const { events: _, ...rest } = shop;
  const many = { ...rest, tree } as Result;
  const bytes = (most: number) => wholeText(writeCpuProfile(many, most)).length;
  expect(bytes(200_000)).toBeLessThan(200_000);
  expect(bytes(Number.POSITIVE_INFINITY)).toBeGreaterThan(1_000_000);
});

test("formats by name; an unknown one names those available", () => {
  expect(parseFormats("json,folded,json").map((format) => format.name)).toEqual(["json", "folded"]);
  expect(() => parseFormats("svg")).toThrow(
    expect.objectContaining({
      kind: "usage",
      message: 'no format "svg"',
      details: ["available: speedscope, json, pprof, cpuprofile, folded"],
    }),
  );
  const { events: _, ...unordered } = shop;
  expect(FORMATS.map((format) => format.note(unordered))).toEqual([
    expect.stringMatching(/aggregated call tree.*--events/),
    null,
    null,
    expect.stringMatching(/1 fuel is 1 µs/),
    null,
  ]);
});

test("pprof: the total, each function's and each line's fuel, and the calls", () => {
  fc.assert(
    fc.property(arbitraryResult, fc.constantFrom(undefined, 400), (result, mostBytes) => {
      const profile = Profile.decode(pprofProfile(result, mostBytes).encode());
      const values = profile.sample.map(({ value }) => value.map(Number) as [number, number]);
      expect(sum(values.map(([, fuel]) => fuel))).toBe(result.fuel.total);
      if (mostBytes !== undefined) return;
      expect(sum(values.map(([calls]) => calls))).toBe(sum(result.tree.map(({ calls }) => calls)));
      const functionOf = new Map(profile.location.map(({ id, line }) => [id, Number(line[0]!.functionId)]));
      const self = new Map<number, number>();
      for (const { locationId, value } of profile.sample) {
        const id = functionOf.get(locationId[0]!)!;
        self.set(id, (self.get(id) ?? 0) + Number(value[1]));
      }
      const wanted = result.functions.map(({ id }) =>
        sum(result.tree.filter((node) => node.function === id).map((node) => node.self)),
      );
      const sorted = (numbers: Iterable<number>) =>
        [...numbers].filter((fuel) => fuel > 0).sort((a, b) => a - b);
      expect(sorted(self.values())).toEqual(sorted(wanted));
    }),
  );
});

test("the same result gives the same bytes", () => {
  for (const format of FORMATS)
    expect([...format.write(structuredClone(shop))]).toEqual([...format.write(shop)]);
});

/** A pprof file as people can review it: strings and values instead of numbers of them. */
function pprofText(result: Result): string {
  const profile = Profile.decode([...writePprof(result)][0]!);
  const { strings } = profile.stringTable;
  const text = (index: number | bigint): string => strings[Number(index)]!;
  const functions = new Map(profile.function.map((row) => [row.id, row]));
  const locations = new Map(
    profile.location.map(({ id, line: [line] }) => {
      const { name, filename, startLine } = functions.get(line!.functionId)!;
      return [id, `${text(name)} ${text(filename)}:${startLine} at ${line!.line}`];
    }),
  );
  const document = {
    sampleTypes: profile.sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`),
    default: text(profile.defaultSampleType),
    comments: profile.comment.map(text),
    samples: profile.sample.map(({ locationId, value }) => ({
      value: value.map(Number),
      stack: locationId.map((id) => locations.get(id)),
    })),
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

test("goldens", () => {
  const files: Record<string, string> = {};
  for (const [name, result] of Object.entries({ shop, thrown, empty }))
    for (const { name: format, extension, write } of FORMATS)
      if (format === "pprof") files[`${name}.pb.json`] = pprofText(result);
      else files[name + extension] = wholeText(write(result) as Iterable<string>);
  expectGoldens(new URL("./golden/formats/", import.meta.url), files);
});
