/** Instances of guests: modules compiled where they are not yet, and what a module wants run when it is instantiated. */
import { named, unsupported } from "../base/diagnostics.ts";
import { commandExport, reactorExport } from "../javy/startup-exports.ts";
import { meterNames } from "../probe/plan.ts";

export function compiled(module: Uint8Array | WebAssembly.Module): WebAssembly.Module {
  return module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module as BufferSource);
}

/** V8's words where one of its limits is the reason, and not that the module is wrong. */
const pastLimit = /local count too large|size \d+ > maximum .* size \d+|exceeds internal limit.*/;

/**
 * Compiles a module that was instrumented; `name`: the program's. @throws Diagnostic (unsupported) where what counting adds
 * takes the module past a limit of V8.
 */
export function compiledInstrumented(name: string, module: Uint8Array): WebAssembly.Module {
  try {
    return compiled(module);
  } catch (error) {
    const [limit] = pastLimit.exec((error as Error).message) ?? [];
    if (!(error instanceof WebAssembly.CompileError) || limit === undefined) throw error;
    return named(name, () => {
      throw unsupported(
        "with counters in it, a function of the module is more than V8 takes",
        `V8: ${limit}`,
        "it takes 50,000 locals and 7,654,321 bytes a function: make the largest functions smaller",
      );
    });
  }
}

/** What a module wants run at its instantiation: a start function that was put off, and a reactor's `_initialize`. */
export function initialisers(names: readonly string[]): string[] {
  const wanted = names.includes(commandExport) ? [meterNames.start] : [meterNames.start, reactorExport];
  return wanted.filter((name) => names.includes(name));
}

/** Runs a start function that was put off until the instance was there. */
export function runStart({ exports }: WebAssembly.Instance): void {
  callExport(exports, meterNames.start);
}

/** Runs what `initialisers` names, but for `entry`. */
export function initialise({ exports }: WebAssembly.Instance, entry?: string): void {
  for (const name of initialisers(Object.keys(exports))) if (name !== entry) callExport(exports, name);
}

function callExport(exports: WebAssembly.Exports, name: string): void {
  const call = exports[name];
  if (typeof call === "function") (call as () => void)();
}
