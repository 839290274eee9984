/** A report as CSV (RFC 4180 quoting, LF): a row a value. */
import { typeText } from "../../monitor/language-types.ts";
import type { Report, RowLayout } from "../../monitor/report.ts";
import { inertText } from "../inert.ts";
import { valueText } from "./value-text.ts";

export function writeMonitorCsv({ rows }: Report): string {
  const hasLines = rows.some(({ place }) => place?.source);
  const lines = rows.map((row) => `${csvLead(row)}${cell(valueText(row.type, row.value))}`);
  if (!hasLines) return [csvHeading, ...lines].map((line) => `${line}\n`).join("");
  const places = rows.map(({ place }) => `,${cell(place?.source?.file ?? "")},${place?.source?.line || ""}`);
  return [`${csvHeading},file,line`, ...lines.map((line, i) => line + places[i])]
    .map((line) => `${line}\n`)
    .join("");
}

export const csvHeading = "variable,type,probe,function,function_name,pc,value";

/** What stands in front of a row's value. */
export function csvLead({ variable, type, place }: Pick<RowLayout, "variable" | "type" | "place">): string {
  const cells = [
    ...[variable, typeText(type), place?.event ?? "", place ? String(place.function) : ""],
    ...[place?.functionName ?? "", place ? String(place.pc) : ""],
  ];
  return cells.map((text) => `${cell(text)},`).join("");
}

function cell(text: string): string {
  const safe = inertText(text);
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
