/**
 * The report of probes at JavaScript: a row for each place and reported variable of its rule, from the map that held
 * the variable. Places that nothing came to have the variable's initial value, like places in WebAssembly.
 */
import { isMap, isTuple, type Type, type Value, zeroOf } from "../language-types.ts";
import type { Report, ReportMap, ReportRow, ReportValue, RowPlace } from "../report.ts";
import type { JsProbe, JsScript } from "./js-probes.ts";

/** Rows of maps, by name, become rows of places; `places[n]` is place number n. */
export function withJsRows(
  { rows, output }: Report,
  { variables, probes }: Pick<JsScript, "variables" | "probes">,
  places: readonly RowPlace[],
): Report {
  const functionOf = new Map(probes.map((probe: JsProbe) => [probe.number, probe.export]));
  const byRow = new Map(variables.map((variable) => [variable.row, variable]));
  const held = rows
    .filter(({ variable }) => byRow.has(variable))
    .map((row) => ({ variable: byRow.get(row.variable)!, values: valuesOf(row) }));
  const others = rows.filter(({ variable }) => !byRow.has(variable));
  const numbered = places.map((place, number) => ({ place, number }));
  numbered.sort((a, b) => a.place.function - b.place.function || a.place.pc - b.place.pc);
  const expanded = numbered.flatMap(({ place, number }) =>
    held.flatMap(({ variable, values }): ReportRow[] => {
      if (variable.export !== functionOf.get(place.probe)) return [];
      const { name, type, initial } = variable;
      const start = initial?.kind === "constant" ? initial.value : zeroOf(type);
      const value = values.get(number) ?? reported(type, start);
      return [{ variable: name, type, place, value }];
    }),
  );
  const sorted = [...others, ...expanded].sort((a, b) => (a.place?.probe ?? -1) - (b.place?.probe ?? -1));
  return { rows: sorted, output };
}

/** The entries of a row that is a map of places. */
function valuesOf({ value }: ReportRow): ReadonlyMap<number, ReportValue> {
  return new Map((value as ReportMap).map.map(([key, held]) => [Number(key), held]));
}

function reported(type: Type, value: Value): ReportValue {
  if (isMap(type)) return { map: [] };
  if (isTuple(type)) return type.items.map((item, i) => reported(item, (value as readonly Value[])[i]!));
  return value as ReportValue;
}
