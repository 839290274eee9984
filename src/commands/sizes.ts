/** The sizes that `scale --sizes` names: a list, or a range with the step between them. */
import { usageError } from "../base/diagnostics.ts";
import { grouped } from "../base/numbers.ts";

/** Sizes of a range that names no step, about. */
const usualSteps = 10;
/** Sizes that are run at most. */
const mostSizes = 200;

/** Distinct, ascending. @throws Diagnostic (usage). */
export function parseSizes(text: string, largest: number): number[] {
  const sizes = text.split(",").flatMap((part) => {
    const [, from, to, step] = /^\s*(\d+)(?:\.\.(\d+)(?:\/(\d+))?)?\s*$/.exec(part) ?? [];
    if (from === undefined) throw wrong(text);
    return to === undefined ? [Number(from)] : range(Number(from), Number(to), step, text);
  });
  const distinct = [...new Set(sizes)].sort((a, b) => a - b);
  if (distinct.length < 2) throw usageError("--sizes takes two sizes or more: one says nothing of growth");
  if (distinct.length > mostSizes || distinct.at(-1)! > largest)
    throw usageError(`--sizes takes at most ${mostSizes} sizes, of at most ${grouped(largest)}`);
  return distinct;
}

function range(from: number, to: number, given: string | undefined, text: string): number[] {
  const step = given === undefined ? Math.max(1, Math.ceil((to - from) / usualSteps)) : Number(given);
  if (to < from || step < 1 || (to - from) / step > mostSizes) throw wrong(text);
  const sizes = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
  return sizes.at(-1) === to ? sizes : [...sizes, to];
}

function wrong(text: string) {
  return usageError(
    `--sizes takes numbers, not ${JSON.stringify(text)}`,
    "examples: 10,20,50 1..200 0..1000/100",
  );
}
