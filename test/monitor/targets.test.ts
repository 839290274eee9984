/**
 * One script, two targets: under each monitor of the library a program reports the same, whether the script's code is in
 * the program or in a module of its own beside it. What single constructs do is compared in rewriting.test.ts and in
 * test/fuzz/monitors.test.ts, each of whose scripts runs on both.
 */
import { describe, expect, test } from "vitest";
import { open, type Program } from "../../src/index.ts";
import { libraryNames, libraryScript } from "../../src/monitor/library-scripts.ts";
import { checkRequest } from "../../src/profiler/request.ts";
import { monitorProgram } from "../../src/run/monitor-session.ts";
import { inRoot } from "../support/javy-prof.ts";
import { SameThread } from "../support/same-thread.ts";

async function reported(program: Program, text: string, target: "rewrite" | "module") {
  const here = new SameThread();
  const request = checkRequest({ limits: "none" }, "app");
  const script = { file: "test.mm", text, libraries: new Map(), target };
  const { report, end } = await monitorProgram(here.thread, program, request, {}, script);
  const { stdout, fuel, memorySha256 } = here.outcome!;
  return { report, end, stdout, fuel, memorySha256 };
}

const textOf = (name: string) => libraryScript(name)!.text;
const isJs = (name: string) => name.startsWith("js-");

test("a plugin's state is set back to what the script began with", async () => {
  const program = await open(inRoot("fixtures/programs/closures.js"));
  const text = `use whamm_core; report var size: u32 = active_data_len(APP_MEMID); report var twice: u32; report var grown: u64;
    report var made: map<u32, u32>; made[1] = size + 1; report var begun: u32;
    report var block: i32 = whamm_core.mem_alloc(64);
    wasm:begin { begun++; }
    fn length() -> u32 { return active_data_len(APP_MEMID); }
    wasm:opcode:memory.grow:before { grown++; }
    wasm:end { twice = length() * 2; }`;
  const inPlace = await reported(program, text, "rewrite");
  const [size, twice, , made, begun, block] = inPlace.report.rows.map(({ value }) => value);
  expect(size).toBeGreaterThan(1000);
  expect(block).toBeGreaterThan(0);
  // An address, which is another in each target.
  const but = ({ report, ...others }: typeof inPlace) => ({
    ...{ ...others, rows: report.rows.filter(({ variable }) => variable !== "block") },
  });
  expect([twice, made, begun]).toEqual([2 * Number(size), { map: [[1, Number(size) + 1]] }, 1]);
  expect(but(await reported(program, text, "module"))).toEqual(but(inPlace));
});

test("an engine all of whose blocks could be replaced, and are not, does and consumes what it did", async () => {
  const program = await open(inRoot("fixtures/programs/closures.js"));
  const alt = (events: string) => `report var n: u64; wasm:${events} / fuel == 0 / { n++; }`;
  const { report, ...plain } = await reported(program, alt("func:entry"), "rewrite");
  expect(report.rows.map(({ value }) => value)).toEqual([0n]);
  for (const target of ["rewrite", "module"] as const)
    expect(await reported(program, alt("opcode:block|loop|if|else:alt"), target)).toEqual({
      report,
      ...plain,
    });
});

describe.each([
  ["fixtures/wasm/words.wasm", libraryNames().filter((name) => !isJs(name))],
  ["fixtures/programs/closures.js", libraryNames().filter(isJs)],
  // on the engine: the cheap ones
  ["fixtures/programs/closures.js", ["memory-grow", "dispatch"]],
])("%s", (path, names) => {
  test.each(names)("%s reports the same on both targets", async (name) => {
    const program = await open(inRoot(path));
    const inPlace = await reported(program, textOf(name), "rewrite");
    expect(await reported(program, textOf(name), "module")).toEqual(inPlace);
    const hasPlaces = path.endsWith(".js") || !["dispatch", "no-clock"].includes(name);
    expect(inPlace.report.rows.length > 0).toBe(hasPlaces);
  });
});
