/** A report as JSON: 64-bit values as strings, tuples as arrays, maps as {"map": [[key, value], …]}. */
import { isMap, isTuple, type Type, typeText } from "../../monitor/language-types.ts";
import type { Report, ReportMap, ReportValue } from "../../monitor/report.ts";
import { rowsJson } from "../rows.ts";

/** `monitor`: the script's name as the user gave it. */
export function writeMonitorJson({ rows, output }: Report, monitor: string): string {
  const document = {
    ...{ schemaVersion: 1, monitor },
    rows: rows.map(({ variable, type, place, value }) => ({
      ...{ variable, type: typeText(type), probe: place?.event ?? null },
      function: place && {
        index: place.function,
        name: place.functionName === "" ? null : place.functionName,
      },
      ...(place?.source && { file: place.source.file || null, line: place.source.line || null }),
      pc: place?.pc ?? null,
      value: jsonValue(type, value),
    })),
    output,
  };
  return rowsJson(document, new Set(["rows"]));
}

function jsonValue(type: Type, value: ReportValue): unknown {
  if (isMap(type))
    return {
      map: (value as ReportMap).map.map(([k, v]) => [jsonValue(type.key, k), jsonValue(type.value, v)]),
    };
  if (isTuple(type))
    return type.items.map((item, i) => jsonValue(item, (value as readonly ReportValue[])[i]!));
  if (typeof value === "bigint") return String(value);
  // JSON has no infinities and no NaN.
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
