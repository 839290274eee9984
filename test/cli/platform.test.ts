/**
 * Shopify Functions and hosts of one's own, by the command line: `run function.wasm -i input.json` needs no flag but the
 * plugin, its total is function-runner's, limits come by themselves, and a host file drives any module.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grouped, percent } from "../../src/base/numbers.ts";
import { shopifyLimits } from "../../src/host/shopify/limits.ts";
import { linkDynamic } from "../../src/javy/link.ts";
import { type DynamicModule, recognise } from "../../src/javy/module.ts";
import { readPlugin } from "../../src/program/plugin.ts";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const fixture = (path: string) => new Uint8Array(readFileSync(inRoot(`fixtures/shopify/${path}`)));
const recorded = JSON.parse(new TextDecoder().decode(fixture("fuel.json"))) as Record<
  string,
  {
    readonly end: "ok" | "trap";
    readonly inputBytes: number;
    readonly output: string;
    readonly fuel: Record<string, number>;
  }
>;
const programs = { discount: "cart.json", echo: "values.json", logs: "logs.json", throw: "what.json" };

/** Generation 2's plugin as generation 1 imports it: its name is in a custom section, and as long. */
function renamed(): Uint8Array {
  const bytes = Buffer.from(fixture("shopify_functions_javy_v2.wasm"));
  const at = bytes.lastIndexOf("shopify_functions_javy_v2");
  bytes.write("shopify_functions_javy_v1", at);
  return new Uint8Array(bytes);
}

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({
    "v1.wasm": renamed(),
    "v2.wasm": fixture("shopify_functions_javy_v2.wasm"),
    "v3.wasm": fixture("shopify_functions_javy_v3.wasm"),
    ...Object.fromEntries(
      Object.keys(recorded).map((name) => [`${name}.wasm`, fixture(`apps/${name}.wasm`)]),
    ),
    ...Object.fromEntries(Object.values(programs).map((name) => [name, fixture(`inputs/${name}`)])),
    "long.json": JSON.stringify("x".repeat(25_000)),
    "wide.json": JSON.stringify(Array.from({ length: 140_000 }, () => 0)),
    "over.json": JSON.stringify(Array.from({ length: 30_000 }, () => 0)),
    "fits.json": JSON.stringify("x".repeat(19_000)),
    "schema.graphql":
      "type Query { cart: Cart! } type Cart { lines: [Line!]! @scaleLimits(rate: 0.125) } type Line { quantity: Int }",
    "run.graphql": "query Input { cart { lines { quantity } } }",
    "limits.json": JSON.stringify({
      ...{ name: "ours", fuelModel: "wasmtime-39", fuel: "50k", inputBytes: 10 },
    }),
    "wrong.json": '{"fuel": 1, "inputByte": 1}',
    "provider.wasm": fixture("shopify_function_v2.wasm"),
    "endless.js": "let n = 0;\nfor (;;) n++;\n",
    "app.js":
      "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }\nconsole.log(String(fib(Number(input))));\n",
    "broken.js": "null.x",
    "loud.mjs": "throw new Error('ouch')",
  });
});
afterAll(() => folder.remove());

const run = (...args: string[]) => javyProf(folder.path, ["run", ...args]);
const function_ = (name: string, ...args: string[]) =>
  run(`${name}.wasm`, "--plugin", `v${name.at(-1)}.wasm`, ...args);

/** Those in JavaScript; test/run/linked.test.ts has the others. */
const inJavaScript = Object.entries(recorded).filter(([name]) => /-v\d$/.test(name));

describe.each(inJavaScript)("%s", (name, { end, fuel }) => {
  const input = programs[name.split("-")[0] as keyof typeof programs];
  const frames = /^(discount-v[23]|logs-v3)$/.test(name) ? ["js", "engine", "wasm"] : ["js"];
  test.each(frames)("costs what wasmtime says, with frames %s", async (frames) => {
    const { code, stdout } = await function_(
      name,
      ...["-i", input, "--json", "--frames", frames, "--fuel-model", "wasmtime-45"],
    );
    const result = JSON.parse(stdout) as Result;
    expect(result.fuel).toMatchObject({ total: fuel["wasmtime-45"], comparable: true });
    expect(brokenSums(result)).toEqual([]);
    expect(code).toBe(end === "ok" ? 0 : 3);
    if (frames === "js" && name.startsWith("discount")) {
      const calls = Object.fromEntries(result.functions.map((row) => [row.name, row.calls]));
      expect(calls).toMatchObject({ run: 1, discountOf: 20, matches: 60 });
    }
  });
});

