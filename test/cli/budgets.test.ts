/**
 * Budgets of what makes commands fast, in counts that are the same on every machine: times are what `npm run bench`
 * is for. A budget is the count of today and a little room; who needs more says in the commit what it gives.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { defaultModelName } from "../../src/fuel/measured.ts";
import { modelNamed } from "../../src/fuel/models.ts";
import { open, profile } from "../../src/index.ts";
import { instrumentEngine } from "../../src/profiler/instrument.ts";
import { defaultFrames } from "../../src/profiler/request.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { codeOf } from "../../src/wasm/walk.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";
import { plugin } from "../support/plain.ts";

/** Bytes of each module that was decoded, in order. */
const decoded = vi.hoisted((): number[] => []);
vi.mock("../../src/wasm/decode.ts", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../src/wasm/decode.ts")>();
  return {
    ...original,
    decodeModule: (bytes: Uint8Array) => {
      decoded.push(bytes.length);
      return original.decodeModule(bytes);
    },
  };
});

const folder = folderWith({ "hello.js": 'console.log("hello");\n' });
afterAll(folder.remove);

/** The package's own files that a command's process and its threads execute, as V8 lists them for coverage. */
async function filesLoaded(args: readonly string[], code: number): Promise<string[]> {
  const { path: coverage, remove } = folderWith({});
  try {
    const ended = await javyProf(folder.path, args, { env: { NODE_V8_COVERAGE: coverage } });
    expect([ended.code, ended.stderr]).toEqual([code, expect.any(String)]);
    const reports = readdirSync(coverage).map((name) => readFileSync(join(coverage, name), "utf8"));
    const urls = reports.flatMap((text) =>
      (JSON.parse(text) as { readonly result: readonly { readonly url: string }[] }).result.map(
        ({ url }) => url,
      ),
    );
    return [...new Set(urls)].filter((url) => url.startsWith("file:")).map((url) => fileURLToPath(url));
  } finally {
    remove();
  }
}

const bytesOf = (files: readonly string[]): number =>
  files.reduce((sum, file) => sum + statSync(file).size, 0);

describe("files that a command reads", () => {
  test.each([
    { args: ["--help"], code: 0 },
    { args: ["--version"], code: 0 },
    { args: ["run", "--help"], code: 0 },
    { args: ["help", "monitor"], code: 0 },
    { args: ["hello.js", "--no-such-flag"], code: 2 },
  ])("to say what there is: $args", async ({ args, code }) => {
    const files = await filesLoaded(args, code);
    expect(files.length).toBeGreaterThan(1);
    expect(files.length).toBeLessThanOrEqual(11);
    expect(bytesOf(files)).toBeLessThanOrEqual(81_920);
  });

  test("to run a short program: no module of the library, no thread, and nothing twice", async () => {
    const files = await filesLoaded(["run", "hello.js", "--quiet"], 0);
    expect(files.length).toBeGreaterThan(6);
    expect(files.length).toBeLessThanOrEqual(15);
    expect(files.filter((file) => file.includes("worker"))).toEqual([]);
    expect(bytesOf(files)).toBeLessThanOrEqual(560_000);
  });
});

describe("modules that are decoded for a run", () => {
  const decodedFor = async (bytes: Uint8Array, name: string): Promise<number[]> => {
    decoded.length = 0;
    await profile(await open(bytes, { name }), { input: new Uint8Array() });
    return [...decoded];
  };

  test("of JavaScript, on the embedded engine: the module that was linked for it, once", async () => {
    const [linked, ...others] = await decodedFor(new TextEncoder().encode("1;"), "one.js");
    expect(others).toEqual([]);
    expect(linked).toBeLessThan(1024);
  });

  test("with its engine in it: it alone, once", async () => {
    const bytes = new Uint8Array(readFileSync(inRoot("fixtures/javy/static.wasm")));
    expect(await decodedFor(bytes, "static.wasm")).toEqual([bytes.length]);
  });
});

describe("code that is added to the embedded engine", () => {
  const options = { model: modelNamed(defaultModelName), mode: "run", checks: true, native: null } as const;
  const engine = plugin.engine;
  const { bodies, importedFunctions } = engine.module;
  /** Instructions of the functions that the engine itself has, and of its interpreter. */
  const instructions = (bytes: Uint8Array): { all: number; interpreter: number } => {
    const module = decodeModule(bytes);
    const moved = module.importedFunctions - importedFunctions;
    const count = (index: number) => {
      let found = 0;
      for (const code = codeOf(module, index + moved); code.advance(); ) found += 1;
      return found;
    };
    const all = bodies.reduce((sum, _, i) => sum + count(importedFunctions + i), 0);
    return { all, interpreter: count(engine.dispatch.value.function) };
  };
  const plain = instructions(engine.module.bytes);
  const metered = instructions(instrumentEngine(engine, defaultFrames, { ...options, totalsOnly: true }));
  const unchecked = instructions(
    instrumentEngine(engine, defaultFrames, { ...options, totalsOnly: true, checks: false }),
  );
  const profiled = instructions(readFileSync(inRoot("dist/engine/engine.wasm")));

  test("bytes: a third more at most", () => {
    const [before, after] = ["plugin/plugin.wasm", "dist/engine/engine.wasm"].map(
      (path) => statSync(inRoot(path)).size,
    );
    expect(after! / before!).toBeGreaterThan(1);
    expect(after! / before!).toBeLessThan(1.36);
  });

  test("for the total, for checks of a limit, and for the interpreter's dispatch, entry and exit", () => {
    expect(metered.all / plain.all).toBeGreaterThan(1);
    expect(metered.all / plain.all).toBeLessThan(1.47);
    expect((metered.all - unchecked.all) / plain.all).toBeLessThan(0.07);
    expect(profiled.interpreter - metered.interpreter).toBeGreaterThan(0);
    expect(profiled.interpreter - metered.interpreter).toBeLessThanOrEqual(15);
    // of other functions, those that make code and those that call builtins have probes
    expect(profiled.all - metered.all).toBeLessThanOrEqual(160);
  });
});
