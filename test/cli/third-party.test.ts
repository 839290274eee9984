/**
 * A plugin of a platform whose host calls are not ours, Chainlink's own from npm: programs that call none of them cost what
 * wasmtime says (50.0.1, its unknown imports linked to functions that trap), one that does ends there, and --host gives them.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { assemble } from "../support/binaryen.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const plugin = inRoot("node_modules/@chainlink/cre-sdk-javy-plugin/dist/javy-chainlink-sdk.plugin.wasm");
const host = inRoot("examples/hosts/chainlink.mjs");

const files = {
  "plain.js": "console.log(JSON.stringify([1,2,3].map(x=>x*2)));\n",
  "calls.js": `function ask() {
  try { log("hello"); } catch (e) { console.log("caught " + e); }
  try { return now(); } catch (e) { console.log("caught " + e); return 0; } finally { console.log("finally"); }
}
console.log(ask());
`,
  "secret.js": "console.log(String(getSecrets('', 1)));\n",
  "whole.mjs": "export default (guest) => (guest.instantiate({}), { call: () => guest.start() });\n",
  "early.mjs": "export default (guest) => (guest.start(), { call() {} });\n",
  "app.wasm": assemble('(module (memory (export "memory") 1) (func (export "_start")))').bytes,
};

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith(files);
});
afterAll(() => folder.remove());

const run = async (...args: string[]) => {
  const ended = await javyProf(folder.path, ["run", ...args, "--plugin", plugin, "--json"]);
  return { ...ended, result: JSON.parse(ended.stdout) as Result };
};

describe("imports that this host does not have", () => {
  test("hinder no program that does not call them", async () => {
    const { code, result } = await run("plain.js");
    expect([code, result.run.stdout]).toEqual([0, "[2,4,6]\n"]);
    expect(result.fuel).toMatchObject({ total: 68_154, comparable: true });
    expect(brokenSums(result)).toEqual([]);
  });

  test("end the run when they are called, whatever the guest would catch, and are named with what helps", async () => {
    const { code, result } = await run("calls.js");
    expect([code, result.run.exit.kind, result.run.stdout]).toEqual([3, "trap", ""]);
    expect(result.run.exit.message).toBe(
      "it called env.log, which this host does not have: --host <file> gives a module its imports (docs/hosts.md)",
    );
    expect(result.run.exit.stack[0]).toMatchObject({ function: "ask", line: 2 });
    expect(result.fuel).toMatchObject({ total: 37_759, comparable: true });
    expect(brokenSums(result)).toEqual([]);
  });
});

describe("--host with --plugin and app.js", () => {
  test.each(["js", "engine", "wasm"])("gives them, and counts the program: frames %s", async (frames) => {
    const { code, result } = await run("calls.js", "--host", host, "--frames", frames);
    expect([code, result.run.stdout, result.run.stderr]).toEqual([0, "finally\n1767225600000\n", "hello\n"]);
    expect(brokenSums(result)).toEqual([]);
    // the plugin's own start is not part of it
    expect(result.fuel.total).toBe((await run("calls.js", "--host", host)).result.fuel.total);
  });

  test("costs what it costs without, where nothing of the host is called", async () => {
    const { result } = await run("plain.js", "--host", host);
    expect(result.fuel.total).toBe(68_154);
  });

  test("what the host does not give is named when it is called", async () => {
    const { code, result } = await run("secret.js", "--host", host);
    expect([code, result.run.exit.message]).toEqual([
      3,
      expect.stringContaining("it called env.get_secrets"),
    ]);
  });

  test.each([
    [
      ["run", "app.wasm", "--frames", "wasm", "--host", "whole.mjs"],
      "calls start(), and the module is whole",
    ],
    [["run", "plain.js", "--host", "early.mjs"], "calls start() before instantiate()"],
  ])("%j is a usage error", async (line, message) => {
    const { code, stderr } = await javyProf(folder.path, line);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
