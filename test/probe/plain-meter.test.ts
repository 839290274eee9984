/**
 * The short way over functions without probes writes what the general way does, byte for byte: a probe that adds nothing
 * keeps a function on the general one.
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CodeInPlace } from "../../src/probe/action.ts";
import type { Meter, Plan } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { inRoot } from "../support/javy-prof.ts";
import { meter, models } from "../support/metered.ts";
import { arbitraryProgram } from "../support/programs.ts";

const silent: CodeInPlace = { values: [], write: () => {} };

/** A module metered by the short way where that takes it, and by the general way. */
function bothWays(bytes: Uint8Array, how: Meter): [Uint8Array, Uint8Array] {
  const module = decodeModule(bytes);
  const plan: Plan = { hooks: [], functions: new Map(), meter: how };
  return [rewrite(module, plan), rewrite(module, { ...plan, everywhere: () => ({ entry: [silent] }) })];
}

const modules = ["fixtures", "plugin", "node_modules/@jitl", "node_modules/quickjs-wasi"].flatMap((folder) =>
  readdirSync(inRoot(folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".wasm"))
    .map((file) => `${folder}/${file}`),
);

test.each(modules)("%s", (file) => {
  const bytes = new Uint8Array(readFileSync(inRoot(file)));
  for (const checks of [true, false]) {
    const [short, general] = bothWays(bytes, meter(models.at(-1)![0], "run", checks));
    expect(Buffer.compare(short, general)).toBe(0);
  }
});

test.each(["none", "legacy"] as const)("programs, exceptions: %s", (exceptions) => {
  fc.assert(
    fc.property(
      arbitraryProgram(exceptions),
      fc.constantFrom(...models),
      fc.boolean(),
      ({ bytes }, [version], checks) => {
        const [short, general] = bothWays(bytes, meter(version, "run", checks));
        expect(short).toEqual(general);
      },
    ),
    { numRuns: 500 },
  );
});
