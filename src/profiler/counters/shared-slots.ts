/**
 * Slots for functions of very long code (a bundle in one function, a script of hundreds of thousands of lines). A slot for
 * each byte of it would be 32 times the code; here opcodes of one number share a slot as long as the code stays on one
 * line. What a line cost, what an opcode cost in all, and from which line a call was made, is exact all the same.
 */
import { twice } from "../../base/columns.ts";
import type { LineColumns, LineEntry } from "../../quickjs/bytecode/line-table.ts";
import type { Opcode } from "../../quickjs/engines/opcodes/table.ts";

export interface SharedSlots {
  /** By slot: the first code offset that has it. Ascending. */
  readonly offsets: Int32Array;
  /** By slot: the first slot of the same line; itself where it has none. */
  readonly sites: Int32Array;
  /** Opcodes in the code. */
  readonly opcodes: number;
}

/**
 * Tells the slots of a function apart, and writes the number of each byte's slot to `slotOf`. `lineOf`: what tells the line
 * of a position, where that is not its own line.
 */
export function shareSlots(
  code: Uint8Array,
  opcodes: readonly Opcode[],
  lines: LineColumns,
  slotOf: Uint32Array,
  lineOf: (position: LineEntry) => number | string = ({ line }) => line,
): SharedSlots {
  const offsets = new Column();
  const sites = new Column();
  /** By opcode, while the code stays on a line: its slot, and which stretch of code that was in. */
  const slots = new Int32Array(256);
  const stretches = new Int32Array(256).fill(-1);
  const firstOf = new Map<number | string, number>();
  let stretch = 0;
  let line: number | string | null = null;
  let [entry, count] = [0, 0];
  for (let offset = 0; offset < code.length; count++) {
    const before: number | string | null = line;
    while (entry < lines.length && lines.offsetOf(entry) <= offset) line = lineOf(lines.entry(entry++));
    if (line !== before) stretch += 1;
    const opcode = code[offset]!;
    if (stretches[opcode] !== stretch) {
      const slot = offsets.length;
      const site = (line === null ? null : firstOf.get(line)) ?? slot;
      if (line !== null && site === slot) firstOf.set(line, slot);
      offsets.push(offset);
      sites.push(site);
      slots[opcode] = slot;
      stretches[opcode] = stretch;
    }
    // a number that is no opcode's stands for itself
    const end = Math.min(code.length, offset + (opcodes[opcode]?.size ?? 1));
    slotOf.fill(slots[opcode]!, offset, end);
    offset = end;
  }
  return { offsets: offsets.finish(), sites: sites.finish(), opcodes: count };
}

/** A list of numbers that becomes a column. */
class Column {
  #items = new Int32Array(1024);
  length = 0;

  push(item: number): void {
    if (this.length === this.#items.length) this.#items = twice(this.#items);
    this.#items[this.length++] = item;
  }

  finish(): Int32Array {
    return this.#items.subarray(0, this.length);
  }
}
