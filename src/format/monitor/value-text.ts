/** Values of reports as text: Whamm's way for its own format and for CSV, one line each. */

import { isMap, isTuple, type Type } from "../../monitor/language-types.ts";
import { formatFloat } from "../../monitor/number-text.ts";
import type { ReportMap, ReportRow, ReportValue } from "../../monitor/report.ts";

/** `0->1;1->3` for a map, `(a; b)` for a tuple, `(a,b)` where that is a map's key, `+2e0` for a float unless `float` says else. */
export function valueText(
  type: Type,
  value: ReportValue,
  key = false,
  float: (value: number, single: boolean) => string = formatFloat,
): string {
  if (isMap(type)) {
    const { map } = value as ReportMap;
    return map
      .map(([k, v]) => `${valueText(type.key, k, true, float)}->${valueText(type.value, v, false, float)}`)
      .join(";");
  }
  if (isTuple(type)) {
    const items = type.items.map((item, i) =>
      valueText(item, (value as readonly ReportValue[])[i]!, key, float),
    );
    return `(${items.join(key ? "," : "; ")})`;
  }
  if (type === "f32" || type === "f64") return float(value as number, type === "f32");
  return String(value);
}

/** Whether a value is what a variable holds that nobody set. */
export function isZero(type: Type, value: ReportValue): boolean {
  if (isMap(type)) return (value as ReportMap).map.length === 0;
  if (isTuple(type))
    return type.items.every((item, i) => isZero(item, (value as readonly ReportValue[])[i]!));
  if (type === "funcref") return value === -1;
  return value === "" || value === false || Number(value) === 0;
}

/** `name`, or `#7` where the function has none. */
export function functionText({ place }: Pick<ReportRow, "place">): string {
  // placeless events have no function
  if (!place || place.function < 0) return "";
  return place.functionName || `#${place.function}`;
}
