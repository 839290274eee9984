/** Exports with a meaning of their own: what starts a program, and what a module wants called before anything else. */

/** A command's entry (WASI). */
export const commandExport = "_start";

/** A reactor's own set-up (WASI). */
export const reactorExport = "_initialize";

/** Set-up functions of toolchains: called by hosts and linkers, not to be run as programs. */
const setUp = /^(_initialize|initialize[-_]runtime|__wasm_call_ctors|wizer\..*)$/;

export function isSetUp(name: string): boolean {
  return setUp.test(name);
}
