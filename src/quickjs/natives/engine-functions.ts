/**
 * The few engine functions that matter, found without names: by what they refer to and how they call (engine-marks.ts),
 * and by what follows from that. What two categories claim is left without one: a function has the right category or
 * none.
 */
import { largeBranchTables } from "../../wasm/facts/branch-tables.ts";
import type { CodeFacts } from "../../wasm/facts/code-facts.ts";
import { typeText } from "../../wasm/type-text.ts";
import type { Module } from "../../wasm/types.ts";
import { type Dispatch, isByteDispatch } from "../dispatch.ts";
import { type EngineCategory, engineMarks, evaluatingText } from "./engine-marks.ts";

export interface EngineInput {
  readonly module: Module;
  readonly memory: Uint8Array;
  readonly table: ReadonlyMap<number, number>;
  readonly facts: ReadonlyMap<number, CodeFacts>;
  readonly dispatch: Dispatch;
  /** Functions that the runtime allocates with, absolute indices; empty where they are not known. */
  readonly allocators: readonly number[];
  /** Functions that make builtins of lists in memory; empty where that was done before. */
  readonly installers: readonly number[];
  /** RegExp.prototype.exec and its like; empty where they are not known. */
  readonly regexp: readonly number[];
}

/** Categories by absolute function index. */
export function engineFunctions(input: EngineInput): Map<number, EngineCategory> {
  const search = new Search(input);
  search.marks();
  search.installing();
  search.freeing();
  search.collecting();
  search.allocating();
  search.matching();
  search.loading();
  return search.found();
}

class Search {
  readonly #input: EngineInput;
  readonly #claims = new Map<number, Set<EngineCategory>>();
  /** Function types as text, by type index. */
  readonly #types: readonly string[];
  /** Functions that evaluate what was read. */
  readonly #evaluating = new Set<number>();

  constructor(input: EngineInput) {
    this.#input = input;
    this.#types = input.module.types.map((_, type) => typeText(input.module, type));
  }

  /** The interpreter is told by its dispatch, whatever else it contains. */
  found(): Map<number, EngineCategory> {
    const found = new Map<number, EngineCategory>();
    for (const [index, categories] of this.#claims)
      if (categories.size === 1) for (const category of categories) found.set(index, category);
    return found.set(this.#input.dispatch.function, "interpreter");
  }

  #claim(index: number, category: EngineCategory): void {
    this.#claims.set(index, (this.#claims.get(index) ?? new Set()).add(category));
  }

  #of(category: EngineCategory): number[] {
    return [...this.#claims].filter(([, claims]) => claims.has(category)).map(([index]) => index);
  }

  #type(index: number): string {
    return this.#types[this.#input.module.functions[index]!]!;
  }

