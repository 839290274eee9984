/**
 * What a self-contained file says of its report: a custom section with JSON, from which any host reads the values that
 * the file's exports give, and reading them so. docs/monitors.md describes the section.
 */
import { encodeText } from "../base/bytes.ts";
import { entry } from "../wasm/encode.ts";
import { SectionId } from "../wasm/types.ts";
import { typeText } from "./language-types.ts";
import type { SiteVariable } from "./module/lowering.ts";
import type { Remains } from "./read-report.ts";
import { type ReportLayout, valueCount } from "./report.ts";
import { reportSection, supportExports, valueExport } from "./targets/state.ts";

/**
 * A section, its id and size included. `script`: name of the script's file; `ending`: exports to call first; `state`: what
 * is reported of each place, for a module beside the program, by the export that makes it.
 */
export function writeReportSection(
  layout: ReportLayout,
  ending: readonly string[],
  script: string,
  state?: ReadonlyMap<string, readonly SiteVariable[]>,
): Uint8Array {
  const document = {
    ...{ schemaVersion: 1, monitor: script, ending, custom: layout.custom, strings: layout.strings },
    rows: layout.rows.map(({ variable, type, place, first }) => ({
      ...{ variable, type: typeText(type), probe: place?.event ?? null },
      function: place && { index: place.function, name: place.functionName || null },
      ...{ pc: place?.pc ?? null, first },
    })),
    ...(state && {
      state: Object.fromEntries(
        [...state].map(([name, variables]) => [
          name,
          variables.map(({ name, type, offset }) => ({ variable: name, type: typeText(type), offset })),
        ]),
      ),
    }),
  };
  return entry((w) => {
    w.u8(SectionId.custom);
    w.sized(
      entry((inner) => {
        inner.name(reportSection);
        inner.copy(encodeText(JSON.stringify(document)));
      }),
    );
  });
}

/** Does what the script does at its end, and gives what the file's exports have then. */
export function finishFile(
  exports: WebAssembly.Exports,
  layout: ReportLayout,
  ending: readonly string[],
): Remains {
  const call = (name: string, ...args: number[]) =>
    (exports[name] as (...args: number[]) => number | bigint)(...args);
  for (const name of ending) call(name);
  const values = Array.from({ length: valueCount(layout) }, (_, n) =>
    BigInt.asUintN(64, call(valueExport, n) as bigint),
  );
  const { memory, strings, stringCount, output_addr, output_len } = supportExports;
  const kept = exports[memory.name];
  const global = (name: string) => (exports[name] as WebAssembly.Global).value as number;
  const support = kept
    ? {
        memory: new Uint8Array((kept as WebAssembly.Memory).buffer).slice(),
        ...{ strings: global(strings.name), stringCount: global(stringCount.name) },
        ...{ output: call(output_addr.name) as number, outputLength: call(output_len.name) as number },
      }
    : null;
  return { value: (n) => values[n]!, support };
}
