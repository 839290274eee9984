/**
 * What profiling costs. For a fixed set of programs, in one process and in turn: the plain pair of modules, the pair
 * metered only, metered with limit checks, and fully profiled (call tree, events). Ratios are of medians, warm, of
 * the time inside the guest. Then: from command to written profile, and the speed of rewriting.
 * `npm run bench`; needs dist/ (built by it). Figures are ratios because machines differ and are noisy.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { modelNamed } from "../dist/fuel/models.js";
import { readEmbeddedPlugin } from "../dist/javy/embedded.js";
import { linkDynamic } from "../dist/javy/link.js";
import { instrumentApp, instrumentEngine, locate, nativeFrames } from "../dist/profiler/prepare.js";
import { compileJob, readPlugin } from "../dist/program/app.js";
import { compileGuest } from "../dist/run/compile-guest.js";
import { runGuest } from "../dist/run/guest.js";
import { Control } from "../dist/run/job.js";
import { decodeModule } from "../dist/wasm/decode.js";
import { programs } from "./programs.js";

const rounds = Number(process.env.ROUNDS ?? 9);
const warmup = Number(process.env.WARMUP ?? 4);
const embedded = readEmbeddedPlugin();
const plugin = readPlugin(embedded.bytes, embedded.sha256);
const model = modelNamed("wasmtime-50");
const median = (/** @type {readonly number[]} */ values) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const wasm = (/** @type {Uint8Array} */ bytes) => new WebAssembly.Module(/** @type {BufferSource} */ (bytes));

const located = locate(plugin, undefined);
/** @typedef {import("../dist/profiler/prepare.js").InstrumentOptions & { totalsOnly?: boolean }} Options */
/** @type {Options} */
const base = { model, mode: "run", checks: true, native: null };
/** @type {Readonly<Record<string, Options | null>>} */
const variants = {
  plain: null,
  "metered, no checks": { ...base, checks: false, totalsOnly: true },
  "totals only": { ...base, totalsOnly: true },
  profiled: base,
  "frames of builtins": { ...base, native: nativeFrames(located, "named") },
  "frames engine": { ...base, native: nativeFrames(located, "all") },
};

const plugins = Object.fromEntries(
  Object.entries(variants).map(([name, options]) => [
    name,
    wasm(options ? instrumentEngine(located, options) : plugin.bytes),
  ]),
);

const columns = Object.keys(variants).filter((name) => name !== "plain");
console.log(`warm ratio to the plain run, median of ${rounds} rounds in turn\n`);
console.log(
  [
    "program".padEnd(14),
    "fuel".padStart(12),
    "plain ms".padStart(9),
    ...columns.map((name) => name.padStart(19)),
    "collector".padStart(11),
  ].join(" "),
);
/** @type {Record<string, number[]>} */
const ratios = Object.fromEntries(columns.map((name) => [name, []]));

for (const { name, source, stdin } of programs) {
  const compiled = compileGuest(compileJob(plugin, source));
  if (compiled.kind === "failed") throw new Error(`${name}: ${compiled.message}`);
  const appBytes = linkDynamic(plugin, compiled.bytecode, source);
  const app = decodeModule(appBytes);
  const apps = Object.fromEntries(
    Object.entries(variants).map(([variant, options]) => [
      variant,
      wasm(options ? instrumentApp(app, options) : appBytes),
    ]),
  );
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(variants).map((variant) => [variant, []]));
  let fuel = 0n;
  let collector = 0;
  for (let round = -warmup; round < rounds; round++) {
    for (const [variant, options] of Object.entries(variants)) {
      const outcome = runGuest({
        kind: "run",
        plugin: { module: plugins[variant], namespace: plugin.namespace },
        app: apps[variant],
        export: "_start",
        control: new SharedArrayBuffer(Control.words * 4),
        host: { stdin, passThrough: false, args: [], realClock: false, seed: 42n },
        ...(options && {
          profile: {
            payload: compiled.bytecode,
            engines: ["ng26"],
            events: 2_000_000,
            natives: options.native,
            totalsOnly: options.totalsOnly ?? false,
            maxFuel: null,
            timeoutMs: null,
          },
        }),
      });
      if (outcome.end.kind !== "ok") throw new Error(`${name}: ${JSON.stringify(outcome.end)}`);
      if (round >= 0) times[variant].push(outcome.milliseconds);
      if (variant === "profiled") ({ fuel, collectorBytes: collector } = outcome);
    }
  }
  const cells = columns.map((variant) => {
    // Pair by pair, so that a machine that slows down slows both.
    const ratio = median(times[variant].map((time, i) => time / times.plain[i]));
    ratios[variant].push(ratio);
    return ratio.toFixed(2).padStart(19);
  });
  console.log(
    [
      name.padEnd(14),
      fuel.toLocaleString("en-US").padStart(12),
      median(times.plain).toFixed(1).padStart(9),
      ...cells,
      `${(collector / 1048576).toFixed(1)} MB`.padStart(11),
    ].join(" "),
  );
}
const geometric = (/** @type {readonly number[]} */ values) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
console.log(
  [
    "geometric mean".padEnd(14),
    "".padStart(12),
    "".padStart(9),
    ...columns.map((name) => geometric(ratios[name]).toFixed(2).padStart(19)),
  ].join(" "),
);

console.log("\nrewriting the embedded plugin, warm");
for (let i = 0; i < 12; i++) instrumentEngine(locate(plugin, undefined), base);
const { rewrite } = await import("../dist/probe/rewrite.js");
/** @type {import("../dist/probe/plan.js").Meter} */
const meter = { model, mode: "run", checks: true, globals: { kind: "define" } };
const time = (/** @type {() => unknown} */ run) =>
  median(
    Array.from({ length: rounds }, () => {
      const started = performance.now();
      run();
      return performance.now() - started;
    }),
  );
const rewriting = time(() => rewrite(plugin.module, { hooks: [], functions: new Map(), meter }));
const all = time(() => instrumentEngine(locate(plugin, undefined), base));
const decoding = time(() => decodeModule(plugin.bytes));
const megabytes = plugin.bytes.length / 1e6;
console.log(
  `  decode ${decoding.toFixed(1)} ms, rewrite ${rewriting.toFixed(1)} ms (${(megabytes / (rewriting / 1000)).toFixed(1)} MB/s), find dispatch and rewrite ${all.toFixed(1)} ms`,
);

console.log("\nfrom command to written profile, whole process");
const folder = mkdtempSync(join(tmpdir(), "javy-prof-bench-"));
const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
for (const { name, source, stdin } of [
  { name: "hello", source: 'console.log("hello");', stdin: new Uint8Array() },
  ...programs.filter(({ name }) => name === "cart"),
]) {
  writeFileSync(join(folder, `${name}.js`), source);
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    execFileSync(process.execPath, [cli, "run", `${name}.js`, "--quiet"], {
      cwd: folder,
      input: stdin,
      stdio: ["pipe", "pipe", "inherit"],
    });
    return performance.now() - started;
  });
  const bytes = readFileSync(join(folder, `${name}.speedscope.json`)).length;
  console.log(
    `  ${name.padEnd(8)} ${median(times).toFixed(0)} ms, profile of ${(bytes / 1024).toFixed(0)} KB`,
  );
}
rmSync(folder, { recursive: true });
console.log(`\nmemory of this process: ${(process.memoryUsage().rss / 1048576).toFixed(0)} MB`);
