/**
 * With --json, stdout is one JSON document also where a command fails: what is wrong, with the exit code. stderr says
 * the same for people. Where a command had written its own document already, that stays the only one.
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const folder = folderWith({
  "app.js": 'console.log("ran");\n',
  "broken.js": "let x = ;\n",
  "cut.wasm": readFileSync(inRoot("plugin/plugin.wasm")).subarray(0, 500),
});
afterAll(folder.remove);

const failed = async (...args: string[]) => {
  const { code, stdout, stderr } = await javyProf(folder.path, args);
  const { schemaVersion, error } = JSON.parse(stdout);
  expect(schemaVersion).toBe(1);
  expect(Object.keys(error)).toEqual(["kind", "code", "message", "details"]);
  expect(error.code).toBe(code);
  expect(stderr).toContain(`javy-prof: ${error.message}\n`);
  for (const detail of error.details) expect(stderr).toContain(detail);
  return error;
};

describe("a usage error is exit 2", () => {
  test.each([
    ["run", "none.js", "--json"],
    ["none.js", "-j"],
    ["info", "none.js", "-j"],
    ["disasm", "none.js", "--json"],
    ["run", "broken.js", "--json"],
    ["run", "app.js", "--json", "--top", "many"],
  ])("%s %s %s %s %s", async (...args) => {
    expect(await failed(...args.filter((word) => word !== undefined))).toMatchObject({
      kind: "usage",
      code: 2,
    });
  });

  test("a syntax error says its place", async () => {
    expect((await failed("run", "broken.js", "--json")).message).toMatch(
      /^broken\.js:1:\d+: unexpected token/,
    );
  });
});

describe("so is what commander finds", () => {
  test.each([
    ["an unknown option", "run", "app.js", "--nonsense", "--json"],
    ["an option without its value", "run", "--json", "app.js", "--top"],
    ["a missing argument", "info", "--json"],
    ["a missing argument, of the default command", "--json"],
    ["too many arguments", "disasm", "app.js", "b", "c", "--json"],
    ["an option of doctor's", "doctor", "--nonsense", "--json"],
  ])("%s", async (_, ...args) => {
    expect(await failed(...args)).toMatchObject({ kind: "usage", code: 2 });
  });
});

describe("a module that is refused is exit 4", () => {
  test.each(["run", "info", "disasm"])("%s", async (command) => {
    expect(await failed(command, "cut.wasm", "--json")).toMatchObject({
      kind: "unsupported",
      code: 4,
      message: expect.stringMatching(/^cut\.wasm: .* \(at offset 0x[0-9a-f]+\)$/),
    });
  });
});

test("what nobody expected is a bug, exit 5", async () => {
  // an engine that cannot say whether a module is valid
  const broken = "--import data:text/javascript,delete%20WebAssembly.validate";
  const { code, stdout, stderr } = await javyProf(folder.path, ["info", inRoot("plugin/plugin.wasm"), "-j"], {
    env: { NODE_OPTIONS: broken },
  });
  expect(code).toBe(5);
  const { error } = JSON.parse(stdout);
  expect(error).toMatchObject({
    kind: "internal",
    code: 5,
    message: expect.stringMatching(/^internal error: /),
  });
  expect(stderr).toContain(`javy-prof: ${error.message}\n  this is a bug in javy-prof`);
});

test("a command that has written its document writes no second one", async () => {
  const { code, stdout } = await javyProf(folder.path, ["doctor", "--json", "--plugin", "app.js"]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout).checks[1]).toMatchObject({ name: "plugin", ok: false });
});

describe("stdout stays empty", () => {
  test.each([
    ["without --json", "run", "none.js"],
    ["where --json is the guest's", "run", "none.js", "--", "--json"],
    ["where --json is a value", "run", "none.js", "--export", "--json"],
    ["where the command has no --json", "build", "none.js", "--json"],
  ])("%s", async (_, ...args) => {
    const { code, stdout } = await javyProf(folder.path, args);
    expect([code, stdout]).toEqual([2, ""]);
  });
});
