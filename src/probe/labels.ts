/**
 * What is known of a function's labels beyond one walk. Two things show only behind code that needs them: that a catch
 * clause leads to a label, and that one br_table leads to two whose potentials differ (charging.ts). A walk notes them,
 * and where it noted anything it is made again.
 */

/** The pending fuel with which every way leads to a label; null until the first one does. */
export interface Potential {
  value: number | null;
}

export class Labels {
  readonly #caught = new Set<number>();
  /** Blocks that share a potential, by where they start, each with one that stands for all of them. */
  readonly #shared = new Map<number, number>();
  #potentials = new Map<number, Potential>();
  #learnt = 0;

  /** Begins a walk: potentials are found anew. The number grows while there is something to learn. */
  begin(): number {
    this.#potentials = new Map();
    return this.#learnt;
  }

  /** Whether a walk that began with `learnt` knew everything that it needed. */
  suffices(learnt: number): boolean {
    return learnt === this.#learnt;
  }

  /** Whether a catch clause leads to the label of the block that starts at `start`, an absolute offset. */
  isCaught(start: number): boolean {
    return this.#caught.has(start);
  }

  /** A catch clause leads to the label of that block. */
  catch(start: number): void {
    if (this.#caught.has(start)) return;
    this.#caught.add(start);
    this.#learnt += 1;
  }

  /** The potential of the block that starts at `start`, in this walk. */
  potential(start: number): Potential {
    const group = this.#shared.get(start);
    if (group === undefined) return { value: null };
    const known = this.#potentials.get(group) ?? { value: null };
    this.#potentials.set(group, known);
    return known;
  }

  /** From the next walk on these share one potential. */
  share(frames: readonly { readonly start: number }[]): void {
    const groups = new Set(frames.map(({ start }) => this.#shared.get(start) ?? start));
    const [all] = groups;
    for (const [start, group] of this.#shared) if (groups.has(group)) this.#shared.set(start, all!);
    for (const { start } of frames) this.#shared.set(start, all!);
    this.#learnt += 1;
  }
}
