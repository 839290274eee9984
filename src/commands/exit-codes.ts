/** The exit code of each way that a command ends, for cli.ts. */
import type { Ending } from "../base/diagnostics.ts";

export const exitCodes: Readonly<Record<Ending, number>> = {
  ok: 0,
  check: 1,
  usage: 2,
  guest: 3,
  unsupported: 4,
  internal: 5,
  interrupted: 130,
};
