import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Command } from "commander";
import { Profile } from "pprof-format";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { registerExport } from "../../src/commands/declared/export.ts";
import { exportResult } from "../../src/commands/export.ts";
import { writeFolded } from "../../src/format/files/folded.ts";
import { wholeText } from "../../src/format/files/formats.ts";
import { writeResultJson } from "../../src/format/files/result-json.ts";
import { type TestIo, testIo } from "../support/command-io.ts";
import { shop } from "../support/sample.ts";

let folder: string;
let io: TestIo;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-export-"));
  io = testIo(folder);
  writeFileSync(join(folder, "app.fuel.json"), wholeText(writeResultJson(shop, { events: true })));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("writes each format beside the others, and says what it is", async () => {
  await exportResult("app.fuel.json", { format: "speedscope,cpuprofile,folded" }, io);
  const names = ["app.cpuprofile", "app.folded", "app.fuel.json", "app.speedscope.json"];
  expect(readdirSync(folder).sort()).toEqual(names);
  expect(readFileSync(join(folder, "app.folded"), "utf8")).toBe(wholeText(writeFolded(shop)));
  expect(JSON.parse(readFileSync(join(folder, "app.speedscope.json"), "utf8")).profiles[0].type).toBe(
    "evented",
  );
  expect(io.said.stderr).toBe(
    "wrote app.speedscope.json\nwrote app.cpuprofile\n" +
      "note: in the .cpuprofile 1 fuel is 1 µs\nwrote app.folded\n",
  );
});

test("pprof: compressed", async () => {
  await exportResult("app.fuel.json", { format: "pprof" }, io);
  const profile = Profile.decode(gunzipSync(readFileSync(join(folder, "app.pb.gz"))));
  const fuel = profile.sample.map(({ value }) => Number(value[1]));
  expect(fuel.reduce((a, b) => a + b, 0)).toBe(shop.fuel.total);
});

test("by the command line, to stdout: the same document", async () => {
  const program = new Command();
  registerExport(program, io);
  await program.parseAsync(["export", "app.fuel.json", "--format", "json", "-o", "-"], { from: "user" });
  expect(io.said.stdout).toEqual([readFileSync(join(folder, "app.fuel.json"), "utf8")]);
  expect(io.said.stderr).toBe("");
});

describe("refused, as a usage error", () => {
  const document = JSON.parse(wholeText(writeResultJson(shop)));
  const cases: readonly (readonly [name: string, text: string | null, message: RegExp])[] = [
    ["no file", null, /cannot read the result .*: there is no such file/],
    ["not JSON", "fuel", /is not JSON/],
    ["not a result", "[]", /is not a javy-prof result: no schemaVersion/],
    ["null", "null", /is not a javy-prof result: no schemaVersion/],
    ["a newer schema", JSON.stringify({ ...document, schemaVersion: 2 }), /schemaVersion 2; .* reads 1/],
    [
      "a part",
      JSON.stringify({ ...document, tree: undefined }),
      /not a javy-prof result: tree is not a list/,
    ],
    [
      "edited",
      JSON.stringify({ ...document, fuel: { ...document.fuel, total: 1 } }),
      /does not add up: it was edited or damaged/,
    ],
  ];
  test.each(cases)("%s", async (_, text, message) => {
    const file = join(folder, "bad.json");
    if (text !== null) writeFileSync(file, text);
    const error = await exportResult(file, { format: "json" }, io).catch((error: unknown) => error);
    expect(error).toMatchObject({
      name: "Diagnostic",
      kind: "usage",
      message: expect.stringMatching(message),
    });
  });

  test("a format that is not there, two formats in one file, the result's own file", async () => {
    const refused = (options: { format: string; out?: string }): Promise<unknown> =>
      exportResult("app.fuel.json", options, io).catch((error: unknown) => error);
    expect(await refused({ format: "callgrind" })).toMatchObject({
      kind: "usage",
      message: 'no format "callgrind"',
    });
    expect(await refused({ format: "json,folded", out: "x" })).toMatchObject({ kind: "usage" });
    expect(await refused({ format: "json" })).toMatchObject({
      kind: "usage",
      message: "the export would overwrite app.fuel.json",
      details: ["that is the result", "give another place with --out"],
    });
  });
});
