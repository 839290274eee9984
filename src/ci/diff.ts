/**
 * What changed between two runs of a scenario: per function with its lines, and per opcode. The changes of the functions
 * add up to that of the total. Sorted by the size of the change.
 */
import { compareText } from "../base/compare-text.ts";
import { addFuel } from "../base/fuel.ts";
import { align } from "./align.ts";
import { type FunctionPair, matchFunctions } from "./match.ts";
import type { Counted, Measured, MeasuredFunction, MeasuredLine } from "./measured.ts";
import { differences } from "./toolchain.ts";

/** A cost on both sides; 0 where one has none. */
export interface Change {
  readonly base: number;
  readonly head: number;
}

export interface LineChange extends Change {
  /** As in head; of what is gone as in base. Null where it is known from a snapshot alone. */
  readonly file: string | null;
  readonly line: number | null;
}

/** `moved`: to another file. `same` and `changed` speak of its cost. */
export const functionFates = ["same", "changed", "new", "removed", "renamed", "moved"] as const;
export type FunctionFate = (typeof functionFates)[number];

export interface FunctionChange extends Change {
  readonly fate: FunctionFate;
  readonly name: string;
  readonly kind: MeasuredFunction["kind"];
  readonly file: string | null;
  readonly line: number | null;
  /** What it was before, where it was renamed or moved. */
  readonly was: { readonly name: string; readonly file: string | null } | null;
  readonly baseCalls: number;
  readonly headCalls: number;
  /** Those that changed, by the size of the change. */
  readonly lines: readonly LineChange[];
}

/** An opcode, or a native function. */
export interface CountedChange extends Change {
  readonly name: string;
  readonly baseCount: number;
  readonly headCount: number;
}

export interface Diff extends Change {
  /** The parts of the toolchain that differ: then the numbers do not compare. */
  readonly toolchain: readonly string[];
  /** Those whose cost, calls, name or file changed. */
  readonly functions: readonly FunctionChange[];
  /** Those that changed; null where a side does not know its opcodes. */
  readonly opcodes: readonly CountedChange[] | null;
  /** Builtins and the engine's functions that changed; null where a side does not know them. */
  readonly natives: readonly CountedChange[] | null;
}

export function diff(base: Measured, head: Measured): Diff {
  const functions = matchFunctions(base.functions, head.functions)
    .map(functionChange)
    .filter(
      (change) => change.fate !== "same" || change.baseCalls !== change.headCalls || change.lines.length > 0,
    );
  return {
    ...{ base: base.total, head: head.total },
    toolchain: differences(base.toolchain, head.toolchain),
    functions: functions.sort(bySize),
    opcodes: countedChanges(base.opcodes, head.opcodes),
    natives: countedChanges(base.natives, head.natives),
  };
}

export const delta = ({ base, head }: Change): number => head - base;

/** The largest change first; of equal ones the dearer first, then by name. */
export function bySize<T extends Change & { readonly name: string; readonly file?: string | null }>(
  a: T,
  b: T,
): number {
  return byChange(a, b) || compareText(a.name, b.name) || compareText(a.file ?? "", b.file ?? "");
}

function byChange(a: Change, b: Change): number {
  return Math.abs(delta(b)) - Math.abs(delta(a)) || delta(b) - delta(a);
}

function functionChange({ base, head }: FunctionPair): FunctionChange {
  const { name, kind, file, line } = (head ?? base)!;
  const change = { base: base?.self ?? 0, head: head?.self ?? 0 };
  const fate = fateOf(base, head);
  return {
    ...{ fate, name, kind, file, line, ...change },
    was: fate === "renamed" || fate === "moved" ? { name: base!.name, file: base!.file } : null,
    ...{ baseCalls: base?.calls ?? 0, headCalls: head?.calls ?? 0 },
    lines: lineChanges(base?.lines ?? [], head?.lines ?? []),
  };
}

function fateOf(base: MeasuredFunction | null, head: MeasuredFunction | null): FunctionFate {
  if (!base) return "new";
  if (!head) return "removed";
  if (base.name !== head.name) return "renamed";
  if (base.file !== head.file) return "moved";
  return base.self === head.self ? "same" : "changed";
}

function lineChanges(base: readonly MeasuredLine[], head: readonly MeasuredLine[]): LineChange[] {
  return align(
    base,
    head,
    (a, b) => a.self === b.self,
    ({ self }) => self,
  )
    .map((pair) => {
      const { file, line } = (pair.head ?? pair.base)!;
      return { file, line, base: pair.base?.self ?? 0, head: pair.head?.self ?? 0 };
    })
    .filter((change) => delta(change) !== 0)
    .sort((a, b) => byChange(a, b) || (a.line ?? 0) - (b.line ?? 0));
}

/** Of the same name on one side there may be several: they are one. */
function countedChanges(
  base: readonly Counted[] | null,
  head: readonly Counted[] | null,
): CountedChange[] | null {
  if (!base || !head) return null;
  const [olds, news] = [base, head].map(byName);
  const names = new Set([...news!.keys(), ...olds!.keys()]);
  return [...names]
    .map((name) => {
      const [old, now] = [olds!.get(name), news!.get(name)];
      const counts = { baseCount: old?.count ?? 0, headCount: now?.count ?? 0 };
      return { name, base: old?.fuel ?? 0, head: now?.fuel ?? 0, ...counts };
    })
    .filter(({ base, head, baseCount, headCount }) => base !== head || baseCount !== headCount)
    .sort(bySize);
}

function byName(rows: readonly Counted[]): Map<string, Counted> {
  const found = new Map<string, Counted>();
  for (const { name, count, fuel } of rows) {
    const known = found.get(name) ?? { name, count: 0, fuel: 0 };
    found.set(name, { name, count: known.count + count, fuel: addFuel(known.fuel, fuel) });
  }
  return found;
}
