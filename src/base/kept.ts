/**
 * A fact that is looked for once, when somebody first asks: what was found is kept, and so is the Diagnostic that says
 * why there is nothing. Who needs the fact takes `value`, which throws; who lists facts takes `found` and `problem`.
 */
import { Diagnostic } from "./diagnostics.ts";

export class Kept<T> {
  readonly #find: () => T;
  #outcome: { readonly value: T } | { readonly problem: Diagnostic } | undefined;

  /** `find` may throw a Diagnostic, which is kept; anything else it throws is a bug and passes through. */
  constructor(find: () => T) {
    this.#find = find;
  }

  get #looked(): { readonly value: T } | { readonly problem: Diagnostic } {
    if (this.#outcome) return this.#outcome;
    try {
      this.#outcome = { value: this.#find() };
    } catch (error) {
      if (!(error instanceof Diagnostic)) throw error;
      this.#outcome = { problem: error };
    }
    return this.#outcome;
  }

  /** @throws Diagnostic that says why there is none, the same each time. */
  get value(): T {
    const looked = this.#looked;
    if ("problem" in looked) throw looked.problem;
    return looked.value;
  }

  /** Null where there is none. */
  get found(): T | null {
    const looked = this.#looked;
    return "value" in looked ? looked.value : null;
  }

  /** Why there is none; null where there is one. */
  get problem(): Diagnostic | null {
    const looked = this.#looked;
    return "problem" in looked ? looked.problem : null;
  }
}
