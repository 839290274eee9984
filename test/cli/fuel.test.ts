/**
 * Every program in fixtures/programs, run by the command line under each cost model: the total is the fuel that
 * wasmtime itself reported (fixtures/fuel.json, recorded by scripts/record-fuel.py), the sum rules hold, the guest
 * wrote what it wrote under wasmtime, and each function was called as often as the program itself counted.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { plainName } from "../support/plain-names.ts";

interface FixtureInput {
  readonly listPrograms: () => { readonly name: string; readonly expect: "ok" | "throw" }[];
  readonly fixtureInput: (name: string) => Buffer;
}

interface Recorded {
  readonly sourceSha256: string;
  readonly inputSha256: string;
  readonly exit: "ok" | "trap";
  readonly stdoutSha256: string;
  readonly fuel: Readonly<Record<string, number>>;
}

const root = new URL("../../", import.meta.url);
const inRoot = (path: string) => fileURLToPath(new URL(path, root));
const { listPrograms, fixtureInput } = (await import(
  new URL("scripts/fixture-input.js", root).href
)) as FixtureInput;
const json = (path: string): unknown => JSON.parse(readFileSync(inRoot(path), "utf8"));
const recorded = json("fixtures/fuel.json") as { pluginSha256: string; programs: Record<string, Recorded> };
const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const programs = listPrograms();
const models = ["wasmtime-45", "wasmtime-48", "wasmtime-50"];
const stale = "fixtures/fuel.json is out of date: run scripts/record-fuel.py";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-fuel-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the record", () => {
  test("is of the embedded plugin", () => {
    const { sha256: embedded } = json("plugin/plugin.json") as { sha256: string };
    expect(recorded.pluginSha256, stale).toBe(embedded);
  });

  test("has every program, and no other", () => {
    expect(Object.keys(recorded.programs), stale).toEqual(programs.map(({ name }) => name));
  });
});

describe.each(programs)("$name", ({ name, expect: end }) => {
  test("costs what wasmtime counted, and calls what it says", async () => {
    const file = `${name}.js`;
    const source = readFileSync(inRoot(`fixtures/programs/${file}`));
    const input = fixtureInput(name);
    const record = recorded.programs[name]!;
    expect(sha256(source), stale).toBe(record.sourceSha256);
    expect(sha256(input), stale).toBe(record.inputSha256);
    expect(Object.keys(record.fuel), stale).toEqual(models);
    expect(record.exit).toBe(end === "ok" ? "ok" : "trap");

    copyFileSync(inRoot(`fixtures/programs/${file}`), join(folder, file));
    const runs = await twoAtATime(models, (model) =>
      javyProf(["run", file, "--json", "--quiet", "--fuel-model", model], input),
    );
    for (const [i, model] of models.entries()) {
      const { code, stdout, stderr } = runs[i]!;
      expect(code, `${model}: ${stderr}`).toBe(end === "ok" ? 0 : 3);
      const result = JSON.parse(stdout) as Result;
      expect(result.fuel.total, model).toBe(record.fuel[model]);
      // other hosts have another time
      expect(result.fuel.comparable, model).toBe(name !== "time");
      expect(result.toolchain.fuelModel).toBe(model);
      expect(result.run.exit.kind, model).toBe(end);
      expect(result.run.input, model).toEqual({ bytes: input.length, sha256: record.inputSha256 });
      expect(sha256(result.run.stdout), model).toBe(record.stdoutSha256);
      expect(brokenSums(result), model).toEqual([]);
      const counted = { ...ownCount(result), [`(module ${file})`]: 1 };
      expect(callsOf(result, counted), model).toEqual(counted);
    }
  });
});

/** What the program counted itself, in the last line that it wrote; what was never called has no row. */
function ownCount(result: Result): Record<string, number> {
  const last = result.run.stdout.trimEnd().split("\n").at(-1)!;
  const { calls } = JSON.parse(last) as { calls: Record<string, number> };
  return Object.fromEntries(Object.entries(calls).filter(([, count]) => count > 0));
}

/** JavaScript that Javy itself brings along, such as Javy.IO.readSync, is in a file of this name. */
const prelude = "eval_script";

/**
 * Calls by name of the program's functions, those included that it made while it ran. What has no file is builtin
 * bytecode of the engine (Array.fromAsync), unless the program names it: class initializers have no position.
 */
function callsOf({ functions, files }: Result, named: object): Record<string, number> {
  const calls = new Map<string, number>();
  for (const row of functions) {
    const { kind, file, calls: count } = row;
    const name = plainName(row, { files });
    const own = file === null ? Object.hasOwn(named, name) : files[file] !== prelude;
    if (kind === "js" && own) calls.set(name, (calls.get(name) ?? 0) + count);
  }
  return Object.fromEntries(calls);
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function javyProf(args: readonly string[], input: Uint8Array): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [inRoot("dist/cli.js"), ...args], { cwd: folder });
    const output: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
    child.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString();
      resolve({ code, stdout: text(output.stdout), stderr: text(output.stderr) });
    });
    // A guest that never reads lets the pipe break: no error of ours.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

async function twoAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all([worker(), worker()]);
  return results;
}
