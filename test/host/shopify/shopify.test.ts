/**
 * Shopify Functions of every generation: recognised, run through their own protocol on real plugins, plain and
 * metered, and held against what wasmtime did under function-runner's protocol (fixtures/shopify/fuel.json).
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modelNamed } from "../../../src/fuel/models.ts";
import type { Host, PlatformFacts, Streams } from "../../../src/host/host.ts";
import { wasiHost } from "../../../src/host/host.ts";
import { parseJson, prettyJson } from "../../../src/host/shopify/exact-json.ts";
import { shopifyLimits } from "../../../src/host/shopify/limits.ts";
import { refuseIncomplete, shopifyGeneration, shopifyHost } from "../../../src/host/shopify/shopify.ts";
import { Wasi, wasiModule } from "../../../src/host/wasi.ts";
import { meterNames } from "../../../src/probe/plan.ts";
import { rewrite } from "../../../src/probe/rewrite.ts";
import { meterPlan } from "../../../src/profiler/profiler-plan.ts";
import { decodeModule } from "../../../src/wasm/decode.ts";

const fixture = (path: string) =>
  new Uint8Array(readFileSync(new URL(`../../../fixtures/shopify/${path}`, import.meta.url)));

interface Recorded {
  readonly end: "ok" | "trap";
  readonly inputBytes: number;
  /** Hexadecimal, as the guest wrote it. */
  readonly output: string;
  readonly logs: string;
  readonly fuel: Readonly<Record<string, number>>;
}

const recorded = JSON.parse(new TextDecoder().decode(fixture("fuel.json"))) as Record<string, Recorded>;
const inputs: Readonly<Record<string, string>> = {
  discount: "cart.json",
  echo: "values.json",
  logs: "logs.json",
  throw: "what.json",
};
/** Those in JavaScript; test/run/linked.test.ts has the others. */
const names = Object.keys(recorded).filter((name) => /-v\d$/.test(name));
const versionOf = (name: string) => Number(name.at(-1));
const inputOf = (name: string) => fixture(`inputs/${inputs[name.split("-")[0]!]!}`);
const pluginOf = (name: string) => fixture(`shopify_functions_javy_v${Math.max(2, versionOf(name))}.wasm`);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const fromHex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

interface Ran {
  readonly facts: PlatformFacts | null;
  readonly out: string;
  readonly err: string;
  readonly trapped: string | null;
  readonly fuel: number;
}

/** Runs a function as guest.ts does: everything but the app's own part is outside of the count. */
function run(name: string, prepared: { plugin: Uint8Array; app: Uint8Array }, input = inputOf(name)): Ran {
  const written = { 1: "", 2: "" };
  let asked = 0;
  const streams: Streams = {
    stdin: () => {
      asked += 1;
      return input;
    },
    write: (fd, bytes) => void (written[fd] += decode(bytes)),
  };
  const app = new WebAssembly.Module(prepared.app as BufferSource);
  const namespaces = WebAssembly.Module.imports(app).map(({ module }) => module);
  const host: Host = shopifyHost(shopifyGeneration(namespaces)!, streams);
  const wasi = new Wasi({
    ...host.streams,
    args: [],
    now: () => 0n,
    random: (into) => void into.fill(1),
    look: () => {},
  });
  const hooks = { tick: () => {} };
  const plugin = new WebAssembly.Instance(new WebAssembly.Module(prepared.plugin as BufferSource), {
    [wasiModule]: wasi.functions as WebAssembly.ModuleImports,
    [meterNames.module]: hooks,
  });
  wasi.memory = plugin.exports["memory"] as WebAssembly.Memory;
  host.prepare(plugin.exports);
  const counter = plugin.exports[meterNames.counter] as WebAssembly.Global | undefined;
  if (counter) counter.value = 0n;
  let trapped: string | null = null;
  try {
    const instance = new WebAssembly.Instance(app, {
      [`shopify_functions_javy_v${versionOf(name)}`]: plugin.exports as WebAssembly.ModuleImports,
      [meterNames.module]: { ...hooks, ...plugin.exports } as WebAssembly.ModuleImports,
    });
    (instance.exports["_start"] as () => void)();
  } catch (error) {
    trapped = (error as Error).message;
  }
  const fuel = Number((counter?.value as bigint | undefined) ?? 0n);
  const facts = host.finish(plugin.exports);
  expect(asked).toBe(1);
  return { facts, out: written[1], err: written[2], trapped, fuel };
}

