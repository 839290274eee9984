/**
 * How far labels count where code stands inside blocks that it did not stand in: a block that is written by an action
 * which stands instead of it is under that action's own blocks, and so a branch out of it has these to leave as well.
 *
 *   block                        block
 *     loop                         if …  else        the action's, one deep
 *       br_if 1      becomes         loop
 *       br 0                           br_if 2       leaves the loop, and the action
 *     end                              br 0          stays in the loop
 */

interface Shift {
  /** Labels of the blocks that were open when it began are what lies outside. */
  readonly from: number;
  readonly by: number;
}

export class LabelShifts {
  readonly #shifts: Shift[] = [];

  /** Whether any label may count otherwise than it did. */
  get active(): boolean {
    return this.#shifts.length > 0;
  }

  /** How many there are, one inside the other. */
  get depth(): number {
    return this.#shifts.length;
  }

  /** What is written from now on stands `by` blocks deeper; `open`: how many blocks of the function are open around it, the function's own included. */
  begin(open: number, by: number): void {
    this.#shifts.push({ from: open, by });
  }

  /** Ends what began last. */
  end(): void {
    this.#shifts.pop();
  }

  /** What a label is now, where so many blocks are open. */
  shifted(label: number, open: number): number {
    const target = open - 1 - label;
    return this.#shifts.reduce((now, { from, by }) => (target < from ? now + by : now), label);
  }
}
