/**
 * What monitors cost. In one process and in turn: a program as it is, and under monitors of the library, with what of
 * their cost is whose: a body without a report, a predicate that has to be asked, a map instead of a global. Ratios are
 * of the time inside the guest, warm, pair by pair, medians; then the time of each one's first run, which compiles.
 * `node bench/monitors.js [program …]`; needs dist/. Figures are ratios because machines differ and are noisy.
 */
import { readFileSync } from "node:fs";
import { execute, monitor, open } from "../dist/index.js";
import { quantile } from "./commands.js";
import { programs } from "./programs.js";

const rounds = Number(process.env.ROUNDS ?? 7);
const warmup = Number(process.env.WARMUP ?? 3);

const count = "report var n: u64; n++;";
/** By the name of the row: a monitor of the library, or a script. */
const scripts = {
  branches: "branches",
  "  br_if only": `wasm:opcode:br_if:before { report var taken: u64; report var total: u64; total++; if (arg0 != 0) { taken++; } }`,
  "  no predicate": `wasm:opcode:br_if:before { report var total: u64; total++; }`,
  "  as predicate": `wasm:opcode:br_if:before / arg0 != 0 / { ${count} }`,
  "  no report": `wasm:opcode:br_if:before { unshared var total: u64; total++; }`,
  "  empty body": "wasm:opcode:br_if:before { }",
  "call graph": "call-graph",
  "  direct, no map": `wasm:opcode:call:before { ${count} }`,
  coverage: "coverage",
  cache: "cache",
  "  no map": "wasm:opcode:*.load*|*.store*:before { report var n: u64; n = n + effective_addr as u64; }",
};
const jsScripts = {
  "js-call-graph": "js-call-graph",
  "  empty body, js": "js:func:entry { }",
  "js-coverage": "js-coverage",
  "js-fuel": "js-fuel",
  "js every opcode": `report var ops: u64; js:opcode:*:before { ops++; }`,
};

const words = new URL("../fixtures/wasm/", import.meta.url);
const all = [
  ...programs.map(({ name, source, stdin }) => ({
    ...{ name: `${name}.js`, bytes: new TextEncoder().encode(source), stdin, isJs: true },
  })),
  {
    ...{ name: "words.wasm", bytes: readFileSync(new URL("words.wasm", words)), isJs: false },
    stdin: readFileSync(new URL("words.txt", words)),
  },
];
const wanted = process.argv.slice(2);

for (const { name, bytes, stdin, isJs } of all) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const program = await open(bytes, { name });
  console.log(`\n${name}: warm ratio to the plain run, median of ${rounds} rounds in turn; first run in ms`);
  for (const [title, script] of Object.entries(isJs ? { ...scripts, ...jsScripts } : scripts)) {
    /** @type {number[]} */
    const ratios = [];
    let first = 0;
    for (let round = -warmup; round < rounds; round++) {
      const started = performance.now();
      const seen = await monitor(program, { script, input: stdin });
      if (round === -warmup) first = performance.now() - started;
      const plain = await execute(program, { input: stdin, frames: isJs ? "js" : "wasm" });
      if (seen.exit !== "ok" || plain.exit !== "ok") throw new Error(`${name}, ${title}: ${seen.exit}`);
      if (round >= 0) ratios.push(seen.milliseconds / plain.milliseconds);
    }
    console.log(
      `  ${title.padEnd(18)} ${quantile(ratios, 0.5).toFixed(2).padStart(7)} ${first.toFixed(0).padStart(8)} ms`,
    );
  }
}
