/** A guest does the same with and without instrumentation: output, end, and every byte of its memory. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modelNamed } from "../../src/fuel/models.ts";
import { instrumentApp, instrumentEngine, nativeFrames } from "../../src/profiler/instrument.ts";
import { runGuest } from "../../src/run/guest.ts";
import { Control } from "../../src/run/job.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { plugin, runPlain } from "../support/plain.ts";

const folder = new URL("../../fixtures/programs/", import.meta.url);
/** All programs that need no input but the deep ones: this thread's stack is V8's default. */
const programs = readdirSync(folder).filter(
  (name) => name.endsWith(".js") && !["deep.js", "stdin.js", "cart.js"].includes(name),
);

const base = { model: modelNamed("wasmtime-50"), mode: "run", checks: true } as const;
const variants = [
  ["profiled", "js", { ...base, native: null }],
  ["with native frames", "engine", { ...base, native: nativeFrames(plugin.engine, "engine") }],
  ["with engine work", "work", { ...base, native: nativeFrames(plugin.engine, "work") }],
  ["with frames of builtins", "builtin", { ...base, native: null }],
  ["instruction by instruction", "builtin", { ...base, mode: "instruction", native: null }],
] as const;
const instrumented = new Map(
  variants.map(([name, frames, options]) => [name, instrumentEngine(plugin.engine, frames, options)]),
);

describe.each(variants)("%s", (variant, frames, options) => {
  test.each(programs)("%s", (name) => {
    const source = readFileSync(new URL(name, folder), "utf8");
    const { outcome: plain, bytecode, app } = runPlain(source);
    const outcome = runGuest({
      kind: "run",
      plugin: { module: instrumented.get(variant)!, namespace: plugin.namespace },
      app: instrumentApp(decodeModule(app), options),
      export: "_start",
      control: new SharedArrayBuffer(Control.words * 4),
      hashMemory: true,
      host: { stdin: new Uint8Array(), passThrough: false, args: [], realClock: false, seed: 42n },
      profile: {
        map: null,
        payload: bytecode,
        engines: ["ng26"],
        natives: options.native,
        builtins: frames === "builtin" ? plugin.engine.builtinNames.value : null,
        bounds: {
          keptEvents: 1000,
          keptNodes: 1000,
          keptFunctions: 50_000,
          longCode: 1 << 19,
          maxFuel: null,
          timeoutMs: null,
        },
      },
    });
    expect(outcome.memorySha256).toBe(plain.memorySha256);
    expect(outcome.maxMemoryBytes).toBe(plain.maxMemoryBytes);
    expect(outcome.stdout).toEqual(plain.stdout);
    expect(outcome.stderr).toEqual(plain.stderr);
    // Without the profiler's probe an uncaught exception is a trap like any other.
    expect(outcome.end.kind === "throw" ? "trap" : outcome.end.kind).toBe(plain.end.kind);
    expect(outcome.fuel).toBe(outcome.recording!.total);
  });
});
