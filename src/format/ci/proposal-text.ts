/** What `init` found, decided and guessed, and what to type next, for people. */
import { pad } from "../cells.ts";
import { inertText } from "../inert.ts";
import { paintWith } from "../paint.ts";

/** One thing that was written into a configuration. */
export interface Decision {
  readonly key: string;
  /** As it is shown, which may be shorter than what was written. */
  readonly value: string;
  /** Where it comes from: `package.json: scripts.build`. */
  readonly from: string;
}

export interface Proposal {
  readonly decisions: readonly Decision[];
  /** What may be wrong, whole sentences. */
  readonly guesses: readonly string[];
}

/** A table of what was decided, and below it what was guessed. */
export function renderProposal({ decisions, guesses }: Proposal, colour: boolean): string {
  const { bold, dim, yellow } = paintWith(colour);
  const rows = decisions.map(({ key, value, from }) => [key, value, from].map(inertText) as Row);
  const width = (i: number) => Math.max(0, ...rows.map((row) => row[i]!.length));
  const [keys, values] = [width(0), width(1)];
  const lines = rows.map(
    ([key, value, from]) => `  ${bold(pad(key, keys, "left"))}  ${pad(value, values, "left")}  ${dim(from)}`,
  );
  return [...lines, ...guesses.map((guess) => `${yellow("guess:")} ${inertText(guess)}`)]
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

type Row = [key: string, value: string, from: string];

/** What to type next; `command` is javy-prof as it is typed here. */
export function renderNext(command: string, recorded: boolean): string {
  const next = [
    ...(recorded ? [] : [["snapshot", "run the scenarios and record what they cost: commit .fuel-snapshot"]]),
    ["check", "run them again and judge, here and in CI"],
  ] as [string, string][];
  const rows = next.map(([name, meaning]) => `  ${command} ${pad(name, 8, "left")}  ${meaning}\n`);
  return `next:\n${rows.join("")}`;
}
