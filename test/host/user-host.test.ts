/** Hosts that users make: the two examples on real modules, plain and metered, and everything such a file can get wrong. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modelNamed } from "../../src/fuel/models.ts";
import { loadUserHost, prepareUserGuest } from "../../src/host/user-host.ts";
import { Wasi } from "../../src/host/wasi.ts";
import { meterNames } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { meterPlan } from "../../src/profiler/profiler-plan.ts";
import { decodeModule } from "../../src/wasm/decode.ts";

const require = createRequire(import.meta.url);
const example = (name: string) => fileURLToPath(new URL(`../../examples/hosts/${name}.mjs`, import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-host-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

interface Ran {
  readonly out: string;
  readonly fuel: bigint | null;
  readonly grownBy: number;
}

/** Runs a module in a host as guest.ts does. */
async function run(path: string, bytes: Uint8Array, args: readonly string[] = []): Promise<Ran> {
  let out = "";
  const streams = {
    stdin: () => new TextEncoder().encode("7"),
    write: (_fd: 1 | 2, data: Uint8Array) => {
      out += new TextDecoder().decode(data);
    },
  };
  const wasi = new Wasi({
    ...streams,
    args,
    now: () => 0n,
    random: (into) => void into.fill(1),
    look: () => {},
  });
  const host = await loadUserHost(path);
  const guest = await prepareUserGuest(
    path,
    host,
    {
      module: new WebAssembly.Module(bytes as BufferSource),
      streams,
      args,
      wasi: wasi.functions as WebAssembly.ModuleImports,
      hooks: { [meterNames.module]: { tick: () => {} } },
      reasonOf: (error) => error,
      start: null,
      final: (call) => call,
    },
    (_instance, memory) => {
      wasi.memory = memory;
    },
  );
  const counter = guest.instance.exports[meterNames.counter] as WebAssembly.Global | undefined;
  if (counter) counter.value = 0n;
  const before = guest.memory.buffer.byteLength;
  guest.run.call();
  const fuel = (counter?.value as bigint | undefined) ?? null;
  guest.run.finish?.();
  return { out, fuel, grownBy: guest.memory.buffer.byteLength - before };
}

const program = `
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
console.log("fib", String(fib(Number(input) + 8)));
Promise.resolve("later").then((text) => console.error(text));
globalThis.kept = new Array(300000).fill(0).map((_, i) => ({ i }));
`;

const modules = {
  "quickjs-wasi": "quickjs-wasi/quickjs.wasm",
  "quickjs-emscripten": "@jitl/quickjs-wasmfile-release-sync/wasm",
};

describe.each(Object.entries(modules))("the example %s", (name, path) => {
  const bytes = () => new Uint8Array(readFileSync(require.resolve(path)));
  test("runs a program in the module as it is", async () => {
    const app = file("app.js", program);
    const { out, fuel, grownBy } = await run(example(name), bytes(), [app]);
    expect(out).toBe("fib 610\nlater\n");
    expect(fuel).toBeNull();
    // The memory it found is the one that the engine works in.
    expect(grownBy).toBeGreaterThan(0);
  });
  test("and metered: the same, and the same fuel every time", async () => {
    const app = file("app.js", program);
    const meter = { model: modelNamed("wasmtime-50"), mode: "run", checks: true } as const;
    const metered = rewrite(decodeModule(bytes()), meterPlan({ ...meter, globals: { kind: "define" } }));
    const first = await run(example(name), metered, [app]);
    const second = await run(example(name), metered, [app]);
    expect(first.out).toBe("fib 610\nlater\n");
    expect(first.fuel).toBeGreaterThan(1_000_000n);
    expect(second).toEqual(first);
    // Only what happens in call() is counted, not the making of the engine.
    const little = await run(example(name), metered, [file("little.js", "1")]);
    expect(little.fuel).toBeGreaterThan(0n);
    expect(little.fuel).toBeLessThan(first.fuel! / 50n);
  });
  test("says which program is missing", async () => {
    await expect(run(example(name), bytes())).rejects.toThrow(/^the host .* failed: which program\?/);
  });
});

/** `(module (memory (export "memory") 1) (func (export "f")))` and the same without a memory. */
const small = Uint8Array.from(
  Buffer.from(
    "0061736d01000000010401600000030201000503010001070e020166" + "0000066d656d6f727902000a040102000b",
    "hex",
  ),
);
const bare = Uint8Array.from(Buffer.from("0061736d01000000", "hex"));

describe("a host file that is wrong", () => {
  const wrong: readonly (readonly [string, string, Uint8Array, string])[] = [
    ["does not parse", "export default (", small, "cannot be loaded"],
    ["throws when loaded", "throw new Error('ouch')", small, "cannot be loaded: ouch"],
    ["throws when called", "export default () => { throw new Error('ouch') }", small, "failed: ouch"],
    ["has no default export", "export const host = 1", small, "has no function as its default export"],
    ["returns nothing", "export default () => {}", small, "returned no call()"],
    ["has no call", "export default () => ({ run() {} })", small, "returned no call()"],
    ["makes no instance", "export default () => ({ call() {} })", small, "did not call guest.instantiate()"],
    [
      "makes two instances",
      "export default (g) => { g.instantiate({}); g.instantiate({}); return { call() {} } }",
      small,
      "instantiates the module twice",
    ],
    [
      "gives no memory",
      "export default (g) => { g.instantiate({}); return { call() {} } }",
      bare,
      "gives the module no memory",
    ],
  ];
  test.each(wrong)("%s", async (name, text, bytes, message) => {
    await expect(run(file(`${name.replaceAll(" ", "-")}.mjs`, text), bytes)).rejects.toThrow(message);
  });
  test("is not there", async () => {
    await expect(run(join(folder, "none.mjs"), small)).rejects.toThrow("cannot be loaded");
  });
});

test("a host gets input, arguments and a way to write, and finishes after the count", async () => {
  const host = `export default async (guest) => {
    const { exports } = guest.instantiate({});
    const input = new TextDecoder().decode(guest.stdin());
    return {
      call() { exports.f(); guest.write(1, "called " + input + guest.args.join()); },
      finish() { guest.write(2, new TextEncoder().encode(" finished")); },
    };
  }`;
  const { out } = await run(file("whole.mjs", host), small, ["a", "b"]);
  expect(out).toBe("called 7a,b finished");
});
