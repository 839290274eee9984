/**
 * What is known of a place before the program runs: the value of each static variable of an event, from the module.
 * A variable that is derived from immediates or constant for its event is computed from its definition in the table.
 */

import type { Site } from "../../probe/sites.ts";
import { initialTable } from "../../wasm/facts/initial-table.ts";
import { lebAt } from "../../wasm/instructions.ts";
import { functionNames } from "../../wasm/names.ts";
import { opcodes } from "../../wasm/opcodes.ts";
import type { Import, Module } from "../../wasm/types.ts";
import { float, integer } from "../evaluate.ts";
import type { Event } from "../events.ts";
import type { Known } from "../fold.ts";
import { isFloat, isInteger, type Type, type Value, valueKey } from "../language-types.ts";
import type { Instruction, Outline } from "./outline.ts";

/** What of a module many places ask for. */
export class ModuleFacts {
  readonly module: Module;
  readonly names: ReadonlyMap<number, string>;
  readonly importedFunctions: readonly Import[];
  /** Index of the first memory that the module defines itself, 0 where it has none. */
  readonly memory: number;
  #table: ReadonlyMap<number, number> | undefined;

  /** `memory`: the number that stands for the program's where the module is not the program. */
  constructor(module: Module, memory = ownMemory(module)) {
    this.module = module;
    this.memory = memory;
    this.names = functionNames(module);
    this.importedFunctions = module.imports.filter(({ description }) => description.kind === "func");
  }

  /** What table 0 holds at the start. */
  get table(): ReadonlyMap<number, number> {
    this.#table ??= initialTable(this.module);
    return this.#table;
  }

  /** Index of the function of that name: in the name section, exported or imported. */
  functionNamed(name: string): number | undefined {
    for (const [index, text] of this.names) if (text === name) return index;
    const exported = this.module.exports.find((one) => one.kind === "func" && one.name === name);
    if (exported) return exported.index;
    const imported = this.importedFunctions.findIndex((one) => one.name === name);
    return imported < 0 ? undefined : imported;
  }
}

function ownMemory({ imports, memories }: Module): number {
  const imported = imports.filter(({ description }) => description.kind === "memory").length;
  return memories.length > imported ? imported : 0;
}

/** Where a probe stands. */
export interface KnownPlace {
  readonly event: Event;
  /** null at places of no function: wasm:report. */
  readonly outline: Outline | null;
  readonly instruction: Instruction | null;
  /** For opcode events. */
  readonly site: Site | null;
  /** `pc` as the script reads it. */
  readonly pc: number;
  /** Instructions of the straight run, at block:end. */
  readonly runLength?: number;
}

export function knownAt(facts: ModuleFacts, place: KnownPlace, call?: Known["call"]): Known {
  const value = (name: string, type: Type) => {
    const found = rawValue(facts, place, name);
    return found === undefined ? undefined : inType(type, found);
  };
  return call ? { value, call } : { value };
}

function inType(type: Type, value: Value): Value {
  if (isInteger(type)) return integer(type, BigInt(value as number));
  return isFloat(type) ? float(type, Number(value)) : value;
}

function rawValue(facts: ModuleFacts, place: KnownPlace, name: string): Value | undefined {
  const { outline, instruction, site, event } = place;
  const derivation = event.variables.find((variable) => variable.name === name)?.derivation;
  if (derivation !== undefined) {
    const immediate = /^imm(\d+)( as i32)?$/.exec(derivation);
    return immediate ? site?.immediates[Number(immediate[1])]?.value : (JSON.parse(derivation) as Value);
  }
  const immediate = /^imm(\d+)$/.exec(name);
  if (immediate) return site?.immediates[Number(immediate[1])]?.value;
  switch (name) {
    case "APP_MEMID":
      return facts.memory;
    case "fid":
      return outline?.function ?? 0;
    case "fname":
      return outline ? (facts.names.get(outline.function) ?? "") : "";
    case "pc":
      return place.pc;
    case "opidx":
      return instruction?.ordinal ?? 0;
    case "at_func_end":
      return instruction !== null && instruction === outline?.instructions.at(-1);
    case "instr_count":
      return place.runLength;
    case "align":
    case "memory":
    case "offset":
      return site?.immediates[["align", "memory", "offset"].indexOf(name)]?.value;
    case "num_targets":
      return site ? site.immediates.length - 1 : undefined;
    case "default_target":
      return site?.immediates.at(-1)?.value;
    case "targets":
      return site
        ? new Map(site.immediates.slice(0, -1).map(({ value }, i) => [valueKey(i), Number(value)]))
        : undefined;
    case "target_imp_module":
      return calledImport(facts, site)?.module ?? "";
    case "target_fn_type":
      return calledImport(facts, site) ? "import" : "local";
    case "target_fn_name":
      return calledImport(facts, site)?.name ?? facts.names.get(Number(site?.immediates[0]?.value)) ?? "";
    case "resolved_fid":
      return functionBefore(facts, place);
    default:
      return undefined;
  }
}

function calledImport(facts: ModuleFacts, site: Site | null): Import | undefined {
  return site ? facts.importedFunctions[Number(site.immediates[0]?.value)] : undefined;
}

/** The function that a `ref.func` directly in front pushes; -1 where there is none. */
function functionBefore(facts: ModuleFacts, { outline, instruction }: KnownPlace): number {
  const before = outline?.instructions[(instruction?.ordinal ?? 0) - 1];
  if (!before || opcodes[before.row]!.name !== "ref.func") return -1;
  return lebAt(facts.module.bytes, before.offset + 1);
}
