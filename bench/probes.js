/**
 * What probes that are functions cost. In one process and in turn: a module as it is, and with probes at each of its br_if,
 * or at every instruction. Ratios are of the time inside the guest, warm, pair by pair, medians.
 * `node bench/probes.js [row …]`, REPEAT=100 for so much more text, `node --no-liftoff` for optimised code; needs dist/. Figures are ratios because machines differ and are noisy.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { WASI } from "node:wasi";
import {
  attachable,
  countProbe,
  frameProbe,
  instructionsOf,
  instrument,
  operandProbe,
} from "../dist/index.js";
import { quantile } from "./commands.js";

const rounds = Number(process.env.ROUNDS ?? 7);
const warmup = Number(process.env.WARMUP ?? 3);

const words = new URL("../fixtures/wasm/", import.meta.url);
const app = readFileSync(new URL("words.wasm", words));
const branches = instructionsOf(app, ({ name, reachable }) => name === "br_if" && reachable);
const folder = mkdtempSync(join(tmpdir(), "javy-prof-bench-"));
const text = join(folder, "words.txt");
writeFileSync(
  text,
  readFileSync(new URL("words.txt", words), "utf8").repeat(Number(process.env.REPEAT ?? 1)),
);
let seen = 0;
const take = (/** @type {number} */ value) => {
  seen += value;
};

/** @type {Readonly<Record<string, readonly import("../dist/index.js").Probe[]>>} */
const rows = {
  count: [countProbe(branches)],
  "operand, to a function": [operandProbe(branches, take)],
  "frame, nothing read": [frameProbe(branches, [], () => take(1))],
  "frame, depth": [frameProbe(branches, ["depth"], ({ depth }) => take(depth))],
  "frame, locals": [frameProbe(branches, ["locals"], ({ locals }) => take(locals.length))],
  "frame, all of it": [
    frameProbe(branches, ["locals", "operands", "depth", "callers"], ({ callers }) => take(callers.length)),
  ],
  "shadow stack, never fires": [
    attachable(
      frameProbe({ entry: "all" }, ["callers"], () => {}),
      false,
    ),
  ],
  "count, detached": [attachable(countProbe(branches), false)],
  "operand, detached": [attachable(operandProbe(branches, take), false)],
  "frame, detached": [
    attachable(
      frameProbe(branches, ["locals"], () => take(1)),
      false,
    ),
  ],
  "count, every instruction": [countProbe("every instruction")],
  "count, every one, detached": [attachable(countProbe("every instruction"), false)],
  "none declared": [],
};

/** Time inside the guest, in milliseconds. */
function run(/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) {
  const stdin = openSync(text, "r");
  const stdout = openSync(devNull, "w");
  const wasi = new WASI({ version: "preview1", stdin, stdout });
  const instance = new WebAssembly.Instance(module, { ...wasi.getImportObject(), ...imports });
  const started = performance.now();
  wasi.start(instance);
  const milliseconds = performance.now() - started;
  closeSync(stdin);
  closeSync(stdout);
  return milliseconds;
}

const plain = new WebAssembly.Module(app);
console.log(
  `words.wasm, ${branches.length} br_if: ratio to the plain run, warm, median of ${rounds} rounds in turn`,
);
const wanted = process.argv.slice(2);
for (const [title, probes] of Object.entries(rows)) {
  if (wanted.length > 0 && !wanted.some((one) => title.includes(one))) continue;
  const { bytes, imports } = instrument(app, { probes });
  const module = new WebAssembly.Module(/** @type {BufferSource} */ (bytes));
  /** @type {number[]} */
  const ratios = [];
  for (let round = -warmup; round < rounds; round++) {
    const ratio = run(module, imports) / run(plain, {});
    if (round >= 0) ratios.push(ratio);
  }
  console.log(
    `  ${title.padEnd(28)} ${quantile(ratios, 0.5).toFixed(2).padStart(7)} ${bytes.length - app.length} bytes`,
  );
}
rmSync(folder, { recursive: true });
if (seen === 0 && wanted.length === 0) throw new Error("no probe fired");
