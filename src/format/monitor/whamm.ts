/**
 * A report as Whamm's own text: a banner, a header and a row a value, separated by comma and space, nothing quoted,
 * by type in Whamm's order. The first column counts values from 0 where Whamm gives addresses in a memory of its own.
 */
import { flatten, isMap, isTuple, type Type, typeText } from "../../monitor/language-types.ts";
import type { Report, ReportRow } from "../../monitor/report.ts";
import { typeName } from "../../wasm/types.ts";
import { inertText } from "../inert.ts";
import { functionText, valueText } from "./value-text.ts";

const order = ["u8", "i8", "u16", "i16", "u32", "i32", "f32", "u64", "i64", "f64", "bool", "str", "funcref"];
const banner = `${"=".repeat(29)} REPORT CSV FLUSH ${"=".repeat(29)}`;
const header = "id, id_type, name, whamm_type, wasm_type, script_id, fname, fid, pc, probe_id, value(s)";

export function writeMonitorWhamm({ rows, output }: Report): string {
  const lines = rows
    .map((row, id) => ({ row, id }))
    .sort((a, b) => rank(a.row.type) - rank(b.row.type) || a.id - b.id)
    .map(({ row, id }) => line(row, id));
  return `${output}\n${banner}\n${[header, ...lines].map((text) => `${text}\n`).join("")}`;
}

function rank(type: Type): number {
  if (isTuple(type)) return order.length;
  return isMap(type) ? order.length + 1 : order.indexOf(type as string);
}

function line(row: ReportRow, id: number): string {
  const { variable, type, place, value } = row;
  const kind = isMap(type) ? "map_id" : place ? "memaddr" : "global_id";
  const wasm = flatten(type).map(typeName);
  const where = place
    ? [functionText(row), String(place.function), String(place.pc), probeId(place.probe, place.event)]
    : ["", "", "", ""];
  const cells = [
    ...[
      String(id),
      kind,
      variable,
      typeText(type).replaceAll(", ", ","),
      wasm.length === 1 ? wasm[0]! : `(${wasm.join("; ")})`,
    ],
    ...["script0", ...where, valueText(type, value)],
  ];
  return cells.map(inertText).join(", ");
}

const blocks = /:(block|loop|if|else|try_table|try):/;

/** `51_wasm:opcode:i32.const:before`, with the names that Whamm has inside for modes. */
function probeId(number: number, event: string): string {
  const parts = event.split(":");
  const [mode] = parts.slice(3);
  if (mode === undefined) return `${number}_${event}:<no-mode>`;
  const inside = mode === "at_target" || (mode === "after" && blocks.test(event)) ? "semantic_after" : mode;
  const named = inside === "alt" && blocks.test(event) ? "block_alt" : inside;
  return `${number}_${[...parts.slice(0, 3), named].join(":")}`;
}
