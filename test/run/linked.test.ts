/**
 * Modules that are linked to a program: counted with it, function by function, and stopped with it. Shopify's own provider,
 * and functions that import from it, cost what wasmtime reported under function-runner's protocol
 * (fixtures/shopify/fuel.json).
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { monitor, type OpenOptions, open, type ProfileOptions, profile } from "../../src/index.ts";
import { brokenSums } from "../../src/result/invariants.ts";
import { assemble as assembled } from "../support/binaryen.ts";

const fixture = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/shopify/${path}`, import.meta.url)));
const providerName = "shopify_function_v2";
const provider = { name: "provider.wasm", bytes: fixture("shopify_function_v2.wasm") };
const cart = fixture("inputs/cart.json");

const assemble = (wat: string) => assembled(wat).bytes;

interface Recorded {
  readonly output: string;
  readonly logs: string;
  readonly inputBytes: number;
  readonly fuel: Readonly<Record<string, number>>;
}
const recorded = JSON.parse(new TextDecoder().decode(fixture("fuel.json"))) as Record<string, Recorded>;
/** One in Rust has two memories, which Node.js 20 does not run. */
const runnable = ["discount-rust", "quantities-wat"].filter((name) =>
  WebAssembly.validate(fixture(`apps/${name}.wasm`)),
);

async function ran(app: Uint8Array, link: OpenOptions["link"], options: ProfileOptions = {}) {
  const program = await open(app, { name: "app.wasm", ...(link && { link }) });
  const { result } = await profile(program, { frames: "wasm", ...options });
  expect(brokenSums(result)).toEqual([]);
  return result;
}

