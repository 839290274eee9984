/** A report as CSV (RFC 4180 quoting, LF): a row a value. */
import { typeText } from "../../monitor/language-types.ts";
import type { Report } from "../../monitor/report.ts";
import { inertText } from "../inert.ts";
import { valueText } from "./value-text.ts";

export function writeMonitorCsv({ rows }: Report): string {
  const lines = rows.map(({ variable, type, place, value }) => [
    ...[variable, typeText(type), place?.event ?? "", place ? String(place.function) : ""],
    ...[place?.functionName ?? "", place ? String(place.pc) : "", valueText(type, value)],
  ]);
  const header = ["variable", "type", "probe", "function", "function_name", "pc", "value"];
  return [header, ...lines].map((cells) => `${cells.map(cell).join()}\n`).join("");
}

function cell(text: string): string {
  const safe = inertText(text);
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
