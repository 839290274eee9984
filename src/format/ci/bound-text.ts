/** What a test says of a bound: what was expected and used, the dearest functions, and what grew against another run. */
import { grouped } from "../../base/numbers.ts";
import { delta } from "../../ci/diff.ts";
import type { BoundVerdict } from "../../ci/fuel-bound.ts";
import { inertText } from "../inert.ts";
import { paintWith } from "../paint.ts";
import { changeText } from "./change-words.ts";
import { useText } from "./verdict-words.ts";
import { changeLines, dearestLine } from "./verdicts-text.ts";

const mostGrown = 3;

/** The text of a line of the run's source, inert, where that is known. */
export type SourceLine = (file: string, line: number) => string | undefined;

/** Of a bound that was kept it is what a test says that expected otherwise. */
export function boundText(
  { passed, uses, dearest, against }: BoundVerdict,
  sourceLine: SourceLine = () => undefined,
): string {
  const paint = paintWith(false);
  const told = passed ? uses : uses.filter(({ used, atMost }) => used > atMost);
  const lines = told.map((use) => inertText(useText(use)));
  lines[0] = `expected ${passed ? "more than" : "at most"} ${grouped(told[0]!.atMost)} fuel\n${lines[0]}`;
  lines.push("the dearest functions, by their own fuel:", ...dearest.map((one) => dearestLine(one, paint)));
  if (against) lines.push(...grownLines(against, sourceLine));
  return lines.join("\n");
}

function grownLines({ name, diff }: NonNullable<BoundVerdict["against"]>, sourceLine: SourceLine): string[] {
  const { base, head, toolchain, functions } = diff;
  const other = inertText(name);
  if (toolchain.length > 0)
    return [`not comparable with ${other}: another toolchain (${toolchain.join(", ")})`];
  const grown = functions.filter((change) => delta(change) > 0).slice(0, mostGrown);
  const total = base === head ? "" : `, ${changeText({ base, head })}`;
  if (grown.length === 0) return [`nothing grew against ${other}${total}`];
  return [
    `what grew against ${other}${total}:`,
    ...grown.flatMap((change) => changeLines(change, paintWith(false), sourceLine)),
  ];
}