describe.each(runnable)("%s on Shopify's provider", (name) => {
  const app = fixture(`apps/${name}.wasm`);
  const expected = recorded[name]!;
  const link = new Map([[providerName, provider]]);

  test.each(Object.keys(expected.fuel))("costs what it costs on %s", async (fuelModel) => {
    const result = await ran(app, link, { input: cart, fuelModel });
    expect(result.fuel.total).toBe(expected.fuel[fuelModel]);
    expect(result.run.exit.kind).toBe("ok");
    expect(Buffer.from(result.run.stderr).toString("hex")).toBe(expected.logs);
    expect(result.limits).toMatchObject({
      ...{ preset: "shopify", exceeded: [] },
      used: { inputBytes: expected.inputBytes, outputBytes: expected.output.length / 2 },
    });
  });

  test("shows the provider's functions under its name", async () => {
    const { functions, toolchain } = await ran(app, link, { input: cart });
    const own = functions.filter(({ name }) => !name.startsWith(`[${providerName}] `));
    const its = functions.filter(({ name }) => name.startsWith(`[${providerName}] `));
    expect(own.map(({ name }) => name)).toContain(name === "quantities-wat" ? "sum" : "run");
    expect(its.map(({ name }) => name)).toContain(`[${providerName}] memcmp`);
    // the provider does nearly all that the function is for
    expect(its.reduce((sum, { self }) => sum + self, 0)).toBeGreaterThan(100_000);
    expect(toolchain.plugin).toBeNull();
    expect(toolchain.linked).toEqual([
      { namespace: providerName, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });

  test("stops in the provider", async () => {
    const result = await ran(app, link, { input: cart, maxFuel: 50_000 });
    expect(result.run.exit.kind).toBe("fuel");
    expect(result.fuel.total).toBeGreaterThan(50_000);
    expect(result.fuel.total).toBeLessThan(51_000);
  });
});

const wat = {
  library: `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00shared\\n")
    (global $calls (export "calls") (mut i32) (i32.const 0))
    (func $begin (global.set $calls (i32.const 7)))
    (start $begin)
    (func (export "print") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))))
    (func (export "divide") (param i32 i32) (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (i32.div_s (local.get 0) (local.get 1)))
    (func (export "spin") (loop $on (br $on))))`,
  app: `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "library" "print" (func $print))
    (import "library" "divide" (func $divide (param i32 i32) (result i32)))
    (import "library" "spin" (func $spin))
    (import "library" "calls" (global $calls (mut i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00of app\\n")
    (func (export "write")
      (call $print)
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
      (call $print))
    (func (export "divide") (drop (call $divide (i32.const 6) (i32.const 3))))
    (func (export "fault") (drop (call $divide (i32.const 1) (i32.const 0))))
    (func (export "spin") (call $spin))
    (func (export "began") (if (i32.ne (global.get $calls) (i32.const 7)) (then unreachable))))`,
};
/** The same in one module. */
const merged = `(module
  (global $calls (mut i32) (i32.const 7))
  (func $divide (param i32 i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "divide") (drop (call $divide (i32.const 6) (i32.const 3))))
  (func (export "fault") (drop (call $divide (i32.const 1) (i32.const 0)))))`;
const library = { name: "library.wasm", bytes: assemble(wat.library) };
const app = assemble(wat.app);
const linked = new Map([["library", library]]);

describe("a module that is linked", () => {
  test("writes from its own memory, and the program from its", async () => {
    const { run } = await ran(app, linked, { export: "write" });
    expect(run.stdout).toBe("sharedof appshared");
  });

  test("costs what its instructions do, with the call of it", async () => {
    const { fuel } = await ran(app, linked, { export: "divide", fuelModel: "wasmtime-39" });
    const alone = await ran(assemble(merged), undefined, { export: "divide", fuelModel: "wasmtime-39" });
    expect(fuel.total).toBe(alone.fuel.total);
    expect(fuel.total).toBeGreaterThan(10);
  });

  test("has started before, uncounted", async () => {
    const { run } = await ran(app, linked, { export: "began" });
    expect(run.exit.kind).toBe("ok");
  });

  test("counts a trap in it to the instruction", async () => {
    const options = { export: "fault", fuelModel: "wasmtime-39" } as const;
    const result = await ran(app, linked, options);
    const alone = await ran(assemble(merged), undefined, options);
    expect(result.run.exit.kind).toBe("trap");
    expect(result.fuel.total).toBe(alone.fuel.total);
  });

  test("is stopped by the clock and by fuel", async () => {
    const byFuel = await ran(app, linked, { export: "spin", maxFuel: 1_000_000 });
    expect(byFuel.run.exit.kind).toBe("fuel");
    const byTime = await ran(app, linked, { export: "spin", timeoutMs: 100 });
    expect(byTime.run.exit.kind).toBe("timeout");
  });

  test("may import from one before it", async () => {
    const middle = assemble(`(module
      (import "library" "divide" (func $divide (param i32 i32) (result i32)))
      (func (export "half") (param i32) (result i32) (call $divide (local.get 0) (i32.const 2))))`);
    const top = assemble(`(module
      (import "middle" "half" (func $half (param i32) (result i32)))
      (func (export "run") (if (i32.ne (call $half (i32.const 10)) (i32.const 5)) (then unreachable))))`);
    const both = new Map([...linked, ["middle", { name: "middle.wasm", bytes: middle }]]);
    const { run, functions } = await ran(top, both);
    expect(run.exit.kind).toBe("ok");
    expect(functions.map(({ name }) => name).filter((name) => name.startsWith("[library]"))).toHaveLength(1);
  });
});

describe("what cannot be linked is refused", () => {
  const refusal = async (bytes: Uint8Array, link: OpenOptions["link"]) => {
    const found = (await open(bytes, { name: "app.wasm", ...(link && { link }) })).refusal();
    return found && [found.message, ...found.details].join("\n");
  };
  test("a Shopify function without its provider", async () => {
    const words = await refusal(fixture("apps/quantities-wat.wasm"), undefined);
    expect(words).toContain("give it with --link shopify_function_v2=provider.wasm");
  });
  test("one that misses what is imported, or has it otherwise", async () => {
    const wrong = assemble(`(module (global (export "print") i32 (i32.const 1))
      (func (export "divide") (param i64 i32) (result i32) (i32.const 0)))`);
    const words = await refusal(app, new Map([["library", { name: "wrong.wasm", bytes: wrong }]]));
    expect(words).toContain("print is a global, wanted is a func");
    expect(words).toContain("divide is (i64, i32) -> (i32), wanted is (i32, i32) -> (i32)");
    expect(words).toContain("spin is missing");
  });
  test("a Shopify function before its names were changed", async () => {
    const early = assemble(`(module
      (import "shopify_function_v2" "shopify_function_input_get" (func (result i64)))
      (func (export "run")))`);
    expect(await refusal(early, new Map([[providerName, provider]]))).toContain("underscore in front");
  });
  test("one that nothing imports from", async () => {
    const both = new Map([...linked, ["other", library]]);
    expect(await refusal(app, both)).toContain('nothing imports from "other"');
  });
  test("WASI by another module", async () => {
    const given = open(app, { link: new Map([["wasi_snapshot_preview1", library]]) });
    await expect(given).rejects.toThrow("cannot be linked as wasi_snapshot_preview1");
  });
  test("to a program on a plugin", async () => {
    const given = await open(new TextEncoder().encode("1;"), { name: "app.js", link: linked });
    expect(given.refusal()?.message).toContain("runs on its plugin alone");
  });
  test("to a monitored program", async () => {
    const program = await open(app, { name: "app.wasm", link: linked });
    await expect(monitor(program, { script: "calls", export: "divide" })).rejects.toThrow("sees one module");
  });
});
