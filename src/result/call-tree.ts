/**
 * The call tree as columns, from what the collector counted: calls from one line are one node, phases are roots beside
 * the others. A tree of more nodes than it may have is made smaller in two steps, the second only where the first is not
 * enough: paths that differ by the line of a call alone become one; then, below each node, the subtrees of less than some
 * fuel become one child, the *rest*, that has a child for each function in them with what it cost itself. Either way no
 * fuel and no call leaves its function. Totals of functions can't be read off such a tree: the collector counts them.
 */
import { twice } from "../base/columns.ts";
import type { FunctionRow, TreeNode } from "./result.ts";

/** Name of the rest's function, which is none of the program's and has no fuel of its own. */
export const restName = "(other paths)";
/** Whether a function of a result is the rest's. */
export function isRest({ kind, name }: Pick<FunctionRow, "kind" | "name">): boolean {
  return kind !== "js" && name === restName;
}

/** The rest's function where a tree is built. */
export const theRest = -2;

/** Parents precede children; children stand in the order of their making. */
export interface Nodes {
  readonly length: number;
  readonly parent: Int32Array;
  readonly function: Int32Array;
  /** 0 where a call has no line, or several; below 0: one of OtherCalls. */
  readonly callLine: Int32Array;
  readonly calls: Float64Array;
  readonly self: Float64Array;
}

/** Calls that stand in another file than their function, as code of a bundle's root: numbers below -1, for what they are. */
export class OtherCalls {
  readonly #keys = new Map<string, number>();
  readonly #places: { readonly callLine: number; readonly callFile: number }[] = [];

  key(file: number, line: number): number {
    const place = `${file}:${line}`;
    let key = this.#keys.get(place);
    if (key === undefined) {
      key = -1 - this.#places.push({ callLine: line, callFile: file });
      this.#keys.set(place, key);
    }
    return key;
  }

  /** What a tree's column says of a call, as a node has it. */
  place(callLine: number): { readonly callLine: number | null; readonly callFile?: number } {
    return callLine < 0 ? this.#places[-2 - callLine]! : { callLine: callLine || null };
  }
}

export interface SmallerTree {
  readonly nodes: Nodes;
  /** For each node that was given, the node that it is part of now. */
  readonly indexOf: Int32Array;
}

/** Makes nodes by parent, function and line: the same three are the same node. */
export class TreeBuilder {
  #parent = new Int32Array(1024);
  #function = new Int32Array(1024);
  #callLine = new Int32Array(1024);
  #calls = new Float64Array(1024);
  #self = new Float64Array(1024);
  /** Open addressing over indices; -1 is a free place. */
  #table = new Int32Array(2048).fill(-1);
  length = 0;

  /** Index of the node; the cost is added to it. `parent` is -1 for a root. */
  add(parent: number, fn: number, callLine: number, calls: number, self: number): number {
    let place = this.#place(parent, fn, callLine);
    if (this.#table[place]! < 0) {
      if (this.length === this.#parent.length) {
        this.#grow();
        place = this.#place(parent, fn, callLine);
      }
      this.#parent[this.length] = parent;
      this.#function[this.length] = fn;
      this.#callLine[this.length] = callLine;
      this.#table[place] = this.length++;
    }
    const index = this.#table[place]!;
    this.#calls[index]! += calls;
    this.#self[index]! += self;
    return index;
  }

  finish(): Nodes {
    const { length } = this;
    return {
      length,
      parent: this.#parent.subarray(0, length),
      function: this.#function.subarray(0, length),
      callLine: this.#callLine.subarray(0, length),
      calls: this.#calls.subarray(0, length),
      self: this.#self.subarray(0, length),
    };
  }

  #place(parent: number, fn: number, callLine: number): number {
    const mask = this.#table.length - 1;
    let hash = Math.imul(Math.imul(parent, 0x9e3779b1) ^ fn, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ callLine, 0xc2b2ae35);
    for (let place = (hash ^ (hash >>> 16)) & mask; ; place = (place + 1) & mask) {
      const index = this.#table[place]!;
      if (index < 0) return place;
      const isSame = this.#parent[index] === parent && this.#function[index] === fn;
      if (isSame && this.#callLine[index] === callLine) return place;
    }
  }

  #grow(): void {
    this.#parent = twice(this.#parent);
    this.#function = twice(this.#function);
    this.#callLine = twice(this.#callLine);
    this.#calls = twice(this.#calls);
    this.#self = twice(this.#self);
    this.#table = new Int32Array(this.#table.length * 2).fill(-1);
    for (let i = 0; i < this.length; i++)
      this.#table[this.#place(this.#parent[i]!, this.#function[i]!, this.#callLine[i]!)] = i;
  }
}

/** Fuel of each node with everything below it. */
export function subtrees({ length, parent, self }: Nodes): Float64Array {
  const fuel = self.slice();
  for (let i = length - 1; i >= 0; i--) if (parent[i]! >= 0) fuel[parent[i]!]! += fuel[i]!;
  return fuel;
}

