/** The locals that a function gains, behind its own: the meter's, those that hold values of a site, those of code in place. */
import type { ByteWriter } from "../base/bytes.ts";
import { writeValType } from "../wasm/encode.ts";
import type { LocalDeclarations } from "../wasm/locals.ts";
import type { ValType } from "../wasm/types.ts";

export class AddedLocals {
  readonly #first: number;
  readonly #types: ValType[] = [];
  readonly #named = new Map<string, number>();

  /** `first`: index of the first that is added, behind parameters and declared locals. */
  constructor(first: number) {
    this.#first = first;
  }

  get count(): number {
    return this.#types.length;
  }

  /** One more local of that type; its index. */
  add(type: ValType): number {
    return this.#first + this.#types.push(type) - 1;
  }

  /** The local of that type and name, the same each time. */
  named(name: string, type: ValType): number {
    const key = `${type}/${name}`;
    let local = this.#named.get(key);
    if (local === undefined) {
      local = this.add(type);
      this.#named.set(key, local);
    }
    return local;
  }

  /** Writes a function's declarations, its own as they stand. `used`: how many of the added ones are needed. */
  declare(w: ByteWriter, bytes: Uint8Array, own: LocalDeclarations, used = this.count): void {
    w.leb(own.groups + used);
    w.copy(bytes, own.bytes.start, own.bytes.end);
    for (const type of this.#types.slice(0, used)) {
      w.leb(1);
      writeValType(w, type);
    }
  }
}