describe("input and output", () => {
  test("however the input is written, and wherever it comes from", async () => {
    const piped = await javyProf(folder.path, ["run", "discount-v3.wasm", "--plugin", "v3.wasm", "--json"], {
      stdin: JSON.stringify(JSON.parse(new TextDecoder().decode(fixture("inputs/cart.json"))), null, 7),
    });
    const given = await function_("discount-v3", "-i", "cart.json", "--json");
    const [one, other] = [piped, given].map(({ stdout }) => JSON.parse(stdout) as Result);
    // the platform's model, whose costs are those of wasmtime 45
    expect(one!.toolchain.fuelModel).toBe("wasmtime-39");
    expect(one!.fuel.total).toBe(recorded["discount-v3"]!.fuel["wasmtime-45"]);
    expect(other!.fuel.total).toBe(one!.fuel.total);
    expect(other!.run.stdout).toBe(one!.run.stdout);
  });
  test("output is JSON on stdout, the same for each generation; logs are on stderr", async () => {
    const ended = await Promise.all(
      [1, 2, 3].map((version) => function_(`discount-v${version}`, "-i", "cart.json")),
    );
    const [first, ...others] = ended.map(({ stdout }) => JSON.stringify(JSON.parse(stdout)));
    expect(JSON.parse(first!).discounts).toHaveLength(14);
    for (const other of others) expect(other).toBe(first);
    for (const { stderr } of ended) expect(stderr).toContain("14 of 20 lines\n");
  });
  test("logs that the platform cuts are cut, and that is said", async () => {
    const { stderr } = await function_("logs-v3", "-i", "logs.json");
    expect(stderr).toContain("[TRUNCATED]...");
    expect(stderr).toContain("the last line\n");
    expect(stderr).toContain("[limit-logs]");
  });
  test.each(["v1", "v2", "v3"])("input that is no JSON is a usage error (%s)", async (version) => {
    const { code, stderr, stdout } = await function_(`echo-${version}`);
    expect(code).toBe(2);
    expect(stderr).toContain("the input is no JSON");
    expect(stdout).toBe("");
  });
});

describe("javy_quickjs_provider, which is Shopify's first generation and Javy's own", () => {
  let own: ReturnType<typeof folderWith>;
  beforeAll(() => {
    const bytes = fixture("shopify_functions_javy_v2.wasm");
    const module = decodeModule(bytes);
    // Those plugins do not say what they are imported as.
    const section = module.sections.find(({ name }) => name === "import_namespace")!;
    const plugin = Buffer.concat([bytes.subarray(0, section.start), bytes.subarray(section.end)]);
    const payload = (recognise(decodeModule(fixture("apps/discount-v1.wasm"))) as DynamicModule).payload!;
    const { abi } = readPlugin(bytes, "", "plugin");
    const app = linkDynamic({ namespace: "javy_quickjs_provider_v3", abi }, payload, "");
    own = folderWith({
      "app.wasm": app,
      "plugin.wasm": new Uint8Array(plugin),
      "cart.json": fixture("inputs/cart.json"),
    });
  });
  afterAll(() => own.remove());
  const fuelWith = async (...args: string[]) => {
    const line = ["run", "app.wasm", "--plugin", "plugin.wasm", "-i", "cart.json", "--json", ...args];
    const { stdout } = await javyProf(own.path, line);
    return (JSON.parse(stdout) as Result).fuel.total;
  };
  test("is a WASI program, unless the platform is asked for", async () => {
    const { fuel } = recorded["discount-v1"]!;
    expect(await fuelWith("--limits", "shopify")).toBe(fuel["wasmtime-45"]);
    expect(await fuelWith("--limits", "shopify", "--fuel-model", "wasmtime-50")).toBe(fuel["wasmtime-50"]);
    // The input is indented, and reading more of it costs more.
    expect(await fuelWith()).toBeGreaterThan(fuel["wasmtime-50"]!);
  });
});

