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
 * short ones. A flag that V8 does not know prints a line, so that majors that were not tried are left alone.
 */
import { setFlagsFromString } from "node:v8";

const measured = [20, 22, 24, 26];

/** To be called before the first module is compiled. `node`: the version of Node.js, as in `20.19.0`. */
export function keepGuestsUnoptimised(node: string): void {
  // no function has that index: nothing is compiled a second time
  if (measured.includes(Number.parseInt(node, 10))) setFlagsFromString("--wasm-tier-up-filter=1000000");
}
