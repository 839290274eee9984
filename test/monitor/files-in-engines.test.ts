/**
 * Files that a monitor's code is part of, in engines that are not ours: every monitor of the library, and a script with
 * everything that the reporter prints. Headless Chromium (CHROMIUM_PATH, default /usr/bin/chromium) runs them with a few
 * lines of WASI in the page; wasmtime does where python3 (or PYTHON) has its wheel. What the files write themselves is
 * in test/monitor/files/, the same for both engines; what their exports hold is the report of a run in this V8.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Instrumented, instrument, type Report } from "../../src/index.ts";
import { countingProgram } from "../support/counting-program.ts";
import { expectGoldens } from "../support/golden.ts";
import { inRoot } from "../support/javy-prof.ts";

const everything = `use whamm_core;
report var maps: map<(u32, str), i64>; report var nested: map<u8, map<str, i8>>; report var floats: map<u32, f32>;
report var tuple: (u8, f64, bool) = (7, 0.1, true); report var text: str = "a\\"b,ü"; report var negative: i32 = -3;
report var tiny: f64 = 5e-324; report var big: u64 = 0xFFFFFFFFFFFFFFFF; report var zero: f32;
wasm:opcode:call:before {
  report var n: u32; n++; maps[(fid, "x,y")]--; maps[(fid, target_fn_name)]++; floats[n] = 1.5;
  var inner: map<str, i8> = nested[3]; inner["k"]--;
}
wasm:func:entry { report var read: str = "init"; read = read_str(APP_MEMID, 16, 4); }
wasm:end { whamm_core.puts(0, 0); whamm_core.putf64(-2.5); whamm_core.putf32(0.1); whamm_core.putc(10); whamm_core.putc(27); whamm_core.putc(10); }`;

const scripts = [
  ...readdirSync(inRoot("monitors"))
    // Those of js: need a host that knows the engine.
    .filter((file) => !file.startsWith("js-"))
    .map((file) => [file.replace(/\.mm$/, ""), undefined] as const),
  ["everything", everything] as const,
];

const made = (
  name: string,
  text: string | undefined,
  reportTo: "stderr" | "none",
  target: "rewrite" | "module" = "rewrite",
) => instrument(countingProgram, { script: text ?? name, reportTo, target, file: `${name}.mm` });

/** What a run in this V8 reports, with libraries as imports. */
function reportHere(name: string, text: string | undefined): Report {
  const { bytes, imports, attach, report } = instrument(countingProgram, {
    script: text ?? name,
    selfContained: false,
  });
  const wasi = { fd_write: () => 0, clock_time_get: () => 0, proc_exit: () => {} };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), {
    ...{ ...imports, wasi_snapshot_preview1: wasi },
  });
  attach(instance);
  try {
    (instance.exports["_start"] as () => void)();
  } catch (error) {
    if (name !== "no-clock") throw error;
  }
  return report(instance);
}

/** A page's run: what the program and its report wrote, and what the file's exports hold. */
interface PageRun {
  readonly stderr: string;
  readonly values: readonly string[];
  readonly kept: null | {
    readonly memory: string;
    readonly numbers: Readonly<Record<"strings" | "string_count" | "output" | "output_length", number>>;
  };
}

