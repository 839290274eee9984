/** The document of a check: `check --json`, and what `report` writes as JSON of one or several. */
import { version } from "../../base/version.ts";
import type { CheckDocument, Verdict } from "../../ci/check-document.ts";
import { rowsJson } from "../rows.ts";

const tables = new Set(["functions", "opcodes", "natives", "dearest", "over"]);

export function writeCheckJson(
  scenarios: readonly Verdict[],
  { exact }: { readonly exact: boolean },
): string {
  const document: CheckDocument = {
    schemaVersion: 1,
    kind: "check",
    tool: { name: "javy-prof", version },
    ...{ exact, scenarios },
  };
  return rowsJson(document, tables);
}
