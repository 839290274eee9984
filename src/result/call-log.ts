/**
 * The ordered calls and returns of a run in typed arrays, 12 bytes each: a million of them are no objects. To readers it
 * is what a document has: a list of rows, made one at a time; JSON writes it as that list.
 */
import type { EventRow } from "./result.ts";

export class CallLog implements Iterable<EventRow> {
  /** Index into the tree of the node that is entered; of one that is left its complement (-1 - index). */
  readonly #node: Int32Array;
  /** Fuel since the start of the run. */
  readonly #at: Float64Array;
  readonly length: number;

  /** `node` and `at` have an element a call or return; neither is copied. */
  constructor(node: Int32Array, at: Float64Array) {
    this.#node = node;
    this.#at = at;
    this.length = node.length;
  }

  static from(rows: readonly EventRow[]): CallLog {
    return new CallLog(
      Int32Array.from(rows, ({ kind, node }) => (kind === "enter" ? node : -1 - node)),
      Float64Array.from(rows, ({ at }) => at),
    );
  }

  *[Symbol.iterator](): Generator<EventRow> {
    for (let i = 0; i < this.length; i++) {
      const node = this.#node[i]!;
      yield node >= 0
        ? { kind: "enter", node, at: this.#at[i]! }
        : { kind: "leave", node: -1 - node, at: this.#at[i]! };
    }
  }

  toJSON(): readonly EventRow[] {
    return [...this];
  }
}