/** Runs in the page, with what it is given and nothing around it; `beside`: the script's module, or nothing. */
async function runInPage([file, count, ending, beside]: [
  string,
  number,
  readonly string[],
  string,
]): Promise<PageRun> {
  const decode = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  let stderr = "";
  let memory: WebAssembly.Memory | undefined;
  const wasi = {
    fd_write: (fd: number, vectors: number, length: number, wrote: number) => {
      const view = new DataView(memory!.buffer);
      let total = 0;
      for (let i = 0; i < length; i++) {
        const [at, size] = [view.getUint32(vectors + 8 * i, true), view.getUint32(vectors + 8 * i + 4, true)];
        if (fd === 2) stderr += new TextDecoder().decode(new Uint8Array(memory!.buffer, at, size));
        total += size;
      }
      view.setUint32(wrote, total, true);
      return 0;
    },
    clock_time_get: () => 0,
    proc_exit: () => {},
  };
  const monitor = beside === "" ? null : await WebAssembly.instantiate(decode(beside), {});
  const { instance } = await WebAssembly.instantiate(decode(file), {
    wasi_snapshot_preview1: wasi,
    javy_prof_monitor: (monitor?.instance.exports ?? {}) as WebAssembly.ModuleImports,
  });
  const exports = instance.exports as Record<string, unknown>;
  memory = exports["memory"] as WebAssembly.Memory;
  const call = (name: string, ...args: number[]) =>
    (exports[name] as (...args: number[]) => number | bigint)(...args);
  try {
    call("_start");
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  }
  for (const name of ending) call(name);
  const values = Array.from({ length: count }, (_, n) => String(call("javy_prof.monitor.value", n)));
  const own = exports["javy_prof.monitor.memory"] as WebAssembly.Memory | undefined;
  if (!own) return { stderr, values, kept: null };
  let text = "";
  for (const byte of new Uint8Array(own.buffer)) text += String.fromCharCode(byte);
  const global = (name: string) =>
    (exports[`javy_prof.monitor.${name}`] as WebAssembly.Global).value as number;
  const numbers = {
    ...{ strings: global("strings"), string_count: global("string_count") },
    ...{
      output: call("javy_prof.monitor.output") as number,
      output_length: call("javy_prof.monitor.output_length") as number,
    },
  };
  return { stderr, values, kept: { memory: btoa(text), numbers } };
}

/** An instance that holds what a page's did when it had ended. */
function instanceOf({ values, kept }: PageRun, ending: readonly string[]): WebAssembly.Instance {
  const exports: Record<string, unknown> = {
    "javy_prof.monitor.value": (n: number) => BigInt(values[n]!),
    ...Object.fromEntries(ending.map((name) => [name, () => {}])),
  };
  if (kept) {
    const bytes = Buffer.from(kept.memory, "base64");
    const memory = new WebAssembly.Memory({ initial: bytes.length / 65536 });
    new Uint8Array(memory.buffer).set(bytes);
    const { strings, string_count, output, output_length } = kept.numbers;
    const own: Record<string, unknown> = { memory, output: () => output, output_length: () => output_length };
    own["strings"] = new WebAssembly.Global({ value: "i32" }, strings);
    own["string_count"] = new WebAssembly.Global({ value: "i32" }, string_count);
    for (const [name, one] of Object.entries(own)) exports[`javy_prof.monitor.${name}`] = one;
  }
  return { exports } as unknown as WebAssembly.Instance;
}

function described({ bytes }: Instrumented): { rows: { first: number }[]; ending: string[] } {
  const module = new TextDecoder("latin1").decode(bytes);
  const from = module.lastIndexOf('{"schemaVersion":1,"monitor"');
  return JSON.parse(Buffer.from(bytes.subarray(from)).toString());
}

const browserPath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

describe.skipIf(!existsSync(browserPath))("in Chromium", () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
    page = await browser.newPage();
  });
  afterAll(() => browser?.close());
  const runFile = ({ bytes, monitor }: Instrumented, count: number, ending: readonly string[]) => {
    const [file, beside] = [bytes, monitor ?? []].map((part) => Buffer.from(part).toString("base64"));
    return page.evaluate(runInPage, [file!, count, [...ending], beside!] as [
      string,
      number,
      string[],
      string,
    ]);
  };

  test.each(scripts)("the exports of %s hold the report of a run here", async (name, text) => {
    const file = made(name, text, "none");
    const { ending } = described(file);
    const expected = reportHere(name, text);
    const parts = valueParts(expected);
    const ran = await runFile(file, parts, ending);
    expect(ran.stderr).toBe("");
    expect(file.report(instanceOf(ran, ending))).toEqual(expected);
  });

  test.each(["rewrite", "module"] as const)("files write their report themselves: %s", async (target) => {
    const written: Record<string, string> = {};
    for (const [name, text] of scripts)
      written[`${name}.csv`] = (await runFile(made(name, text, "stderr", target), 0, [])).stderr;
    expectGoldens(new URL("files/", import.meta.url), written);
  });
});

