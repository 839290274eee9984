/**
 * Modules with features that the oldest supported Node.js does not have. Whether this one has them is asked of V8: where
 * it takes the module, the module runs and costs what its instructions cost; where not, the feature is named.
 */
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Result } from "../../src/result/result.ts";
import { assemble, everything } from "../support/binaryen.ts";
import { folderWith, javyProf } from "../support/javy-prof.ts";

/** The body stores and loads: 1 for the entry, then 5 instructions that cost 1 each (`drop` is free). */
const modules = {
  "memory64.wasm": {
    feature: "64-bit memory (memory64)",
    bytes: assemble(
      `(module (memory (export "memory") i64 1) (func (export "_start")
        (i32.store (i64.const 8) (i32.const 1)) (drop (i32.load (i64.const 8)))))`,
      everything,
    ).bytes,
  },
  "memories.wasm": {
    feature: "several memories (multi-memory)",
    bytes: assemble(
      `(module (memory (export "memory") 1) (memory $other 1) (func (export "_start")
        (i32.store $other (i32.const 8) (i32.const 1)) (drop (i32.load $other (i32.const 8)))))`,
      everything,
    ).bytes,
  },
};

const folder = folderWith(
  Object.fromEntries(Object.entries(modules).map(([name, { bytes }]) => [name, bytes])),
);
afterAll(folder.remove);

test.each(Object.entries(modules))("%s runs where V8 takes it", async (name, { feature, bytes }) => {
  const args = ["run", name, "--frames", "wasm", "--json", "--out", join(folder.path, "profile.json")];
  const { code, stdout, stderr } = await javyProf(folder.path, args);
  if (WebAssembly.validate(bytes as BufferSource)) {
    expect(code, stderr).toBe(0);
    expect((JSON.parse(stdout) as Result).fuel.total).toBe(6);
  } else {
    expect(code).toBe(4);
    const [first, found, supported] = stderr.split("\n");
    expect(first).toBe(
      `javy-prof: ${name}: this module uses what Node.js ${process.versions.node} (V8 ${process.versions.v8.split("-")[0]}) does not run: ${feature}`,
    );
    expect(found).toMatch(/^ {2}found: /);
    expect(supported).toMatch(/^ {2}supported: .*Node\.js 2\d has it, and so has wasmtime$/);
  }
});
