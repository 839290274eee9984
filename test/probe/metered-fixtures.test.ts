/**
 * The metering kernel writes the bytes that the rewriter in JavaScript writes, of all modules of fixtures/ under every
 * generation of models, and of engines it writes nearly all.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeModule } from "../../src/wasm/decode.ts";
import { expectSame } from "../support/both-rewriters.ts";
import { inRoot } from "../support/javy-prof.ts";
import { meter, models } from "../support/metered.ts";

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
  const sizes = module.bodies.map(({ start, end }) => end - start);
  const sum = (list: readonly number[]) => list.reduce((all, one) => all + one, 0);
  for (const plan of plans) {
    const written = expectSame(module, [plan]);
    // of an engine, nearly all
    if (sizes.length > 500) expect(sum(written.map((i) => sizes[i]!))).toBeGreaterThan(0.99 * sum(sizes));
  }
});