describe("limits", () => {
  test("are the platform's without being asked for, and none on request", async () => {
    const own = await function_("discount-v3", "-i", "cart.json");
    expect(own.stderr).toMatch(/ wasmtime-39\n20\.7% of 11,000,000 \(shopify\)/);
    const none = await function_("discount-v3", "-i", "cart.json", "--limits", "none", "--json");
    expect(JSON.parse(none.stdout)).toMatchObject({
      limits: null,
      toolchain: { fuelModel: "wasmtime-50" },
      fuel: { total: recorded["discount-v3"]!.fuel["wasmtime-50"] },
    });
    const scaled = await function_("discount-v3", "-i", "cart.json", "--limits", "shopify:2");
    expect(scaled.stderr).toContain("22,000,000");
  });
  test("and what the run came to are part of the result", async () => {
    const { stdout } = await function_("discount-v3", "-i", "cart.json", "--json");
    const { limits, fuel, run } = JSON.parse(stdout) as Result;
    expect(limits).toEqual({
      ...shopifyLimits(),
      used: {
        fuel: fuel.total,
        inputBytes: recorded["discount-v3"]!.inputBytes,
        outputBytes: Buffer.from(recorded["discount-v3"]!.output, "hex").length,
        logBytes: run.stderrBytes,
        moduleBytes: fixture("apps/discount-v3.wasm").length,
        memoryBytes: run.maxMemoryBytes,
      },
      exceeded: [],
      passed: null,
    });
  });
  test("of fuel are judged: the run goes on, says how far over, and where it was passed", async () => {
    const wide = await function_("echo-v3", "-i", "over.json", "--json");
    const result = JSON.parse(wide.stdout) as Result;
    expect([result.run.exit.kind, wide.code]).toEqual(["ok", 1]);
    expect(result.limits!.exceeded).toEqual(["fuel", "outputBytes"]);
    expect(result.limits!.passed!.at(-1)).toMatchObject({ function: expect.stringMatching(/^\(module /) });
    expect(brokenSums(result)).toEqual([]);
    const { stderr } = await function_("echo-v3", "-i", "over.json");
    const over = result.fuel.total - 11_000_000;
    expect(stderr).toMatch(
      new RegExp(
        `${percent(result.fuel.total, 11_000_000)}% of 11,000,000 \\(shopify\\), ${grouped(over)} over\n`,
      ),
    );
    expect(stderr).toMatch(/the shopify limit of 11,000,000 fuel was passed\n( {4}at .*\n)+/);
  });
  test("of fuel stop the guest at ten times them, or where it is asked for", async () => {
    const endless = await run("endless.js", "--limits", "shopify", "--json");
    const { fuel, run: ran, limits } = JSON.parse(endless.stdout) as Result;
    expect([ran.exit.kind, ran.exit.message, endless.code]).toEqual([
      "fuel",
      "more than 110,000,000 fuel",
      1,
    ]);
    expect(fuel.total).toBeGreaterThan(110_000_000);
    expect(limits).toMatchObject({
      exceeded: ["fuel"],
      passed: [{ function: "(module endless.js)", line: 2 }],
    });
    const asked = await function_("discount-v3", "-i", "cart.json", "--max-fuel", "1M", "--json");
    expect(JSON.parse(asked.stdout).run.exit.kind).toBe("fuel");
  });
  test("of size are checks that fail", async () => {
    const long = await function_("echo-v3", "-i", "long.json", "--json");
    const { warnings, run } = JSON.parse(long.stdout) as Result;
    expect(run.exit.kind).toBe("ok");
    expect(warnings.map(({ code }) => code)).toEqual(["limit-output"]);
    expect(long.code).toBe(1);
    expect((await function_("echo-v3", "-i", "fits.json")).code).toBe(0);
    const wide = await function_(
      "echo-v3",
      "-i",
      "wide.json",
      "--limits",
      "shopify",
      "--max-fuel",
      "1G",
      "--json",
    );
    const codes = (JSON.parse(wide.stdout) as Result).warnings.map(({ code }) => code);
    expect(codes).toEqual(["limit-input", "limit-output"]);
  });
  test("of a file of the user's judge a run, with the model that it names", async () => {
    const given = await function_("discount-v3", "-i", "cart.json", "--limits", "limits.json", "--json");
    const { limits, toolchain } = JSON.parse(given.stdout) as Result;
    expect(limits).toMatchObject({ preset: "ours", fuel: 50_000, inputBytes: 10, outputBytes: null });
    expect(limits!.exceeded).toEqual(["fuel", "inputBytes"]);
    expect([toolchain.fuelModel, given.code]).toEqual(["wasmtime-39", 1]);
    const shown = await function_("discount-v3", "-i", "cart.json", "--limits", "limits.json");
    expect(shown.stderr).toMatch(/% of 50,000 \(ours\), [\d,]+ over\ninput [\d,]+ of 10\n/);
    const wrong = await function_("discount-v3", "-i", "cart.json", "--limits", "wrong.json");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "inputBytes"?')]);
  });
  test("scale with the schema and the query, on function-runner's command line", async () => {
    const line = ["-f", "discount-v3.wasm", "--plugin", "v3.wasm", "-i", "cart.json", "--profile", "--json"];
    const scaled = await run(...line, "-s", "schema.graphql", "-q", "run.graphql");
    const { limits } = JSON.parse(scaled.stdout) as Result;
    // 20 lines in the cart
    expect(limits).toMatchObject({ scale: 2.5, fuel: 27_500_000, inputBytes: 320_000, logBytes: 1_000 });
    expect((JSON.parse((await run(...line)).stdout) as Result).limits).toMatchObject({ scale: 1 });
    const alone = await run(...line.slice(0, -1), "-s", "schema.graphql");
    expect([alone.code, alone.stderr]).toEqual([
      2,
      expect.stringContaining("--schema-path and --query-path go together"),
    ]);
    const twice = await run(
      ...line.slice(0, -1),
      "-s",
      "schema.graphql",
      "-q",
      "run.graphql",
      "--limits",
      "none",
    );
    expect([twice.code, twice.stderr]).toEqual([
      2,
      expect.stringContaining("both say how limits are scaled"),
    ]);
  });
  test.each(["shopify:11", "shopify:0.5", "shopify:", "aws"])("%s is refused", async (text) => {
    const { code, stderr } = await function_("discount-v3", "-i", "cart.json", "--limits", text);
    expect(code).toBe(2);
    expect(stderr).toContain("--limits");
  });
});

describe("a host of one's own", () => {
  const require = createRequire(import.meta.url);
  const engines = {
    "quickjs-wasi": require.resolve("quickjs-wasi/quickjs.wasm"),
    "quickjs-emscripten": require.resolve("@jitl/quickjs-wasmfile-release-sync/wasm"),
  };
  const hosted = (name: keyof typeof engines, ...args: string[]) =>
    javyProf(
      folder.path,
      ["run", engines[name], "--host", inRoot(`examples/hosts/${name}.mjs`), "--frames", "wasm", ...args],
      { stdin: "15" },
    );
  test.each(Object.keys(engines) as (keyof typeof engines)[])("runs %s", async (name) => {
    const first = await hosted(name, "--json", "--", "app.js");
    const result = JSON.parse(first.stdout) as Result;
    expect(result.run.stdout).toBe("610\n");
    expect(first.code).toBe(0);
    expect(brokenSums(result)).toEqual([]);
    expect(result.fuel.total).toBeGreaterThan(500_000);
    expect((await hosted(name, "--json", "--", "app.js")).stdout).toBe(first.stdout);
  });
  test.each(Object.keys(engines) as (keyof typeof engines)[])(
    "a program that throws in %s failed",
    async (name) => {
      const { code, stderr } = await hosted(name, "--", "broken.js");
      expect(code).toBe(3);
      expect(stderr).toContain("cannot read property 'x' of null");
    },
  );
  test("that is wrong is a usage error", async () => {
    const missing = await hosted("quickjs-wasi");
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain("failed: which program?");
    const loud = await run(engines["quickjs-wasi"], "--host", "loud.mjs", "--frames", "wasm");
    expect(loud.code).toBe(2);
    expect(loud.stderr).toContain("cannot be loaded: ouch");
    expect((await run("app.js", "--host", "loud.mjs")).stderr).toContain("cannot be loaded: ouch");
  });
  test("is stopped like any guest", async () => {
    const { code, stdout } = await hosted("quickjs-wasi", "--max-fuel", "100k", "--json", "--", "app.js");
    expect(code).toBe(1);
    expect((JSON.parse(stdout) as Result).run.exit.kind).toBe("fuel");
  });
});

describe("a function on Shopify's provider", () => {
  const line = ["quantities-wat.wasm", "-i", "cart.json", "--frames", "wasm"];
  const link = ["--link", "shopify_function_v2=provider.wasm"];
  test("runs with the module linked, and writes the profile where function-runner's option says", async () => {
    const runner = ["-p", "--profile-frequency", "500000", "--profile-out", "out/function.perf"];
    const { code, stdout, stderr } = await run(...line, ...link, ...runner);
    expect([code, JSON.parse(stdout)]).toEqual([0, { quantity: 39 }]);
    // function-runner counts like wasmtime 39, whose costs those of 45 are
    expect(stderr).toContain(
      `${grouped(recorded["quantities-wat"]!.fuel["wasmtime-45"]!)} fuel  wasmtime-39`,
    );
    expect(stderr).toContain("[shopify_function_v2] ");
    const profile = JSON.parse(readFileSync(`${folder.path}/out/function.perf`, "utf8"));
    expect(profile.$schema).toContain("speedscope");
  });
  test("says what is missing, and what an option takes", async () => {
    const missing = await run(...line);
    expect([missing.code, missing.stderr]).toEqual([
      4,
      expect.stringContaining("give it with --link shopify_function_v2=provider.wasm"),
    ]);
    for (const [given, words] of [
      ["provider.wasm", "--link takes <name>=<file>"],
      ["shopify_function_v2=none.wasm", "none.wasm"],
    ] as const) {
      const wrong = await run(...line, "--link", given);
      expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining(words)]);
    }
    const twice = await run(...line, ...link, ...link);
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining("twice")]);
  });
});
