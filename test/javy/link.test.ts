/** The linked module is what javy-codegen makes: its parts, its source, and the 16 fuel of its own `_start`. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modelNamed } from "../../src/fuel/models.ts";
import type { PluginAbi } from "../../src/javy/abi.ts";
import { functionOf, linkDynamic } from "../../src/javy/link.ts";
import { recognise } from "../../src/javy/module.ts";
import { meterNames } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { meterPlan } from "../../src/profiler/profiler-plan.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { inRoot } from "../support/javy-prof.ts";

const bytecode = Uint8Array.from({ length: 300 }, (_, i) => (i + 26) & 0xff);
const source = "export const text = 'ünïcode 🙂';\n".repeat(50);
const current: PluginAbi = {
  realloc: "cabi_realloc",
  run: { name: "invoke", parameters: 5 },
  compile: null,
};
const app = linkDynamic({ namespace: "some-plugin", abi: current }, bytecode, source);

test("namespace, payload and source come back", () => {
  expect(recognise(decodeModule(app))).toEqual({
    kind: "dynamic",
    namespace: "some-plugin",
    payload: bytecode,
    source,
  });
});

test("the same input gives the same bytes", () => {
  expect(linkDynamic({ namespace: "some-plugin", abi: current }, bytecode, source)).toEqual(app);
});

test.each([
  ["wasmtime-45", 16],
  ["wasmtime-48", 16 + bytecode.length],
])("under %s its own code costs %i: allocate, copy the payload, invoke", (model, fuel) => {
  const metered = rewrite(
    decodeModule(app),
    meterPlan({
      model: modelNamed(model),
      mode: "run",
      checks: false,
      globals: { kind: "import", module: "m" },
    }),
  );
  const memory = new WebAssembly.Memory({ initial: 1 });
  const counter = new WebAssembly.Global({ value: "i64", mutable: true }, 0n);
  const limit = new WebAssembly.Global({ value: "i64", mutable: true }, 0n);
  const calls: unknown[][] = [];
  const realloc = (...args: number[]) => {
    calls.push(args);
    return 64;
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(metered as BufferSource), {
    "some-plugin": { memory, cabi_realloc: realloc, invoke: (...args: number[]) => void calls.push(args) },
    m: { [meterNames.counter]: counter, [meterNames.limit]: limit },
  });
  (instance.exports["_start"] as () => void)();
  expect(calls).toEqual([
    [0, 0, 1, bytecode.length],
    [64, bytecode.length, 0, 0, 0],
  ]);
  expect(new Uint8Array(memory.buffer, 64, bytecode.length)).toEqual(bytecode);
  expect(counter.value).toBe(BigInt(fuel));
});

describe("exports of a WIT world", () => {
  const real = decodeModule(new Uint8Array(readFileSync(inRoot("fixtures/javy/dynamic-wit.wasm"))));
  const kind = recognise(real);
  if (kind.kind !== "dynamic") throw new Error("the fixture is dynamic");
  const names = ["sum-of-squares", "count-down"];
  const ours = decodeModule(
    linkDynamic({ namespace: kind.namespace, abi: current }, kind.payload!, kind.source!, names),
  );
  const code = (module: typeof real, name: string) => {
    const { index } = module.exports.find((one) => one.name === name)!;
    const { start, end } = module.bodies[index - module.importedFunctions]!;
    return module.bytes.slice(start, end);
  };

  test.each(["_start", ...names])("%s is javy-codegen's, byte for byte", (name) => {
    expect(code(ours, name)).toEqual(code(real, name));
  });

  test("call the JavaScript function in camel case", () => {
    const texts = (module: typeof real) =>
      module.data.map(({ bytes }) => module.bytes.slice(bytes.start, bytes.end));
    expect(texts(ours)).toEqual(texts(real));
    expect(functionOf("cart-lines-discounts-generate-run")).toBe("cartLinesDiscountsGenerateRun");
  });

  test("a plugin that is not told names of functions is refused", () => {
    const abi: PluginAbi = { ...current, run: { name: "eval_bytecode", parameters: 2 } };
    expect(() => linkDynamic({ namespace: "old", abi }, bytecode, source, ["run"])).toThrow(
      "calls no functions by name",
    );
  });
});
