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
  { module, program, reported }: LinkedLayout,
  values: ArrayLike<bigint>,
  addresses: ArrayLike<bigint>,
  support: SupportRemains | null,
): Report {
  const bits: bigint[] = Array.from(values);
  const { buffer, byteOffset, byteLength } = support?.memory ?? new Uint8Array();
  const memory = new DataView(buffer, byteOffset, byteLength);
  const rows = program.rows.flatMap(({ variable, place, first }) =>
    (reported.get(variable) ?? []).map(({ name, type, offset }): RowLayout => {
      const at = Number(addresses[first]!) + offset;
      const row = { variable: name, type, place, first: bits.length };
      for (const [n] of flatten(type).entries()) bits.push(memory.getBigUint64(at + partBytes * n, true));
      return row;
    }),
  );
  const layout: ReportLayout = {
    ...{ rows: joined(module.rows, rows), strings: program.strings, support: support !== null },
    custom: module.custom,
  };
  return readReport(layout, { value: (n) => bits[n]!, support });
}

/** In the order of the probes; variables of the script first. */
function joined(script: readonly RowLayout[], places: readonly RowLayout[]): RowLayout[] {
  const number = ({ place }: RowLayout) => place?.probe ?? -1;
  return [...script, ...places].sort((a, b) => number(a) - number(b));
}
