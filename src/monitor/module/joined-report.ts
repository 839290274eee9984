/**
 * The report of a monitor module that is linked to a program. The program's own report has, for each place, the address
 * of its state in the module's memory; what is reported of it stands there. Variables of the script are values of the
 * module, by number.
 */
import { flatten } from "../language-types.ts";
import { readReport, type SupportRemains } from "../read-report.ts";
import type { Report, ReportLayout, RowLayout } from "../report.ts";
import { partBytes } from "../targets/environment.ts";
import type { SiteVariable } from "./lowering.ts";

export interface LinkedLayout {
  /** Of the module: variables of the script. */
  readonly module: ReportLayout;
  /** Of the program: addresses, in rows that are named after what made the state. */
  readonly program: ReportLayout;
  readonly reported: ReadonlyMap<string, readonly SiteVariable[]>;
}

/** `values`: those of the module, `addresses`: those of the program, by number. */
export function readJoinedReport(
  linked: LinkedLayout,
  values: ArrayLike<bigint>,
  addresses: ArrayLike<bigint>,
  support: SupportRemains | null,
): Report {
  const bits: bigint[] = Array.from(values);
  const { buffer, byteOffset, byteLength } = support?.memory ?? new Uint8Array();
  const memory = new DataView(buffer, byteOffset, byteLength);
  const rows = joinedRows(linked, (address, { type, offset }) => {
    const first = bits.length;
    const at = Number(addresses[address]!) + offset;
    for (const [n] of flatten(type).entries()) bits.push(memory.getBigUint64(at + partBytes * n, true));
    return first;
  });
  const { module, program } = linked;
  const layout: ReportLayout = {
    ...{ rows, strings: program.strings, support: support !== null },
    custom: module.custom,
  };
  return readReport(layout, { value: (n) => bits[n]!, support });
}

/**
 * In the order of the probes; variables of the script first. `first`: the number of the first value of what is reported
 * of a place, from the number of the address of its state.
 */
export function joinedRows(
  { module, program, reported }: LinkedLayout,
  first: (address: number, variable: SiteVariable) => number,
): RowLayout[] {
  const places = program.rows.flatMap((row) =>
    (reported.get(row.variable) ?? []).map((variable): RowLayout => {
      const { name, type } = variable;
      return { variable: name, type, place: row.place, first: first(row.first, variable) };
    }),
  );
  const number = ({ place }: RowLayout) => place?.probe ?? -1;
  return [...module.rows, ...places].sort((a, b) => number(a) - number(b));
}