const plain = (name: string) => ({ plugin: pluginOf(name), app: fixture(`apps/${name}.wasm`) });

describe.each(names)("%s", (name) => {
  const expected = recorded[name]!;

  test("gives the same output and logs", () => {
    const { facts, out, err, trapped } = run(name, plain(name));
    expect(trapped).toBe(expected.end === "trap" ? "unreachable" : null);
    expect(facts).toEqual({
      inputBytes: expected.inputBytes,
      outputBytes: expected.output.length / 2,
      logBytes: expected.logs.length / 2,
      outputError: expected.end === "trap" ? "there is no output" : null,
    });
    const logs = decode(fromHex(expected.logs));
    const cut = versionOf(name) >= 3 && expected.logs.length / 2 > 1000;
    expect(err).toBe(cut ? `[TRUNCATED]...${logs.slice(1)}` : logs);
    if (expected.end === "ok" && versionOf(name) === 1) {
      expect(out).toBe(`${prettyJson(parseJson(decode(fromHex(expected.output))))}\n`);
    } else if (expected.end === "ok") expect(() => JSON.parse(out)).not.toThrow();
    else expect(out).toBe("");
  });

  test.each(Object.keys(expected.fuel))("costs what it costs on %s", (engine) => {
    const meter = { model: modelNamed(engine), mode: "run", checks: true } as const;
    const plugin = rewrite(
      decodeModule(pluginOf(name)),
      meterPlan({ ...meter, globals: { kind: "define" } }),
    );
    const app = rewrite(
      decodeModule(fixture(`apps/${name}.wasm`)),
      meterPlan({ ...meter, globals: { kind: "import", module: meterNames.module } }),
    );
    expect(run(name, { plugin, app }).fuel).toBe(expected.fuel[engine]);
  });
});

describe("the output", () => {
  test.each([1, 2, 3])("of generation %i holds what was written", (version) => {
    const discount = JSON.parse(run(`discount-v${version}`, plain(`discount-v${version}`)).out);
    expect(discount.discounts).toHaveLength(14);
    expect(discount.share).toBe(0.7);
    // Generation 3's fixture sets properties, and nobody's `__proto__` becomes one by that; no JSON text of JavaScript has -0.
    const values = (text: string) =>
      JSON.stringify(Object.entries(JSON.parse(text)).filter(([key]) => key !== "__proto__"));
    expect(values(run(`echo-v${version}`, plain(`echo-v${version}`)).out)).toBe(
      values(decode(inputOf("echo"))),
    );
  });
});

describe("recognition", () => {
  const known = (...names: string[]) => {
    const found = shopifyGeneration(names);
    return found && [found.format, found.through, found.certain];
  };
  test("by the namespace", () => {
    for (const version of [1, 2, 3])
      expect(known(`javy_quickjs_provider_v${version}`)).toEqual(["json", "wasi", false]);
    expect(known("shopify_functions_javy_v1")).toEqual(["json", "wasi", true]);
    expect(known("wasi_snapshot_preview1", "shopify_functions_javy_v2")).toEqual([
      "messagepack",
      "wasi",
      true,
    ]);
    for (const version of [3, 4, 10])
      expect(known(`shopify_functions_javy_v${version}`)).toEqual(["messagepack", "memory", true]);
    expect(known("shopify_function_v0.0.1")).toEqual(["messagepack", "wasi", true]);
    expect(known("shopify_function_v1")).toEqual(["messagepack", "wasi", true]);
    expect(known("shopify_function_v2")).toEqual(["messagepack", "memory", true]);
  });
  test("nothing else", () => {
    for (const name of ["javy-prof-plugin-v1", "shopify_functions_javy", "shopify_functions_javy_v3x", "env"])
      expect(known(name)).toBeNull();
    expect(known()).toBeNull();
    expect(shopifyGeneration(["env"], ["memory", "initialize"])).toBeNull();
  });
  test("a plugin under another name, by its exports", () => {
    const plugin = new WebAssembly.Module(fixture("shopify_functions_javy_v3.wasm") as BufferSource);
    const exports = WebAssembly.Module.exports(plugin).map(({ name }) => name);
    expect(shopifyGeneration(["my-plugin"], exports)).toEqual({
      namespace: "my-plugin",
      format: "messagepack",
      through: "memory",
      certain: true,
    });
  });
});

