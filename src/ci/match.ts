/**
 * Ties the functions of two runs to each other: by file and name, by the name alone (a function that moved to another file), by
 * place (renamed where it stands), and by code (renamed and moved). A later way only sees what the earlier ones left, and
 * only where it means one function on either side.
 */
import { align, type Pair } from "./align.ts";
import type { MeasuredFunction } from "./measured.ts";

export type FunctionPair = Pair<MeasuredFunction>;

/** Each function of either side is in one pair. */
export function matchFunctions(
  base: readonly MeasuredFunction[],
  head: readonly MeasuredFunction[],
): FunctionPair[] {
  const tied: FunctionPair[] = [];
  let [olds, news] = [[...base], [...head]];
  const tie = (pairs: readonly FunctionPair[]) => {
    const whole = pairs.filter((pair) => pair.base !== null && pair.head !== null);
    tied.push(...whole);
    const taken = new Set(whole.flatMap((pair) => [pair.base, pair.head]));
    [olds, news] = [olds, news].map((side) => side.filter((fn) => !taken.has(fn))) as [
      typeof olds,
      typeof news,
    ];
  };
  tie(
    grouped(
      olds,
      news,
      ({ kind, file, name }) => JSON.stringify([kind, file, name]),
      (a, b) => align(a, b, isSame, ({ self }) => self),
    ),
  );
  tie(
    grouped(
      olds,
      news,
      ({ kind, name }) => (isNameless(name) ? null : JSON.stringify([kind, name])),
      onlyOnes,
    ),
  );
  tie(grouped(olds, news, placeKey, onlyOnes));
  tie(grouped(olds, news, ({ kind, code }) => (code === null ? null : `${kind} ${code}`), onlyOnes));
  return [
    ...tied,
    ...olds.map((fn) => ({ base: fn, head: null })),
    ...news.map((fn) => ({ base: null, head: fn })),
  ];
}

/** Pairs among the functions of each key; null: none. */
function grouped(
  base: readonly MeasuredFunction[],
  head: readonly MeasuredFunction[],
  keyOf: (fn: MeasuredFunction) => string | null,
  pair: (base: readonly MeasuredFunction[], head: readonly MeasuredFunction[]) => readonly FunctionPair[],
): FunctionPair[] {
  const others = byKey(head, keyOf);
  return [...byKey(base, keyOf)].flatMap(([key, group]) => {
    const other = others.get(key);
    return other ? pair(group, other) : [];
  });
}

function byKey(
  functions: readonly MeasuredFunction[],
  keyOf: (fn: MeasuredFunction) => string | null,
): Map<string, MeasuredFunction[]> {
  const groups = new Map<string, MeasuredFunction[]>();
  for (const fn of functions) {
    const key = keyOf(fn);
    if (key === null) continue;
    const group = groups.get(key);
    if (group) group.push(fn);
    else groups.set(key, [fn]);
  }
  return groups;
}

function onlyOnes(
  base: readonly MeasuredFunction[],
  head: readonly MeasuredFunction[],
): readonly FunctionPair[] {
  return base.length === 1 && head.length === 1 ? [{ base: base[0]!, head: head[0]! }] : [];
}

/** Of functions of one name: the same work, or where that is known the same code. */
function isSame(a: MeasuredFunction, b: MeasuredFunction): boolean {
  if (a.code !== null && b.code !== null) return a.code === b.code;
  return a.calls === b.calls && a.self === b.self;
}

function placeKey({ kind, file, line, column }: MeasuredFunction): string | null {
  return line === null ? null : JSON.stringify([kind, file, line, column]);
}

const isNameless = (name: string): boolean => name === "" || name.startsWith("(");
