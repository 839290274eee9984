/**
 * What a script would do to a program, without running it: every place that a rule matched, and there what is left of
 * the predicate: nothing where the place is left out, `always` where code stands without a question. With a module of the
 * script's own, also what it exports.
 */

import { grouped, plural } from "../../base/numbers.ts";
import type { Matched } from "../../monitor/matched.ts";
import { inertText } from "../inert.ts";
import { expressionText } from "./expression-text.ts";
import { noPlace } from "./notes.ts";

export function renderDryRun({ places, unmatched, exports }: Matched): string {
  const lines = places.map(({ place, residual }) => {
    const { source } = place;
    const line = source && source.line > 0 ? ` ${source.file}:${source.line}` : "";
    const where =
      place.function < 0 ? "" : ` ${place.functionName || `#${place.function}`}${line} pc ${place.pc}`;
    const left =
      residual === null
        ? "left out: the predicate is false here"
        : residual.predicate
          ? `if ${expressionText(residual.predicate)}`
          : "always";
    return inertText(`${place.event}${where}: ${left}`);
  });
  const kept = places.filter(({ residual }) => residual !== null).length;
  const notes = unmatched.map((event) => inertText(`note: ${noPlace(event)}`));
  const exported = exports.map((name) => inertText(`export ${name}`));
  const total = `${plural(places.length, "place")} matched, ${grouped(kept)} get${kept === 1 ? "s" : ""} code`;
  return [...lines, ...notes, ...exported, total].map((line) => `${line}\n`).join("");
}
