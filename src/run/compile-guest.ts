/** JavaScript to bytecode, by a plugin of any generation. */
import { internalError, unsupported } from "../base/diagnostics.ts";
import { Finality } from "../host/finality.ts";
import { withStubs } from "../host/missing-imports.ts";
import { hostOptions } from "../host/streams.ts";
import { Wasi, wasiModule } from "../host/wasi.ts";
import type { CompileJob, CompileOutcome } from "../javy/compile.ts";
import { meterNames } from "../probe/plan.ts";
import { isEnd, withoutApi } from "./ends.ts";
import { compiled, initialise } from "./instances.ts";

/** Compiles JavaScript to QuickJS bytecode with the plugin, in an instance of its own. */
export function compileGuest({ plugin, source, abi, stack, room = 0 }: CompileJob): CompileOutcome {
  const written: Uint8Array[] = [];
  const wasi = new Wasi(
    hostOptions(
      { stdin: new Uint8Array(), passThrough: false, args: [], realClock: false, seed: 42n },
      (fd, bytes) => void (fd === 2 && written.push(bytes.slice())),
      () => {},
    ),
  );
  const finality = new Finality();
  const module = compiled(plugin);
  let exports: WebAssembly.Exports;
  let memory: WebAssembly.Memory;
  try {
    const given = {
      [wasiModule]: finality.all(wasi.functions) as WebAssembly.ModuleImports,
      [meterNames.module]: deafHooks(module),
    };
    const instance = new WebAssembly.Instance(module, withStubs(module, given, finality.final));
    exports = instance.exports;
    memory = exports["memory"] as WebAssembly.Memory;
    wasi.memory = memory;
    initialise(instance);
  } catch (thrown) {
    const error = finality.reasonOf(thrown);
    if (!isEnd(error) && !(error instanceof WebAssembly.LinkError)) throw error;
    throw unsupported(
      `the plugin does not start: ${withoutApi((error as Error).message)}`,
      "it is damaged, or not made for WASI: give another with --plugin <file>",
    );
  }
  const realloc = exports[abi.realloc] as (...args: number[]) => number;
  const compile = exports[abi.name] as (at: number, length: number) => number;
  try {
    let at = realloc(0, 0, 1, Math.max(source.length, room));
    if (room > source.length) at = realloc(at, room, 1, source.length);
    new Uint8Array(memory.buffer, at, source.length).set(source);
    const view = () => new DataView(memory.buffer);
    const result = compile(at, source.length);
    // older plugins have no status: they trap on an error, with its text on stderr
    const fields = Array.from({ length: abi.words }, (_, i) => view().getUint32(result + 4 * i, true));
    const [failed, pointer, length] = (abi.words === 3 ? fields : [0, ...fields]) as [number, number, number];
    const bytes = new Uint8Array(memory.buffer, pointer, length).slice();
    return failed === 0
      ? {
          kind: "bytecode",
          bytecode: bytes,
          ...(stack !== undefined && { stack: stackUsed(memory, stack) }),
        }
      : { kind: "failed", message: new TextDecoder().decode(bytes).trim(), trapped: false };
  } catch (thrown) {
    const error = finality.reasonOf(thrown);
    if (isEnd(error)) {
      const said = new TextDecoder().decode(Buffer.concat(written)).trim();
      return {
        kind: "failed",
        message:
          said || `the compiler failed: ${(error as Error).message} (is the source nested too deeply?)`,
        trapped: true,
      };
    }
    throw internalError(`compiling failed: ${String(error)}`);
  }
}

/** Bytes between the end of the stack, which grows down, and the lowest that was written. */
function stackUsed({ buffer }: WebAssembly.Memory, stack: number): number {
  const lowest = new Uint8Array(buffer, 0, stack).findIndex((byte) => byte !== 0);
  return lowest < 0 ? 0 : stack - lowest;
}

/** What an instrumented plugin imports to be heard, for one that nobody listens to. */
function deafHooks(module: WebAssembly.Module): WebAssembly.ModuleImports {
  const hooks = WebAssembly.Module.imports(module).filter(({ module: from }) => from === meterNames.module);
  return Object.fromEntries(hooks.map(({ name }) => [name, () => {}]));
}
