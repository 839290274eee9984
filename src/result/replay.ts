/**
 * Replays the ordered events of a result and says what each call-tree node cost by them. The events are a
 * second, independent account of the same run as the tree: invariants.ts holds the two against each other,
 * and the speedscope writer needs to know how much of each phase has no event of its own.
 */
import { type OuterPhase, outerPhases, phaseOf } from "./phases.ts";
import type { Phases, Result } from "./result.ts";
import { subtreeFuel } from "./walk.ts";

export interface Replay {
  /** Own fuel of each tree node by the events, by index into tree. */
  readonly self: readonly number[];
  /** Fuel spent while no node was entered. */
  readonly outside: number;
  /** What is wrong with the events, empty where nothing is. */
  readonly problems: readonly string[];
}

/** Replays `result.events` (none: all fuel is outside). Stops at the first problem. */
export function replayEvents(result: Result): Replay {
  const { tree, fuel } = result;
  const self = new Array<number>(tree.length).fill(0);
  const stack: number[] = [];
  let clock = 0;
  let outside = 0;
  const spend = (until: number): void => {
    const top = stack.at(-1);
    if (top === undefined) outside += until - clock;
    else self[top]! += until - clock;
    clock = until;
  };
  const stop = (problem: string): Replay => ({ self, outside, problems: [problem] });

  let index = -1;
  for (const { kind, node, at } of result.events ?? []) {
    index += 1;
    const bad = (what: string): Replay => stop(`events[${index}]: ${what}`);
    if (tree[node] === undefined) return bad(`node ${node} is not in tree`);
    if (at < clock) return bad(`the clock goes back from ${clock} to ${at}`);
    if (at > fuel.total) return bad(`the clock ${at} is past the total ${fuel.total}`);
    spend(at);
    const top = stack.at(-1) ?? -1;
    if (kind === "enter") {
      if (tree[node].parent !== top)
        return bad(`enters node ${node}, child of ${tree[node].parent}, inside of node ${top}`);
      stack.push(node);
    } else if (top === node) stack.pop();
    else return bad(`leaves node ${node} while node ${top} is innermost`);
  }
  if (stack.length > 0) return stop(`events: node ${stack.at(-1)} is never left`);
  spend(fuel.total);
  return { self, outside, problems: [] };
}

/**
 * Fuel below the tree roots of each phase, by `self` (the tree's own by default). Phases without a root are
 * 0; js is everything below the other roots.
 */
export function fuelByPhase(result: Result, self?: readonly number[]): Phases {
  const { tree } = result;
  const subtree = subtreeFuel(tree, self);
  const phases = { startup: 0, js: 0, jobs: 0, exit: 0 };
  for (const [index, node] of tree.entries()) {
    if (node.parent >= 0) continue;
    const row = result.functions[node.function];
    phases[(row && phaseOf(row)) ?? "js"] += subtree[index]!;
  }
  return phases;
}

/** A phase and how much of a span is its. */
export type PhaseShare = readonly [phase: OuterPhase, fuel: number];

/**
 * Tells, span by span, which phases the fuel outside of all events belongs to: each phase in turn takes what
 * it still lacks. In a plain run that is startup before the first call, jobs between calls, exit after the
 * last. Call it once for each span, in order, with the span's fuel.
 */
export function phasePourer(result: Result): (fuel: number) => PhaseShare[] {
  const covered = fuelByPhase(result, replayEvents(result).self);
  const lacking = outerPhases.map((phase) => ({
    phase,
    fuel: result.phases[phase] - covered[phase],
  }));
  return (fuel) => {
    let rest = fuel;
    return lacking.flatMap((one): PhaseShare[] => {
      const share = Math.min(one.fuel, rest);
      one.fuel -= share;
      rest -= share;
      return share > 0 ? [[one.phase, share]] : [];
    });
  };
}
