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
