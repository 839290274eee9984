/**
 * The metering kernel writes the bytes that the rewriter in JavaScript writes, of all modules of fixtures/ under every
 * generation of models, and of engines with the probes of the profiler; of engines it writes nearly all.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Kept } from "../../src/base/kept.ts";
import { modelNamed } from "../../src/fuel/models.ts";
import { enginePlan, nativeFrames } from "../../src/profiler/instrument.ts";
import { frameKinds } from "../../src/profiler/request.ts";
import { EngineModule } from "../../src/program/engine-module.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import type { Module } from "../../src/wasm/types.ts";
import { expectSame } from "../support/both-rewriters.ts";
import { inRoot } from "../support/javy-prof.ts";
import { meter, models } from "../support/metered.ts";

const sum = (list: readonly number[]) => list.reduce((all, one) => all + one, 0);
const sizesOf = ({ bodies }: Module) => bodies.map(({ start, end }) => end - start);

const plans = models.flatMap(([model]) =>
  [true, false].map((checks) => ({ hooks: [], functions: new Map(), meter: meter(model, "run", checks) })),
);
const files = [
  ...readdirSync(inRoot("fixtures"), { recursive: true, encoding: "utf8" }).map((one) => `fixtures/${one}`),
  "plugin/plugin.wasm",
]
  .filter((path) => path.endsWith(".wasm"))
  .sort();

test.each(files)("%s", (file) => {
  const module = decodeModule(new Uint8Array(readFileSync(inRoot(file))));
  const sizes = sizesOf(module);
  for (const plan of plans) {
    const written = expectSame(module, [plan]);
    // of an engine, nearly all
    if (sizes.length > 500) expect(sum(written.map((i) => sizes[i]!))).toBeGreaterThan(0.99 * sum(sizes));
  }
});

describe.each(["plugin/plugin.wasm", "fixtures/javy/static.wasm"])(
  "with the profiler's probes: %s",
  (file) => {
    const module = decodeModule(new Uint8Array(readFileSync(inRoot(file))));
    const engine = new EngineModule(new Kept(() => module));
    const sizes = sizesOf(module);

    test.each(frameKinds)("frames %s", (frames) => {
      const native = nativeFrames(engine, frames);
      const how = { model: modelNamed("wasmtime-50"), mode: "run", checks: true, native } as const;
      const written = expectSame(module, [enginePlan(engine, frames, how, { kind: "define" })]);
      expect(sum(written.map((i) => sizes[i]!))).toBeGreaterThan(0.9 * sum(sizes));
    });
  },
);
