/** The exit code of each way that a command ends, for cli.ts, and what each means, for the help. */
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

export const exitWords: Readonly<Record<Ending, string>> = {
  ok: "ran; every check passed",
  check: "a limit was exceeded, or a check failed",
  usage: "usage or syntax error, or a check that measured nothing",
  guest: "the guest failed",
  unsupported: "the module is not supported",
  internal: "a self-check failed",
  interrupted: "interrupted; or nobody reads the guest's output any more",
};
