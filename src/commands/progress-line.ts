/** How far a run is, on a terminal. */
import { grouped } from "../base/numbers.ts";
import type { CommandIo } from "./io.ts";
import type { RunFlags } from "./run-flags.ts";

/** A line on the terminal that says how far the guest is, from the first second on. */
export function progressLine(
  io: CommandIo,
  flags: RunFlags,
): { show: (millions: number) => void; clear: () => void } | null {
  if (!io.isTerminal || flags.quiet || flags.json) return null;
  const started = Date.now();
  let shown = false;
  return {
    show: (millions) => {
      if (Date.now() - started < 1000) return;
      shown = true;
      io.stderr(`\r${grouped(millions)} M fuel …`);
    },
    clear: () => {
      if (shown) io.stderr(`\r${" ".repeat(30)}\r`);
    },
  };
}
