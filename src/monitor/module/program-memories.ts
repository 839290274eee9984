/**
 * How a monitor module that is a file of its own reaches the memories of the program: the program puts three functions
 * into a table of the module when it is instantiated, since it imports the module and not the other way round. They
 * read a byte, write one, and tell a size; memories go by the numbers of targets/calls.ts.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import type { Indices } from "../../probe/action.ts";
import type { AddedElements, AddedFunction, AddedTable } from "../../probe/additions.ts";
import { emit } from "../../wasm/emit.ts";
import { I32, type Module, type ValType } from "../../wasm/types.ts";
import { programMemory } from "../targets/calls.ts";
import {
  memoriesOf,
  type NumberedMemory,
  pushAddress,
  pushIs,
  returnOutside,
  sizeFunction,
} from "../targets/memories.ts";
import { programTable, programTableExport, Slot } from "../targets/program-calls.ts";

/** What the program adds, its functions behind `first` others and its table behind `tables` others. */
export function programSide(
  module: Module,
  own: number,
  from: string,
  first: number,
  tables: number,
): {
  readonly functions: readonly AddedFunction[];
  readonly tables: readonly AddedTable[];
  readonly elements: readonly AddedElements[];
} {
  const numbered = memoriesOf(module);
  const memories = numbered[own] ? [...numbered, { ...numbered[own], number: programMemory }] : numbered;
  return {
    functions: [
      { params: [I32, I32], results: [I32], write: (w, indices) => writeLoad(w, indices, memories) },
      { params: [I32, I32, I32], results: [], write: (w, indices) => writeStore(w, indices, memories) },
      // a program without that memory has no bytes in it
      sizeFunction(memories, 0),
    ],
    tables: [{ ...programTable, import: { module: from, name: programTableExport } }],
    elements: [{ table: tables, from: Slot.load, functions: [0, 1, 2].map((n) => ({ added: first + n })) }],
  };
}

/** What the module has instead of a host: `table` is the number of the table, `memories` are its own. */
export function copyAcross(memories: readonly NumberedMemory[], table: number): AddedFunction {
  const [from, at, to, into, length, count, index] = [0, 1, 2, 3, 4, 5, 6];
  return {
    ...{ params: [I32, I32, I32, I32, I32], results: [], locals: [I32, I32] },
    write: (w, indices) => {
      const across = new Across(w, indices, memories, table);
      // Out of bounds it copies nothing.
      for (const [memory, address] of [
        [from, at],
        [to, into],
      ] as const) {
        returnOutside(w, address, () => {
          across.size(memory);
          emit(w, "i64.extend_i32_u");
        });
      }
      emit(w, "block", null);
      emit(w, "loop", null);
      emit(w, "local.get", count);
      emit(w, "local.get", length);
      emit(w, "i32.ge_u");
      emit(w, "br_if", 1);
      // Backwards where the bytes may be moved up in one memory.
      emit(w, "local.get", length);
      emit(w, "local.get", count);
      emit(w, "i32.sub");
      emit(w, "i32.const", 1);
      emit(w, "i32.sub");
      emit(w, "local.get", count);
      emit(w, "local.get", into);
      emit(w, "local.get", at);
      emit(w, "i32.gt_u");
      emit(w, "select");
      emit(w, "local.set", index);
      across.store(to, into, index, () => across.load(from, at, index));
      emit(w, "local.get", count);
      emit(w, "i32.const", 1);
      emit(w, "i32.add");
      emit(w, "local.set", count);
      emit(w, "br", 0);
      emit(w, "end");
      emit(w, "end");
    },
  };
}

export function sizeAcross(memories: readonly NumberedMemory[], table: number): AddedFunction {
  return {
    ...{ params: [I32], results: [I32] },
    write: (w, indices) => new Across(w, indices, memories, table).size(0),
  };
}

/** Writes accesses to a memory whose number is in a local: the module's own directly, others through the table. */
class Across {
  readonly #w: ByteWriter;
  readonly #indices: Indices;
  readonly #own: readonly NumberedMemory[];
  readonly #table: number;

  constructor(w: ByteWriter, indices: Indices, memories: readonly NumberedMemory[], table: number) {
    this.#w = w;
    this.#indices = indices;
    this.#own = memories;
    this.#table = table;
  }

  size(memory: number): void {
    this.#choose(memory, [], I32, "size", (own) => {
      emit(this.#w, "memory.size", own.index(this.#indices));
    });
  }

  load(memory: number, address: number, index: number): void {
    const push = () => this.#address(address, index);
    this.#choose(memory, [push], I32, "load", (own) => {
      push();
      emit(this.#w, "i32.load8_u", { memory: own.index(this.#indices) });
    });
  }

  store(memory: number, address: number, index: number, value: () => void): void {
    const push = () => this.#address(address, index);
    this.#choose(memory, [push, value], null, "store", (own) => {
      push();
      value();
      emit(this.#w, "i32.store8", { memory: own.index(this.#indices) });
    });
  }

  #address(address: number, index: number): void {
    emit(this.#w, "local.get", address);
    emit(this.#w, "local.get", index);
    emit(this.#w, "i32.add");
  }

  #choose(
    memory: number,
    args: readonly (() => void)[],
    result: ValType | null,
    slot: keyof typeof Slot,
    direct: (own: NumberedMemory) => void,
  ): void {
    const w = this.#w;
    for (const own of this.#own) {
      pushIs(w, memory, own);
      emit(w, "if", result === null ? null : { result });
      direct(own);
      emit(w, "else");
    }
    emit(w, "local.get", memory);
    for (const arg of args) arg();
    emit(w, "i32.const", Slot[slot]);
    const results = result === null ? [] : [result];
    const type = this.#indices.type([I32, ...args.map(() => I32)], results);
    emit(w, "call_indirect", type, this.#indices.table(this.#table));
    for (const _ of this.#own) emit(w, "end");
  }
}

function writeLoad(w: ByteWriter, indices: Indices, memories: readonly NumberedMemory[]): void {
  for (const memory of memories) {
    within(w, memory, () => {
      pushAddress(w, 1, memory.is64);
      emit(w, "i32.load8_u", { memory: memory.index(indices) });
      emit(w, "return");
    });
  }
  emit(w, "unreachable");
}

function writeStore(w: ByteWriter, indices: Indices, memories: readonly NumberedMemory[]): void {
  for (const memory of memories) {
    within(w, memory, () => {
      pushAddress(w, 1, memory.is64);
      emit(w, "local.get", 2);
      emit(w, "i32.store8", { memory: memory.index(indices) });
      emit(w, "return");
    });
  }
  emit(w, "unreachable");
}

/** Writes `body` for where parameter 0 is the memory's number. */
function within(w: ByteWriter, memory: NumberedMemory, body: () => void): void {
  pushIs(w, 0, memory);
  emit(w, "if", null);
  body();
  emit(w, "end");
}
