/**
 * Where the probes of a list stand in a module: for each function the numbers of the probes at its entry, its exit, at
 * every instruction and at single ones, in the order of the list; and the instructions of a module by pc.
 */
import { usageError } from "../../base/diagnostics.ts";
import { functionNames } from "../../wasm/names.ts";
import { type Module, typeName } from "../../wasm/types.ts";
import { codeOf, codeStart } from "../../wasm/walk.ts";
import { findSites, type Site } from "../sites.ts";
import type { At, Places, Probe, Where } from "./probe.ts";

/** An instruction of a module; a probe can stand `at` it. */
export interface Instruction extends At {
  /** Of the name section; empty where it has none. */
  readonly functionName: string;
  /** As the text format has it: `br_if`. */
  readonly name: string;
  /** Types of its operands, topmost first. */
  readonly operands: readonly string[];
  /** Values of its immediates, in the order of the encoding. */
  readonly immediates: readonly (number | bigint)[];
  /** Whether control can get there, as far as the code tells without values: a probe never fires where it cannot. */
  readonly reachable: boolean;
}

/** The instructions that `wants` asks for, in the order of the code. @throws DecodeError where the code is damaged. */
export function instructionsIn(module: Module, wants: (one: Instruction) => boolean): Instruction[] {
  const names = functionNames(module);
  const listed = (site: Site) =>
    new ListedInstruction(site, codeStart(module, site.function), names.get(site.function) ?? "");
  return findSites(module, (site) => wants(listed(site))).map((site) => listed(site).whole);
}

/** Of hundreds of thousands few are wanted: what costs to make is made when it is asked for. */
class ListedInstruction implements Instruction {
  readonly function: number;
  readonly pc: number;
  readonly functionName: string;
  readonly reachable: boolean;
  readonly #site: Site;

  constructor(site: Site, start: number, functionName: string) {
    this.function = site.function;
    this.pc = site.offset - start;
    this.functionName = functionName;
    this.reachable = site.reachable;
    this.#site = site;
  }

  get name(): string {
    return this.#site.name;
  }

  get operands(): readonly string[] {
    return this.#site.operands.map(typeName);
  }

  get immediates(): readonly (number | bigint)[] {
    return this.#site.immediates.map(({ value }) => value);
  }

  /** The same as a plain object. */
  get whole(): Instruction {
    const { function: index, pc, functionName, name, operands, immediates, reachable } = this;
    return { function: index, pc, functionName, name, operands, immediates, reachable };
  }
}

/** Numbers of probes, ascending. */
export interface Placed {
  readonly entry: number[];
  readonly exit: number[];
  readonly everywhere: number[];
  /** By absolute offset in the file. */
  readonly sites: Map<number, number[]>;
}

/** Of a function in which none stands. */
export const nowhere = (): Placed => ({ entry: [], exit: [], everywhere: [], sites: new Map() });

/** By absolute function index. @throws Diagnostic (usage) where a probe stands where there is nothing. */
export function placesOf(module: Module, probes: readonly Probe[]): ReadonlyMap<number, Placed> {
  const found = new Map<number, Placed>();
  const offsets = new Map<number, ReadonlySet<number>>();
  probes.forEach(({ at }, number) => {
    for (const where of eachOf(at))
      for (const list of listsOf(where)) if (list.at(-1) !== number) list.push(number);
  });
  return found;

  function listsOf(where: Where): number[][] {
    if (where === "every instruction") return defined("all").map((index) => placed(index).everywhere);
    if ("entry" in where) return defined(where.entry).map((index) => placed(index).entry);
    if ("exit" in where) return defined(where.exit).map((index) => placed(index).exit);
    const [index] = defined(where.function) as [number];
    return [single(index, offsetOf(index, where.pc))];
  }

  function defined(index: number | "all"): number[] {
    const { importedFunctions, functions } = module;
    if (index === "all") return functions.slice(importedFunctions).map((_, n) => importedFunctions + n);
    if (index in functions && index >= importedFunctions) return [index];
    throw usageError(
      `a probe stands in function ${index}, which ${index in functions ? "is imported" : "there is not"}`,
      `the module's own functions are ${importedFunctions} to ${functions.length - 1}`,
    );
  }

  function placed(index: number): Placed {
    const known = found.get(index) ?? nowhere();
    found.set(index, known);
    return known;
  }

  function single(index: number, offset: number): number[] {
    const { sites } = placed(index);
    const known = sites.get(offset) ?? [];
    sites.set(offset, known);
    return known;
  }

  function offsetOf(index: number, pc: number): number {
    const known = offsets.get(index) ?? new Set(offsetsOf(module, index));
    offsets.set(index, known);
    const start = codeStart(module, index);
    if (known.has(start + pc)) return start + pc;
    const before = [...known].findLast((offset) => offset < start + pc);
    const nearest = before === undefined ? [] : [`the instruction before it has pc ${before - start}`];
    throw usageError(
      `a probe stands at pc ${pc} of function ${index}, where no instruction begins`,
      ...nearest,
    );
  }
}

const eachOf = (at: Places): readonly Where[] =>
  Array.isArray(at) ? (at as readonly Where[]) : [at as Where];

function offsetsOf(module: Module, index: number): number[] {
  const offsets: number[] = [];
  for (const code = codeOf(module, index); code.advance(); ) offsets.push(code.at);
  return offsets;
}
