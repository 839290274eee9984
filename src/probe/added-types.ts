/** The function types that the instrumented module gains, each once. */
import { entry, writeFuncType } from "../wasm/encode.ts";
import type { Module, ValType } from "../wasm/types.ts";

export class AddedTypes {
  readonly entries: Uint8Array[] = [];
  readonly #first: number;
  readonly #known = new Map<string, number>();

  /** Counts on from the types of `module`, each member of a recursion group by itself. */
  constructor(module: Module) {
    this.#first = module.types.length;
  }

  index(params: readonly ValType[], results: readonly ValType[]): number {
    const key = `${params.join()}>${results.join()}`;
    let index = this.#known.get(key);
    if (index === undefined) {
      index = this.#first + this.entries.length;
      this.#known.set(key, index);
      this.entries.push(entry((w) => writeFuncType(w, { kind: "func", params, results })));
    }
    return index;
  }
}
