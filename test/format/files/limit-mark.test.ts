/** Where a limit of fuel was passed is marked in what has no order of time: the aggregated tree and folded stacks. */
import { describe, expect, test } from "vitest";
import { writeFolded } from "../../../src/format/files/folded.ts";
import { speedscopeFile } from "../../../src/format/files/speedscope.ts";
import type { EventedProfile } from "../../../src/format/files/speedscope-spec.ts";
import { type Frames, open, parseLimitsFile, profile, type Result } from "../../../src/index.ts";
import { brokenSums } from "../../../src/result/invariants.ts";

const source = `
function early(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i; return sum; }
function late(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i * 2; return sum; }
function outer(n) { return early(n) + late(n); }
outer(500);
`;

/** The result with its limit passed in the middle of `late`, without the order of its calls. */
async function passed(frames: Frames): Promise<Result> {
  const program = await open(new TextEncoder().encode(source));
  const options = { frames, fuelModel: "wasmtime-50" } as const;
  const { result: whole } = await profile(program, options);
  const late = whole.functions.find(({ name }) => name === "late")!;
  // what comes after it is the end of the program, of less fuel
  const fuel = whole.fuel.total - whole.phases.exit - Math.floor(late.self / 2);
  const limits = await parseLimitsFile(JSON.stringify({ name: "ours", fuel }), "limits.json");
  const { result } = await profile(program, { ...options, limits });
  expect(brokenSums(result)).toEqual([]);
  const { events: _, ...aggregated } = result;
  return aggregated;
}

/** The stacks at which frames of that name are entered, and how long they are open. */
function opened({ events }: EventedProfile, names: readonly string[], wanted: RegExp) {
  const found: { readonly stack: string[]; readonly fuel: number }[] = [];
  const stack: { readonly name: string; readonly at: number }[] = [];
  for (const { type, frame, at } of events) {
    if (type === "O") stack.push({ name: names[frame]!, at });
    else {
      const top = stack.pop()!;
      if (wanted.test(top.name)) found.push({ stack: stack.map(({ name }) => name), fuel: at - top.at });
    }
  }
  return found;
}

describe.each(["js", "builtin", "engine"] as const)("with frames %s", (frames) => {
  test("the node in which it was passed has the mark, over what it cost itself", async () => {
    const result = await passed(frames);
    const { passedIn, passed: stack } = result.limits!;
    const node = result.tree[passedIn!]!;
    expect(stack!.map((frame) => frame.function)).toContain("late");
    const { shared, profiles } = speedscopeFile(result);
    const names = shared.frames.map(({ name }) => name);
    const marks = opened(profiles[0] as EventedProfile, names, /^\[limit\] ours: [\d,]+ fuel passed$/);
    expect(marks).toHaveLength(1);
    expect(marks[0]!.fuel).toBe(node.self);
    expect(marks[0]!.stack.some((name) => name.startsWith("late"))).toBe(true);
    expect(marks[0]!.stack.some((name) => name.startsWith("early"))).toBe(false);
    if (frames !== "engine") expect(result.functions[node.function]!.name).toBe("late");
  });

  test("so has its folded stack, however small the file", async () => {
    const result = await passed(frames);
    const { total } = result.fuel;
    for (const most of [Number.POSITIVE_INFINITY, 300]) {
      const lines = [...writeFolded(result, most)];
      const marked = lines.filter((line) => line.includes(";[limit] ours: "));
      expect(marked).toHaveLength(1);
      expect(marked[0]).toMatch(/;late[^;]*;(.*;)?\[limit\] ours: [\d,]+ fuel passed \d+\n$/);
      expect(lines.reduce((sum, line) => sum + Number(/ (\d+)\n$/.exec(line)![1]), 0)).toBe(total);
    }
  });
});

test("there is none where the limit was not passed", async () => {
  const program = await open(new TextEncoder().encode(source));
  const limits = await parseLimitsFile('{"fuel": "100M"}', "limits.json");
  const { result } = await profile(program, { limits });
  expect(result.limits!.passedIn).toBeUndefined();
  expect([...writeFolded(result)].join("")).not.toContain("[limit]");
});
