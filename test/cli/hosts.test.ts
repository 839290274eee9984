/** A host of the user's under `run` and `monitor`: what a module has run at its instantiation runs there, too. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assemble } from "../support/binaryen.ts";
import { folderWith, javyProf } from "../support/javy-prof.ts";

const host = `export default (guest) => {
  const { exports } = guest.instantiate({ env: { f: () => guest.write(1, "f") } });
  return { call: () => exports._start() };
};
`;

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({ "host.mjs": host });
  const { bytes } = assemble(`(module (import "env" "f" (func $f)) (memory (export "memory") 1)
    (func $first (call $f)) (start $first) (func (export "_start") (call $f) (call $f)))`);
  writeFileSync(join(folder.path, "starting.wasm"), bytes);
});
afterAll(() => folder.remove());

test("run: a start function is part of the instantiation, which is not counted", async () => {
  const flags = ["--host", "host.mjs", "--frames", "wasm", "--quiet"];
  const { code, stdout } = await javyProf(folder.path, ["run", "starting.wasm", ...flags]);
  expect([code, stdout]).toEqual([0, "fff"]);
});

test.each(["rewrite", "module"])("monitor, target %s: it sees all of that", async (target) => {
  const flags = ["--host", "host.mjs", "--format", "csv", "--target", target];
  const { code, stdout, stderr } = await javyProf(folder.path, [
    "monitor",
    "opcodes",
    "starting.wasm",
    ...flags,
  ]);
  expect([code, stdout]).toEqual([0, "fff"]);
  expect(stderr).toContain("call->3");
});
