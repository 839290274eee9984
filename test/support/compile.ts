/** Compiles and runs JavaScript with the embedded plugin, through node:wasi: what the tests here check against. */
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";
import { compileGuest } from "../../src/run/compile-guest.ts";

const plugin = new WebAssembly.Module(readFileSync(new URL("../../plugin/plugin.wasm", import.meta.url)));

let positions: WebAssembly.Module | undefined;

interface PluginExports {
  readonly memory: WebAssembly.Memory;
  readonly cabi_realloc: (old: number, oldSize: number, align: number, size: number) => number;
  readonly "compile-src": (source: number, length: number) => number;
  readonly invoke: (code: number, length: number, hasName: number, name: number, nameLength: number) => void;
}

/**
 * An instance of the engine; `onWrite` is called inside each write of the guest, with its text. `module` may be
 * an instrumented engine, which imports `probes` from "test".
 */
export class Engine {
  readonly exports: PluginExports;

  constructor(
    onWrite: (text: string, fd: number, engine: Engine) => void = () => {},
    module = plugin,
    probes: Readonly<Record<string, (...args: never[]) => void>> = {},
  ) {
    const wasi = new WASI({ version: "preview1" });
    const imports = { ...wasi.wasiImport } as Record<string, (...args: number[]) => number>;
    imports["fd_write"] = (fd = 0, iovs = 0, count = 0, written = 0) => {
      const view = new DataView(this.exports.memory.buffer);
      let text = "";
      let total = 0;
      for (let i = 0; i < count; i++) {
        const at = view.getUint32(iovs + 8 * i, true);
        const length = view.getUint32(iovs + 8 * i + 4, true);
        text += Buffer.from(this.bytes.subarray(at, at + length)).toString();
        total += length;
      }
      view.setUint32(written, total, true);
      onWrite(text, fd, this);
      return 0;
    };
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports, test: probes });
    this.exports = instance.exports as unknown as PluginExports;
    wasi.initialize(instance);
  }

  /** The guest's memory as it is now. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer);
  }

  #place(bytes: Uint8Array): number {
    const at = this.exports.cabi_realloc(0, 0, 1, bytes.length);
    this.bytes.set(bytes, at);
    return at;
  }

  compile(source: string): Uint8Array {
    const bytes = new TextEncoder().encode(source);
    const result = this.exports["compile-src"](this.#place(bytes), bytes.length);
    const view = new DataView(this.exports.memory.buffer);
    const [status, at, length] = [0, 4, 8].map((offset) => view.getUint32(result + offset, true));
    const found = this.bytes.slice(at, at! + length!);
    if (status !== 0) throw new Error(Buffer.from(found).toString());
    return found;
  }

  run(bytecode: Uint8Array): void {
    this.exports.invoke(this.#place(bytecode), bytecode.length, 0, 0, 0);
  }
}

/** The serialized form of an ES module. */
export function compile(source: string): Uint8Array {
  return new Engine().compile(source);
}

/** The same by the compiler of positions. */
export function compileWithPositions(source: string): Uint8Array {
  positions ??= new WebAssembly.Module(readFileSync(new URL("../../plugin/positions.wasm", import.meta.url)));
  const abi = { realloc: "cabi_realloc", name: "compile-src", words: 3 } as const;
  const outcome = compileGuest({
    kind: "compile",
    plugin: positions,
    abi,
    source: new TextEncoder().encode(source),
  });
  if (outcome.kind === "failed") throw new Error("the source does not compile");
  return outcome.bytecode;
}

/** What the guest wrote while it ran `source`; an uncaught exception traps after writing. */
export function run(source: string): { output: string; trapped: boolean } {
  let output = "";
  const engine = new Engine((text) => {
    output += text;
  });
  try {
    engine.run(compile(source));
    return { output, trapped: false };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return { output, trapped: true };
    throw error;
  }
}
