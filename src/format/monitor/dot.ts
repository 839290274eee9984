/**
 * A graph in Graphviz's DOT: each map of the report from pairs to numbers, an edge an entry, as call graphs have it.
 * Names are the program's: in strings, where quotes and backslashes are escaped.
 */
import { usageError } from "../../base/diagnostics.ts";
import { isMap, isNumber, isTuple, type Type } from "../../monitor/language-types.ts";
import type { Report, ReportMap, ReportValue } from "../../monitor/report.ts";
import { inertText } from "../inert.ts";
import { valueText } from "./value-text.ts";

/** @throws Diagnostic (usage) where the report has no such map. */
export function writeDot({ rows }: Report): string {
  const graphs = rows.flatMap(({ variable, type, value }) =>
    isGraph(type) ? [graph(variable, type.key.items, value as ReportMap)] : [],
  );
  if (graphs.length === 0)
    throw usageError(
      "the report has no graph",
      "--format dot needs a map from pairs to numbers, as the monitors call-graph and js-call-graph have it",
    );
  return graphs.join("");
}

interface GraphType {
  readonly kind: "map";
  readonly key: { readonly kind: "tuple"; readonly items: readonly Type[] };
  readonly value: Type;
}

function isGraph(type: Type): type is GraphType {
  return isMap(type) && isTuple(type.key) && type.key.items.length === 2 && isNumber(type.value);
}

function graph(name: string, [from, to]: readonly Type[], { map }: ReportMap): string {
  const edges = map.map(([key, count]) => {
    const [a, b] = key as readonly [ReportValue, ReportValue];
    return `  ${quoted(valueText(from!, a))} -> ${quoted(valueText(to!, b))} [label=${quoted(String(count))}];\n`;
  });
  return `digraph ${quoted(name)} {\n${edges.join("")}}\n`;
}

function quoted(text: string): string {
  return `"${inertText(text).replaceAll(/["\\]/g, "\\$&")}"`;
}
