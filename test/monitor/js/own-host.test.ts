/**
 * Rules of js: in modules that somebody else runs: instrument() gives them who hears of JavaScript as imports. Reports are
 * those of a run under a monitor; hosts are a WASI of this process, and the loader of quickjs-emscripten, whose memory is
 * an import of the module.
 */
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";
import { newQuickJSWASMModuleFromVariant, newVariant } from "quickjs-emscripten-core";
import { describe, expect, test } from "vitest";
import { type InstrumentOptions, instrument, monitor, open, type ReportMap } from "../../../src/index.ts";
import { inRoot } from "../../support/javy-prof.ts";
import { compileProgram, plugin } from "../../support/plain.ts";
import { staticModule } from "../../support/static-module.ts";
import { throwingProgram, thrownByLine } from "../../support/throwing-program.ts";

const app = staticModule(compileProgram(throwingProgram), null);

function run(bytes: Uint8Array, options: InstrumentOptions, attaches = true) {
  const { bytes: instrumented, imports, attach, report } = instrument(bytes, options);
  const wasi = new WASI({ version: "preview1" });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(instrumented as BufferSource), {
    wasi_snapshot_preview1: wasi.wasiImport as WebAssembly.ModuleImports,
    ...imports,
  });
  if (attaches) attach(instance);
  wasi.start(instance);
  return report(instance);
}

describe("a module with its engine in it, in a WASI of somebody else", () => {
  const scripts = [
    ...["js-exceptions", "js-coverage", "js-call-graph", "js-builtins", "js-properties", "js-allocations"],
    ...["js-fuel", "js-branches"],
  ];

  test.each(scripts)("reports what a run under the monitor does: %s", async (script) => {
    const expected = await monitor(await open(app, { name: "app.wasm" }), { script });
    expect(run(app, { script })).toEqual(expected.report);
  });

  test("with the script beside it, too", () => {
    const script = "js-exceptions";
    const report = run(app, { script, target: "module", selfContained: false });
    expect(report).toEqual(run(app, { script }));
  });

  test("hears nothing before it is attached, and says so", () => {
    expect(() => run(app, { script: "js-exceptions" }, false)).toThrow(/hear nothing of this instance/);
    const { bytes, imports, report } = instrument(app, { script: "js-exceptions" });
    const wasi = new WASI({ version: "preview1" }).wasiImport as WebAssembly.ModuleImports;
    const idle = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), {
      ...{ wasi_snapshot_preview1: wasi, ...imports },
    });
    expect(() => report(idle)).toThrow(/hear nothing of this instance/);
  });
});

describe("what has no host that hears of JavaScript", () => {
  const script = "js:func:entry { report var n: u32; n++; }";

  test("is refused, with the way", () => {
    for (const options of [{ selfContained: true }, { selfContained: true, target: "module" }] as const)
      expect(() => instrument(app, { script, ...options })).toThrow(/rules of js: need a host/);
    expect(() => instrument(app, { script, reportTo: "stderr" })).toThrow(/self-contained/);
  });

  test("is a module without the engine", () => {
    const dynamic = readFileSync(inRoot("fixtures/engines/ng21/app.wasm"));
    expect(() => instrument(dynamic, { script })).toThrow(/this one imports it/);
    expect(() => instrument(readFileSync(inRoot("fixtures/wasm/words.wasm")), { script })).toThrow(
      /no QuickJS interpreter/,
    );
  });
});

test("the plugin is instrumented where the program is a module beside it", () => {
  const { bytes, imports, attach, report } = instrument(plugin.bytes, { script: "js-exceptions" });
  const wasi = new WASI({ version: "preview1" });
  const host = { wasi_snapshot_preview1: wasi.wasiImport as WebAssembly.ModuleImports };
  const engine = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), {
    ...host,
    ...imports,
  });
  attach(engine);
  wasi.initialize({ exports: { memory: engine.exports["memory"]! } } as WebAssembly.Instance);
  const call = engine.exports["invoke"] as (...args: number[]) => void;
  const payload = compileProgram(throwingProgram);
  const allocate = engine.exports["cabi_realloc"] as (...args: number[]) => number;
  const at = allocate(0, 0, 1, payload.length);
  new Uint8Array((engine.exports["memory"] as WebAssembly.Memory).buffer).set(payload, at);
  call(at, payload.length, 0, 0, 0);
  const { rows } = report(engine);
  const places = rows.filter(({ variable }) => variable === "thrown");
  expect(places.reduce((sum, { value }) => sum + Number(value), 0)).toBe(
    Object.values(thrownByLine).reduce((sum, n) => sum + n, 0),
  );
  expect(new Set(places.map(({ place }) => place!.source!.file))).toEqual(new Set(["function.mjs"]));
});

describe.each([
  "quickjs-wasmfile-release-sync",
  "quickjs-wasmfile-debug-sync",
  "quickjs-ng-wasmfile-release-sync",
  "quickjs-ng-wasmfile-debug-sync",
])("%s, in its own loader", (name) => {
  test("tells each exception once", async () => {
    const given = readFileSync(inRoot(`node_modules/@jitl/${name}/dist/emscripten-module.wasm`));
    const { bytes, imports, attach, report } = instrument(given, {
      script: `report var thrown: map<(u32, str), u32>; report var calls: map<str, u32>;
        js:throw { thrown[(line, class)]++; } js:func:entry / fname == "thrower" / { calls[fname]++; }`,
    });
    let instance: WebAssembly.Instance | undefined;
    const { default: variant } = await import(`@jitl/${name}`);
    const quickjs = await newQuickJSWASMModuleFromVariant(
      newVariant(variant, {
        emscriptenModule: {
          instantiateWasm(own: WebAssembly.Imports, received: (instance: WebAssembly.Instance) => void) {
            instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), {
              ...own,
              ...imports,
            });
            attach(instance);
            received(instance);
            return instance.exports;
          },
        },
      }),
    );
    const context = quickjs.newContext();
    context.unwrapResult(context.evalCode(throwingProgram, "app.js")).dispose();
    context.runtime.executePendingJobs();
    const { rows } = report(instance!);
    const map = (variable: string) => (rows.find((row) => row.variable === variable)!.value as ReportMap).map;
    expect(
      Object.fromEntries(map("thrown").map(([key, value]) => [String(key).replaceAll(",", " "), value])),
    ).toEqual(thrownByLine);
    expect(map("calls")).toEqual([["thrower", 3]]);
  });
});