/** How many values a report's rows are made of. */
function valueParts({ rows }: Report): number {
  const parts = (value: unknown): number =>
    Array.isArray(value) ? value.reduce((sum: number, item) => sum + parts(item), 0) : 1;
  return rows.reduce((sum, { value }) => sum + parts(value), 0);
}

const python = process.env["PYTHON"] ?? "python3";
const hasWasmtime = spawnSync(python, ["-c", "import wasmtime"]).status === 0;

const runner = `
import sys, wasmtime as w
engine = w.Engine()
for path in sys.argv[2:]:
    store = w.Store(engine)
    config = w.WasiConfig()
    config.stderr_file = path + ".stderr"
    store.set_wasi(config)
    linker = w.Linker(engine)
    linker.define_wasi()
    if sys.argv[1] == "module":
        beside = linker.instantiate(store, w.Module.from_file(engine, path + ".monitor"))
        linker.define_instance(store, "javy_prof_monitor", beside)
    instance = linker.instantiate(store, w.Module.from_file(engine, path))
    try:
        instance.exports(store)["_start"](store)
    except w.Trap:
        pass
`;

describe.skipIf(!hasWasmtime)("in wasmtime, files write their report themselves", () => {
  test.each(["rewrite", "module"] as const)("%s", (target) => {
    const folder = mkdtempSync(join(tmpdir(), "javy-prof-wasmtime-"));
    try {
      for (const [name, text] of scripts) {
        const { bytes, monitor } = made(name, text, "stderr", target);
        writeFileSync(join(folder, name), bytes);
        if (monitor) writeFileSync(join(folder, `${name}.monitor`), monitor);
      }
      execFileSync(python, ["-c", runner, target, ...scripts.map(([name]) => join(folder, name))]);

      const written = scripts.map(([name]) => [
        `${name}.csv`,
        readFileSync(join(folder, `${name}.stderr`), "utf8"),
      ]);
      expectGoldens(new URL("files/", import.meta.url), Object.fromEntries(written));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const pairRunner = `
import json, sys, wasmtime as w
program, monitor, places = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
engine = w.Engine()
store = w.Store(engine)
store.set_wasi(w.WasiConfig())
linker = w.Linker(engine)
linker.define_wasi()
beside = linker.instantiate(store, w.Module.from_file(engine, monitor))
linker.define_instance(store, "javy_prof_monitor", beside)
exports = linker.instantiate(store, w.Module.from_file(engine, program)).exports(store)
exports["_start"](store)
memory = beside.exports(store)["javy_prof.monitor.memory"].read(store)
found = []
for first, offset in places:
    at = exports["javy_prof.monitor.value"](store, first) + offset
    found.append(int.from_bytes(memory[at:at + 8], "little"))
print(json.dumps(found))
`;

test.skipIf(!hasWasmtime)("in wasmtime, a program runs beside its monitor, which has the report", () => {
  const file = instrument(countingProgram, { script: "blocks", target: "module" });
  const { rows } = described(file) as unknown as { rows: { variable: string; first: number }[] };
  const { state } = described({ ...file, bytes: file.monitor! }) as unknown as {
    state: Record<string, { variable: string; offset: number }[]>;
  };
  const places = rows.flatMap(({ variable, first }) => state[variable]!.map(({ offset }) => [first, offset]));
  const folder = mkdtempSync(join(tmpdir(), "javy-prof-wasmtime-"));
  try {
    const paths = ["app.wasm", "app.monitor.wasm"].map((name) => join(folder, name));
    writeFileSync(paths[0]!, file.bytes);
    writeFileSync(paths[1]!, file.monitor!);
    const printed = execFileSync(python, ["-c", pairRunner, ...paths, JSON.stringify(places)], {
      encoding: "utf8",
    });
    const expected = reportHere("blocks", undefined).rows.map(({ value }) => Number(value));
    expect(expected.some((value) => value > 0)).toBe(true);
    expect(JSON.parse(printed)).toEqual(expected);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
