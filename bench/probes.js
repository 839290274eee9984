/**
 * What probes that are functions cost. In one process and in turn: a module as it is, and with probes at each of its br_if,
 * or at every instruction. Ratios are of the time inside the guest, warm, pair by pair, medians.
 * `node bench/probes.js [row …]`, REPEAT=100 for so much more text, `node --no-liftoff` for optimised code; needs dist/. Figures are ratios because machines differ and are noisy.
 */
import { readFileSync } from "node:fs";
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
const text = Buffer.from(
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

/**
 * Time inside the guest, in milliseconds. What it needs of WASI is here: node:wasi crashes Node 20 when it has been made
 * some hundred times.
 */
function run(/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) {
  let at = 0;
  const memory = () => /** @type {WebAssembly.Memory} */ (instance.exports.memory).buffer;
  /** Sums up what `one` gives for each buffer, and writes it down. */
  const each = (
    /** @type {number} */ vectors,
    /** @type {number} */ count,
    /** @type {number} */ total,
    /** @type {(from: number, length: number) => number} */ one,
  ) => {
    const view = new DataView(memory());
    let sum = 0;
    for (let i = vectors; i < vectors + 8 * count; i += 8)
      sum += one(view.getUint32(i, true), view.getUint32(i + 4, true));
    view.setUint32(total, sum, true);
    return 0;
  };
  const wasi = {
    fd_write: (
      /** @type {number} */ _,
      /** @type {number} */ v,
      /** @type {number} */ n,
      /** @type {number} */ total,
    ) => each(v, n, total, (_, length) => length),
    fd_read: (
      /** @type {number} */ _,
      /** @type {number} */ v,
      /** @type {number} */ n,
      /** @type {number} */ total,
    ) =>
      each(v, n, total, (from, length) => {
        const piece = text.subarray(at, at + length);
        new Uint8Array(memory()).set(piece, from);
        at += piece.length;
        return piece.length;
      }),
    environ_sizes_get: (/** @type {number} */ count, /** @type {number} */ size) => {
      const view = new DataView(memory());
      view.setUint32(count, 0, true);
      view.setUint32(size, 0, true);
      return 0;
    },
    environ_get: () => 0,
    proc_exit: () => {
      throw new Error("the program failed");
    },
  };
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi, ...imports });
  const started = performance.now();
  /** @type {() => void} */ (instance.exports._start)();
  return performance.now() - started;
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
if (seen === 0 && wanted.length === 0) throw new Error("no probe fired");
