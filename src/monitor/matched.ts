/** What a script matches in a program: for people who ask before they run it. */
import type { MatchedPlace } from "./targets/rewriting.ts";

export interface Matched {
  readonly places: readonly Pick<MatchedPlace, "place" | "residual">[];
  /** Rules, by their first event, that have no place in the program. */
  readonly unmatched: readonly string[];
  /** Names of the exports that a module of the script has for its probes; none where its code is in the program. */
  readonly exports: readonly string[];
}