describe("limits", () => {
  test("scale with the cart", () => {
    expect(shopifyLimits()).toEqual({
      preset: "shopify",
      model: "wasmtime-39",
      scale: 1,
      fuel: 11_000_000,
      inputBytes: 128_000,
      outputBytes: 20_000,
      logBytes: 1_000,
      moduleBytes: 256_000,
      memoryBytes: 10_000_000,
    });
    expect(shopifyLimits(10)).toMatchObject({ fuel: 110_000_000, inputBytes: 1_280_000, logBytes: 1_000 });
    expect(shopifyLimits(1.1).fuel).toBe(12_100_000);
  });
  test.each([0, 0.5, 11, Number.NaN])("refuse a scale of %d", (scale) => {
    expect(() => shopifyLimits(scale)).toThrow("the scale factor is 1 to 10");
  });
});

describe("bad input", () => {
  test.each([1, 2, 3])("is refused before generation %i runs", (version) => {
    const name = `discount-v${version}`;
    expect(() => run(name, plain(name), new TextEncoder().encode("{no"))).toThrow("the input is no JSON");
    expect(() => run(name, plain(name), new Uint8Array())).toThrow("the input is no JSON");
  });
});

describe("a plugin that answers nonsense", () => {
  const generation = shopifyGeneration(["shopify_functions_javy_v3"])!;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const host = () => {
    const streams: Streams = { stdin: () => new TextEncoder().encode("[]"), write: () => {} };
    return shopifyHost(generation, streams);
  };
  test("finalize traps", () => {
    const made = host();
    made.prepare({ memory, initialize: () => 8 } as unknown as WebAssembly.Exports);
    const finalize = () => {
      throw new WebAssembly.RuntimeError("unreachable");
    };
    expect(made.finish({ memory, finalize } as unknown as WebAssembly.Exports)).toEqual({
      inputBytes: 1,
      outputBytes: 0,
      logBytes: 0,
      outputError: "the plugin's finalize failed: unreachable",
    });
  });
  test.each([-1, 65_530, 0])("finalize points to nothing, or to what points to nothing: %d", (at) => {
    new Uint32Array(memory.buffer, 0, 6).fill(0xffff_ffff);
    const exports = { memory, finalize: () => at } as unknown as WebAssembly.Exports;
    expect(host().finish(exports)?.outputError).toMatch(/^the plugin's finalize failed: /);
  });
});

test("a plain WASI host leaves everything as it is", () => {
  const streams: Streams = { stdin: () => new Uint8Array(), write: () => {} };
  const host = wasiHost(streams);
  expect(host.streams).toBe(streams);
  host.prepare({});
  expect(host.finish({})).toBeNull();
});

test("a plugin without what the host calls is refused by name", () => {
  const generation = shopifyGeneration(["shopify_functions_javy_v3"])!;
  const plugin = decodeModule(fixture("shopify_functions_javy_v3.wasm"));
  expect(() => refuseIncomplete(generation, plugin)).not.toThrow();
  const exports = plugin.exports.filter(({ name }) => name !== "finalize");
  expect(() => refuseIncomplete(generation, { ...plugin, exports })).toThrow(
    expect.objectContaining({
      kind: "unsupported",
      details: expect.arrayContaining(["finalize is missing"]),
    }),
  );
});
