/**
 * Every file in hostile/ is a guest that does its worst: to go on after its end, to hang where nobody looks, to be taken
 * for something of the profiler's. The comments at its top say what it tries, and then: its command (`%s` is the file),
 * how its run ends (`end`: the kind, and the code of an exit; `message`, `fuel`, `comparable`) or why it is refused, and
 * what its stdin is. Each is given two seconds, and its profile is there each time.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, parse } from "node:path";
import { describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { assemble } from "../support/binaryen.ts";
import { compile } from "../support/compile.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";
import { staticModule } from "../support/static-module.ts";

const folder = new URL("./hostile/", import.meta.url);
const contents = new Map(
  readdirSync(folder)
    .sort()
    .map((file) => [file, readFileSync(new URL(file, folder), "utf8")]),
);
const hosts = [...contents].filter(([file]) => file.endsWith(".host.mjs"));
const guests = [...contents].filter(([file]) => !file.endsWith(".host.mjs"));

/** What each sort of file is made into: a module of its text, of its bytes, or with the program inside. */
const made: Readonly<Record<string, (source: string) => Uint8Array>> = {
  ".wat": (source) => assemble(source).bytes,
  ".hex": (source) => Uint8Array.from(Buffer.from(source.replace(/^;;.*$/gm, "").replace(/\s/g, ""), "hex")),
  ".static.js": (source) => staticModule(compile(source), null),
};

describe.each(guests)("%s", (file, source) => {
  test("ends as it should, and its profile is there", async () => {
    const header = headerOf(source);
    const sort = Object.keys(made).find((ending) => file.endsWith(ending));
    const guest = sort ? `${file.slice(0, -sort.length)}.wasm` : file;
    const content = sort ? made[sort]!(source) : source;
    const { path, remove } = folderWith({ [guest]: content, ...Object.fromEntries(hosts) });
    try {
      const args = header["run"]!.split(" ").map((word) =>
        word.replace("%s", guest).replace("%plugin", inRoot("plugin/plugin.wasm")),
      );
      const stdin = header["stdin"] === undefined ? "" : { file: header["stdin"] };
      const profile = join(path, "profile.speedscope.json");
      const all = [...args, "--timeout", "2", "--json", "-o", profile];
      const { code, stdout, stderr } = await javyProf(path, all, { stdin });
      if (header["refused"] !== undefined) {
        expect([code, existsSync(profile)], stderr).toEqual([4, false]);
        expect(stderr).toContain(header["refused"]);
        return;
      }
      expect(existsSync(profile), stderr).toBe(true);
      const result = JSON.parse(stdout) as Result;
      expect(endValue(profile)).toBe(result.fuel.total);
      expect(said(result)).toEqual(header["end"]);
      expect(code, stderr).toBe(exitCodes[result.run.exit.kind]);
      expect(brokenSums(result)).toEqual([]);
      expect(result.fuel.comparable).toBe(header["comparable"] === "true");
      if (header["message"] !== undefined) expect(result.run.exit.message).toBe(header["message"]);
      if (header["fuel"] !== undefined) expect(result.fuel.total).toBe(Number(header["fuel"]));
    } finally {
      remove();
    }
  });
});

test("every host has its guest", () => {
  const named = guests.map(([, source]) => source).join("\n");
  expect(hosts.filter(([file]) => !named.includes(`--host ${file}`))).toEqual([]);
  expect(new Set(guests.map(([file]) => parse(file).base)).size).toBe(guests.length);
});

const exitCodes: Readonly<Record<string, number>> = {
  ok: 0,
  exit: 3,
  trap: 3,
  throw: 3,
  fuel: 1,
  timeout: 1,
};

function said({ run: { exit } }: Result): string {
  return exit.kind === "exit" ? `exit ${exit.code}` : exit.kind;
}

/** What the profile says that the run cost. */
function endValue(file: string): number {
  const { profiles } = JSON.parse(readFileSync(file, "utf8")) as { profiles: { endValue: number }[] };
  return profiles[0]!.endValue;
}

/** The `key: value` lines among the comments at the top. */
function headerOf(source: string): Record<string, string> {
  const header: Record<string, string> = {};
  for (const line of source.split("\n")) {
    const comment = /^(?:;;|\/\/) (.*)$/.exec(line)?.[1];
    if (comment === undefined) break;
    const [, key, value] = /^(run|end|message|fuel|comparable|refused|stdin): (.*)$/.exec(comment) ?? [];
    if (key !== undefined) header[key] = value!;
  }
  return header;
}
