/** How far a run is, on a terminal. */
import { grouped } from "../base/numbers.ts";
import type { CommandIo } from "./io.ts";
import type { RunFlags } from "./run-flags.ts";

/** Takes the line away. */
const clear = `\r${" ".repeat(30)}\r`;

/**
 * A line on the terminal that says how far the guest is, from the first second on, for `profile`: it is drawn where nothing
 * else stands, and the guest's thread takes it away before the guest's own text.
 */
export function progressLine(
  io: CommandIo,
  flags: RunFlags,
): { readonly progress: (millions: number) => boolean; readonly clearProgress: string } | null {
  if (!io.isTerminal || flags.quiet || flags.json) return null;
  const started = Date.now();
  return {
    progress: (millions) => {
      if (Date.now() - started < 1000) return false;
      io.stderr(`\r${grouped(millions)} M fuel …`);
      return true;
    },
    clearProgress: clear,
  };
}