/** Paths that differ by the line of a call alone are one path, without a line where they had several. */
export function withoutLines(nodes: Nodes): SmallerTree {
  const builder = new TreeBuilder();
  const indexOf = new Int32Array(nodes.length);
  const line = new Int32Array(nodes.length).fill(-1);
  for (let i = 0; i < nodes.length; i++) {
    const parent = nodes.parent[i]! < 0 ? -1 : indexOf[nodes.parent[i]!]!;
    const index = builder.add(parent, nodes.function[i]!, 0, nodes.calls[i]!, nodes.self[i]!);
    indexOf[i] = index;
    line[index] = line[index] === -1 || line[index] === nodes.callLine[i] ? nodes.callLine[i]! : 0;
  }
  return { nodes: { ...builder.finish(), callLine: line.subarray(0, builder.length) }, indexOf };
}

/** Merges the subtrees of less than `least` fuel. Roots stay, and what is a rest already. Null for more than `most` nodes. */
function mergeBelow(
  nodes: Nodes,
  fuel: Float64Array,
  least: number,
  most = Number.POSITIVE_INFINITY,
): SmallerTree | null {
  const builder = new TreeBuilder();
  const indexOf = new Int32Array(nodes.length);
  /** Of nodes that are merged, and of rests: the rest that takes what is below; else -1. */
  const restOf = new Int32Array(nodes.length).fill(-1);
  for (let i = 0; i < nodes.length; i++) {
    const above = nodes.parent[i]!;
    const fn = nodes.function[i]!;
    const parent = above < 0 ? -1 : indexOf[above]!;
    const within = above < 0 ? -1 : restOf[above]!;
    if (within < 0 && (above < 0 || fuel[i]! >= least || fn === theRest)) {
      indexOf[i] = builder.add(parent, fn, nodes.callLine[i]!, nodes.calls[i]!, nodes.self[i]!);
      if (fn === theRest) restOf[i] = indexOf[i]!;
    } else {
      restOf[i] = within < 0 ? builder.add(parent, theRest, 0, 0, 0) : within;
      indexOf[i] = builder.add(restOf[i]!, fn, 0, nodes.calls[i]!, nodes.self[i]!);
    }
    if (builder.length > most) return null;
  }
  return { nodes: builder.finish(), indexOf };
}

/** Steps between a power of two and the next in which the least fuel is looked for. */
const steps = 16;

/**
 * The tree with the smallest subtrees merged: those of less than `least`, a power of two and some sixteenths of it, the
 * first with which there are no more than `most` nodes (or the greatest there is, where roots and functions are more).
 */
export function withoutSmallPaths(nodes: Nodes, most: number): SmallerTree & { readonly least: number } {
  const fuel = subtrees(nodes);
  const fits = (least: number): boolean => mergeBelow(nodes, fuel, least, most) !== null;
  const greatest = fuel.reduce((most, one) => Math.max(most, one), 0);
  const power = firstThat(Math.ceil(Math.log2(greatest + 1)), (exponent) => fits(2 ** exponent));
  const below = 2 ** (power - 1);
  const least =
    below < steps
      ? 2 ** power
      : below + (below / steps) * firstThat(steps, (step) => fits(below + (below / steps) * step));
  return { ...mergeBelow(nodes, fuel, least)!, least };
}

/** The least number below `end` that holds, or `end`; where one holds, so do all that are greater. */
function firstThat(end: number, holds: (n: number) => boolean): number {
  let [low, high] = [0, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Indices in depth-first order, children in the order of their making. */
export function depthFirst({ length, parent }: Nodes): Int32Array {
  const first = new Int32Array(length).fill(-1);
  const next = new Int32Array(length).fill(-1);
  let firstRoot = -1;
  // from the last to the first: each goes in front of those made later
  for (let i = length - 1; i >= 0; i--) {
    const above = parent[i]!;
    next[i] = above < 0 ? firstRoot : first[above]!;
    if (above < 0) firstRoot = i;
    else first[above] = i;
  }
  const order = new Int32Array(length);
  let count = 0;
  for (let at = firstRoot; at >= 0; ) {
    order[count++] = at;
    if (first[at]! >= 0) at = first[at]!;
    else {
      while (at >= 0 && next[at]! < 0) at = parent[at]!;
      if (at >= 0) at = next[at]!;
    }
  }
  return order;
}

/** The rows in depth-first order, and where each node is among them. */
export function rowsInOrder(
  nodes: Nodes,
  otherCalls: OtherCalls,
): { readonly rows: TreeNode[]; readonly placed: Int32Array } {
  const placed = new Int32Array(nodes.length);
  const rows: TreeNode[] = [];
  for (const i of depthFirst(nodes)) {
    const parent = nodes.parent[i]!;
    placed[i] = rows.length;
    rows.push({
      parent: parent < 0 ? -1 : placed[parent]!,
      function: nodes.function[i]!,
      ...otherCalls.place(nodes.callLine[i]!),
      calls: nodes.calls[i]!,
      self: nodes.self[i]!,
    });
  }
  return { rows, placed };
}