  marks(): void {
    const { module, memory, table, facts } = this.#input;
    const addresses = textAddresses(
      memory,
      engineMarks.flatMap(({ texts = [] }) => texts),
    );
    const evaluating = new Set(addresses.get(evaluatingText));
    const categoryOfAddress = new Map<number, EngineCategory>();
    const categoryOfType = new Map<string, EngineCategory>();
    const categoryOfImport = new Map<number, EngineCategory>();
    const hostFunctions = module.imports.filter(({ description }) => description.kind === "func");
    for (const { category, texts = [], calls = [], tabled = [], imports = [] } of engineMarks) {
      for (const text of texts) for (const at of addresses.get(text)!) categoryOfAddress.set(at, category);
      for (const type of calls) categoryOfType.set(type, category);
      hostFunctions.forEach(({ name }, i) => {
        if (imports.includes(name)) categoryOfImport.set(i, category);
      });
      for (const index of table.values())
        if (tabled.includes(this.#type(index))) this.#claim(index, category);
    }
    // an entry point of the module is many things that were inlined into it
    const entries = new Set(module.exports.flatMap(({ kind, index }) => (kind === "func" ? [index] : [])));
    for (const [index, { calls, indirect, constants }] of facts) {
      if (entries.has(index)) continue;
      const claim = (category: EngineCategory | undefined) => {
        if (category !== undefined) this.#claim(index, category);
      };
      for (const constant of constants) {
        claim(categoryOfAddress.get(constant));
        if (evaluating.has(constant)) this.#evaluating.add(index);
      }
      for (const type of indirect) claim(categoryOfType.get(this.#types[type]!));
      for (const callee of calls) claim(categoryOfImport.get(callee));
    }
  }

  /** What makes the builtins of a runtime, by their lists. */
  installing(): void {
    const { module, installers } = this.#input;
    const entries = new Set(module.exports.flatMap(({ kind, index }) => (kind === "func" ? [index] : [])));
    for (const index of installers) if (!entries.has(index)) this.#claim(index, "setup");
  }

  /** Freeing a value (rt, value) calls what frees objects. */
  freeing(): void {
    const frees = new Set(this.#of("gc"));
    for (const [index, { calls }] of this.#input.facts)
      if (this.#type(index) === "il>" && [...calls].some((callee) => frees.has(callee)))
        this.#claim(index, "gc");
  }

  /** Where marking (rt, object, mark_func) was not inlined, the passes of the collector (rt) call it, and it calls them. */
  collecting(): void {
    const { facts } = this.#input;
    const marks = (index: number) =>
      [...facts.get(index)!.indirect].some((type) => this.#types[type] === "ili>");
    let level = new Set([...facts.keys()].filter(marks));
    // until the collector itself is there, with the runtime as its only parameter
    while (level.size > 0 && ![...level].some((index) => this.#type(index) === "i>")) {
      const next = new Set<number>();
      for (const [index, { calls }] of facts)
        if (
          ["i>", "ii>", "iii>"].includes(this.#type(index)) &&
          [...calls].some((callee) => level.has(callee))
        )
          next.add(index);
      for (const index of next) {
        if (this.#claims.get(index)?.has("gc")) next.delete(index);
        this.#claim(index, "gc");
      }
      level = next;
    }
  }

  /** The runtime's own four or five, and what they are made of: malloc, free and the like. */
  allocating(): void {
    const { allocators, facts, module } = this.#input;
    for (const index of allocators) {
      // what asks for the size of a block is often no more than a constant, and one function with others
      if (this.#type(index) === "i>i") continue;
      this.#claim(index, "allocation");
      for (const callee of facts.get(index)?.calls ?? []) {
        const allocates = ["i>i", "i>", "ii>i"].includes(this.#type(callee));
        if (allocates && !neverReturns(module, callee)) this.#claim(callee, "allocation");
      }
    }
  }

  /** Reading bytecode, or making a runtime, evaluates nothing: a function that does both had one inlined, and is more. */
  loading(): void {
    const { facts } = this.#input;
    const evaluates = new Set([...this.#evaluating, ...this.#of("jobs")]);
    const callees = (index: number) => [...(facts.get(index)?.calls ?? [])];
    const leads = (index: number) =>
      callees(index).some(
        (callee) =>
          evaluates.has(callee) ||
          (!this.#claims.has(callee) && callees(callee).some((next) => evaluates.has(next))),
      );
    for (const index of [...this.#of("bytecode loading"), ...this.#of("setup")])
      if (leads(index)) this.#claims.delete(index);
  }

  /** The regular expressions' interpreter: a dispatch of bytes, smaller than JavaScript's, that a match leads to. */
  matching(): void {
    const { regexp, facts, module, dispatch } = this.#input;
    const reached = new Set(regexp);
    let level = [...regexp];
    for (let depth = 0; depth < 3; depth++) {
      level = level
        .flatMap((index) => [...(facts.get(index)?.calls ?? [])])
        .filter((callee) => !reached.has(callee));
      for (const callee of level) if (callee !== dispatch.function) reached.add(callee);
    }
    reached.delete(dispatch.function);
    for (const table of largeBranchTables(module, 20, reached))
      if (isByteDispatch(module, table)) this.#claim(table.function, "regexp");
  }
}

/** Whether a function's last instruction is `unreachable`: it ends in a panic. */
function neverReturns(module: Module, index: number): boolean {
  const body = module.bodies[index - module.importedFunctions];
  return body !== undefined && module.bytes[body.end - 2] === 0;
}

/**
 * Where each text begins in memory. Round addresses are left out: code has such numbers for other reasons, and data
 * often begins at one.
 */
function textAddresses(memory: Uint8Array, texts: readonly string[]): Map<string, number[]> {
  const buffer = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
  return new Map(
    texts.map((text) => {
      const found: number[] = [];
      for (let at = buffer.indexOf(text, 0, "latin1"); at >= 0; at = buffer.indexOf(text, at + 1, "latin1"))
        if (at % 256 !== 0) found.push(at);
      return [text, found];
    }),
  );
}
