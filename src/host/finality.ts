/**
 * Makes what a host throws final. A guest's `catch_all` catches every JavaScript exception, so a guest could go on after
 * `proc_exit`, a fault or a stop, which no engine lets it do. It does not catch a trap: so what a host function throws is
 * kept, and a trap is made in its place, by a module that holds one `unreachable`. V8 marks a trap's error as one that
 * WebAssembly cannot catch, and the mark stays on it when JavaScript passes it on (tried on Node.js 20, 22, 24 and 26).
 * An exhausted stack has that mark by itself, wherever it was exhausted.
 */
import { encodeSections, entry, writeFuncType } from "../wasm/encode.ts";
import { SectionId } from "../wasm/types.ts";
import { GuestExit, GuestFault } from "./wasi.ts";

// biome-ignore lint/suspicious/noExplicitAny: a function of any parameters, given back as it came
type AnyFunction = (...args: any[]) => unknown;

export class Finality {
  /** What was thrown, by the trap that stands for it. */
  readonly #reasons = new WeakMap<object, unknown>();
  #overruling: { readonly reason: unknown } | null = null;

  /** The same function, but that nothing in the guest catches what it throws. */
  readonly final = <F extends AnyFunction>(call: F): F =>
    ((...args) => {
      try {
        return call(...args);
      } catch (reason) {
        if (!isGuests(reason)) this.#overruling ??= { reason };
        try {
          trap();
        } catch (error) {
          this.#reasons.set(error as object, reason);
          throw error;
        }
      }
    }) as F;

  /** All of them. */
  all<T extends AnyFunction>(functions: Readonly<Record<string, T>>): Record<string, T> {
    return Object.fromEntries(Object.entries(functions).map(([name, call]) => [name, this.final(call)]));
  }

  /** What was thrown in the first place, of an error that came out of the guest. */
  reasonOf(error: unknown): unknown {
    return this.#reasons.has(error as object) ? this.#reasons.get(error as object) : error;
  }

  /**
   * The first stop or failure that was not the guest's own doing; null while there is none. It holds even where a host
   * that the user made has caught its trap in JavaScript; of the guest's own ends such a host may make what it likes.
   */
  get overruling(): { readonly reason: unknown } | null {
    return this.#overruling;
  }
}

function isGuests(reason: unknown): boolean {
  return [GuestExit, GuestFault, RangeError].some((kind) => reason instanceof kind);
}

let compiled: (() => void) | undefined;

function trap(): void {
  compiled ??= new WebAssembly.Instance(new WebAssembly.Module(trapModule() as BufferSource)).exports[
    "trap"
  ] as () => void;
  compiled();
}

/** (module (func (export "trap") unreachable)) */
function trapModule(): Uint8Array {
  const one = (...bytes: number[]) => Uint8Array.from([1, ...bytes]);
  const type = entry((w) => writeFuncType(w, { kind: "func", params: [], results: [] }));
  const name = entry((w) => w.name("trap"));
  return encodeSections([
    { id: SectionId.type, payload: one(...type) },
    { id: SectionId.function, payload: one(0) },
    { id: SectionId.export, payload: one(...name, 0, 0) },
    // a body of three bytes: no locals, unreachable, end
    { id: SectionId.code, payload: one(3, 0, 0x00, 0x0b) },
  ]);
}
