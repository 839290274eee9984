/** The library's face: programs opened from bytes, profiled again and again, run without a profile; what it refuses. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { execute, inspect, open, profile } from "../src/index.ts";
import { assemble } from "./support/binaryen.ts";

const source = `function double(n) { return 2 * n; }
const bytes = new Uint8Array(10);
const length = Javy.IO.readSync(0, bytes);
console.log(double(Number(new TextDecoder().decode(bytes.subarray(0, length)))));`;
const bytes = new TextEncoder().encode(source);
const fixture = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/${path}`, import.meta.url)));

test("a program opened once is profiled again and again, with the same result", async () => {
  const program = await open(bytes, { name: "double.js" });
  const first = await profile(program, { input: "21" });
  const second = await profile(program, { input: "21" });
  expect(second.result).toEqual(first.result);
  expect(first.result.run.stdout).toBe("42\n");
  expect(first.result.functions.map(({ name }) => name)).toContain("double");
  const other = await profile(program, { input: "4", frames: "engine" });
  expect(other.result.run.stdout).toBe("8\n");
  expect(other.result.functions.length).toBeGreaterThan(first.result.functions.length);
  expect(JSON.parse(first.speedscope()).profiles).toHaveLength(3);
});

test("a start function has its memory, and what it catches does not go on, with a profile or without", async () => {
  const { bytes } = assemble(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\02\\00\\00\\00hi")
    (func $say (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
    (func $start (call $say) (try (do (call $exit (i32.const 4))) (catch_all)) (call $say))
    (start $start)
    (func (export "_start") (call $say)))`);
  const program = await open(bytes);
  const { result } = await profile(program, { frames: "wasm" });
  expect([result.run.exit.kind, result.run.exit.code, result.run.stdout]).toEqual(["exit", 4, "hi"]);
  for (const count of [false, true]) {
    const { exit, stdout } = await execute(program, { frames: "wasm", count });
    expect([exit, new TextDecoder().decode(stdout)], `${count}`).toEqual(["exit", "hi"]);
  }
});

test("several at once", async () => {
  const program = await open(bytes);
  const inputs = ["1", "2", "3", "4"];
  const profiles = await Promise.all(inputs.map((input) => profile(program, { input })));
  expect(profiles.map(({ result }) => result.run.stdout)).toEqual(["2\n", "4\n", "6\n", "8\n"]);
});

test("without a profile: as it is, or with its total", async () => {
  const program = await open(bytes);
  const input = "21";
  const plain = await execute(program, { input });
  const counted = await execute(program, { input, count: true });
  const { result } = await profile(program, { input });
  expect(plain.fuel).toBeNull();
  expect(counted.fuel).toBe(BigInt(result.fuel.total));
  expect([plain.exit, counted.exit]).toEqual(["ok", "ok"]);
  expect([plain.stdout, counted.stdout].map((one) => new TextDecoder().decode(one))).toEqual([
    "42\n",
    "42\n",
  ]);
  expect(counted.maxMemoryBytes).toBe(plain.maxMemoryBytes);
});

test("without a profile: an endless loop is stopped as a profiled one is", async () => {
  const loop = 'console.log("begun"); try { for (;;) {} } finally { console.log("never"); }';
  const program = await open(new TextEncoder().encode(loop), { name: "endless.js" });
  const said = ({ stdout }: { readonly stdout: Uint8Array }) => new TextDecoder().decode(stdout);
  const late = await execute(program, { timeoutMs: 500 });
  expect([late.exit, late.fuel, said(late)]).toEqual(["timeout", null, "begun\n"]);
  const dear = await execute(program, { maxFuel: 10_000_000 });
  expect([dear.exit, said(dear)]).toEqual(["fuel", "begun\n"]);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 500);
  expect((await execute(program, { signal: abort.signal })).exit).toBe("interrupted");
}, 60_000);

describe("a module that cannot be run", () => {
  test("is opened and inspected, and says why", async () => {
    const program = await open(fixture("engines/ng21/app.wasm"), { name: "app.wasm" });
    expect(inspect(program).kind).toBe("dynamic");
    expect(program.refusal()?.message).toMatch(/needs the plugin/);
    await expect(profile(program)).rejects.toMatchObject({
      ...{ kind: "unsupported", file: "app.wasm" },
      message: expect.stringMatching(/needs the plugin/),
    });
  });
});

test.each([
  ["frames", { frames: "all" as "js" }, 'frames takes builtin, js, work, engine, wasm, not "all"'],
  ["limits", { limits: 11 }, "limits takes auto, none, shopify, or a scale from 1 to 10, not"],
  ["maxFuel", { maxFuel: 1.5 }, 'maxFuel takes a whole number, not "1.5"'],
  ["timeoutMs", { timeoutMs: 0 }, 'timeoutMs takes a whole number, not "0"'],
  ["seed", { seed: Number.NaN }, 'seed takes a whole number, not "NaN"'],
  ["fuelModel", { fuelModel: "wasmtime" }, "wasmtime"],
])("an option that cannot be: %s", async (_, options, message) => {
  const program = await open(bytes);
  await expect(profile(program, options)).rejects.toThrow(message);
});
