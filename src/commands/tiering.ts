/**
 * Keeps V8's optimising compiler off the guest, in the process of the command line only (a library does not change its
 * user's V8). The compiler takes 75 ms of CPU for QuickJS's interpreter function alone, the process cannot end before it
 * is done, and the programs that platforms meter end sooner. Measured as CPU of whole commands, this over V8's default:
 *
 *   fuel           Node 20   22     24     26
 *   10 million      0.64    0.71   0.88   0.80
 *   100 million     0.59    0.67   0.86   0.85
 *   1,000 million   0.73    0.92   1.05   0.93
 *   11,000 million  0.91    1.20   1.31   1.49
 *
 * Switching it on again while a long program runs changed nothing, nor did a larger budget (--wasm-tiering-budget) help
 * short ones. A flag that V8 does not know prints a line, so that majors that were not tried are left alone. All of them
 * know wasm-lazy-validation (base/v8-flags.ts).
 */
import { setFlagsFromString } from "node:v8";
import { changeFlags } from "../base/v8-flags.ts";

const measured = [20, 22, 24, 26];

/**
 * The profiler's own code is optimised later, too: a module with its engine in it is read and rewritten by seventy functions
 * that are hot for a few milliseconds each, and V8 takes half of a run's CPU for optimising them. CPU of `run` of a
 * static module of 1.4 MB, this over V8's default: 0.82 on Node 20, 0.89 on 22, 0.95 on 24.
 */
const later: Readonly<Record<number, string>> = {
  20: "--interrupt-budget=400000",
  22: "--invocation-count-for-turbofan=15000",
  24: "--invocation-count-for-turbofan=15000",
};

/** To be called before the first module is compiled. `node`: the version of Node.js, as in `20.19.0`. */
export function holdOptimiserBack(node: string): void {
  const major = Number.parseInt(node, 10);
  if (!measured.includes(major)) return;
  changeFlags(setFlagsFromString);
  // no function has that index: nothing is compiled a second time
  setFlagsFromString("--wasm-tier-up-filter=1000000");
  const flag = later[major];
  if (flag !== undefined) setFlagsFromString(flag);
}
