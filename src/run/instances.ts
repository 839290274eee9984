/** Instances of guests: modules compiled where they are not yet, and what a module wants run when it is instantiated. */
import { commandExport, reactorExport } from "../javy/startup-exports.ts";
import { meterNames } from "../probe/plan.ts";

export function compiled(module: Uint8Array | WebAssembly.Module): WebAssembly.Module {
  return module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module as BufferSource);
}

/** What a module wants run at its instantiation: a start function that was put off, and a reactor's `_initialize`. */
export function initialisers(names: readonly string[]): string[] {
  const wanted = names.includes(commandExport) ? [meterNames.start] : [meterNames.start, reactorExport];
  return wanted.filter((name) => names.includes(name));
}

export function initialise({ exports }: WebAssembly.Instance, entry?: string): void {
  for (const name of initialisers(Object.keys(exports))) {
    const call = exports[name];
    if (name !== entry && typeof call === "function") (call as () => void)();
  }
}
