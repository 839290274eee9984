/**
 * Where a script's state is in the rewritten module: each part of a script variable, and of each site variable at
 * each place, is a global of its own, so that counting is one load, add and store. Strings that are known get their
 * numbers here, in the order in which the module makes them before it runs.
 */
import type { AddedGlobal } from "../../probe/additions.ts";
import { I64 } from "../../wasm/types.ts";
import { flatten, isMap, isTuple, type Type, type Value, zeroOf } from "../language-types.ts";
import type { RowLayout, RowPlace } from "../report.ts";
import type { Variable } from "../tree.ts";

/** Prefix of everything that an instrumented module exports for its monitor. */
export const monitorPrefix = "javy_prof.monitor.";

/** Export that does what the script does before the program, where that is not at instantiation. */
export const startupExport = `${monitorPrefix}startup`;

/** Export that sets the state back. */
export const resetExport = `${monitorPrefix}reset`;

/** Exports of a script's own module: what runs before the program, and what it does at wasm:begin. */
export const initExport = `${monitorPrefix}init`;
export const beginExport = `${monitorPrefix}begin`;

/** Start of the names of its exports that are told what data segments fill: (start: i32, length: i32), before it begins. */
export const dataExport = `${monitorPrefix}data `;

/** Export of the program beside such a module: the memory that APP_MEMID means. */
export const programMemoryExport = `${monitorPrefix}memory.program`;

/** Export that gives the bits of a reported value: (its number: i32) -> i64. */
export const valueExport = `${monitorPrefix}value`;

/** Custom section of a self-contained file: what its report's values are, as JSON (report-section.ts). */
export const reportSection = "javy_prof.monitor";

/** Under which names a self-contained file exports what the support library gives a reader, by the library's names. */
export const supportExports = {
  memory: { name: `${monitorPrefix}memory`, kind: "memory" },
  strings: { name: `${monitorPrefix}strings`, kind: "global" },
  stringCount: { name: `${monitorPrefix}string_count`, kind: "global" },
  output_addr: { name: `${monitorPrefix}output`, kind: "func" },
  output_len: { name: `${monitorPrefix}output_length`, kind: "func" },
} as const;

/** V8's limit of globals in a module; those of the module itself come on top. */
export const mostGlobals = 990_000;

/** Of one place, or of the script: the number of each variable's first global. */
export type Cells = Map<Variable, number>;

export class State {
  readonly globals: AddedGlobal[] = [];
  /** Numbers of the globals that the report has, by the number of the value. */
  readonly reported: number[] = [];
  readonly rows: RowLayout[] = [];
  /** Numbers of globals that stay what they are when the state is set back. */
  readonly lasting = new Set<number>();
  readonly #strings: Map<string, number>;

  /** `known`: strings that are there already, by number. */
  constructor(known: readonly string[] = [""]) {
    this.#strings = new Map(known.map((text, number) => [text, number]));
  }

  /** Gives a variable its globals; true where its initial value must be made by code before the program runs. */
  add(variable: Variable, initial: Value | undefined, place: RowPlace | null, cells: Cells): void {
    const first = this.globals.length;
    cells.set(variable, first);
    const types = flatten(variable.type);
    const values = this.#parts(variable.type, initial ?? zeroOf(variable.type));
    types.forEach((type, n) => {
      this.globals.push({ type, mutable: true, initial: values[n]! });
    });
    if (!variable.report) return;
    this.rows.push({ variable: variable.name, type: variable.type, place, first: this.reported.length });
    types.forEach((_, n) => {
      this.reported.push(first + n);
    });
  }

  /** The parts of a known value as WebAssembly has them. */
  #parts(type: Type, value: Value): (number | bigint)[] {
    if (isTuple(type))
      return type.items.flatMap((item, i) => this.#parts(item, (value as readonly Value[])[i]!));
    if (type === "str") return [this.string(value as string)];
    if (isMap(type)) return [0];
    if (typeof value === "boolean") return [value ? 1 : 0];
    return [flatten(type)[0] === I64 ? BigInt.asIntN(64, BigInt(value as bigint)) : (value as number)];
  }

  string(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    this.#strings.set(text, this.#strings.size);
    return this.#strings.size - 1;
  }

  /** In the order of their numbers; the empty one is number 0. */
  get strings(): readonly string[] {
    return [...this.#strings.keys()];
  }
}
