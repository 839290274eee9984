/**
 * Random valid modules for fast-check: structured control of every kind, with operands lying on the stack across
 * branches, multi-value blocks, dead code, traps, recursion. Every choice is the next number of a *tape*, where 0 is
 * the simplest and an exhausted tape gives 0 for ever, so that fast-check's shrinking of the tape shrinks the program.
 * A global budget, spent at function entries and loop headers, makes every program end.
 */
import fc from "fast-check";
import { type ByteWriter, ByteWriter as Writer } from "../../src/base/bytes.ts";
import { encodeSections, entry, writeFuncType } from "../../src/wasm/encode.ts";
import { opcodes, rowNamed } from "../../src/wasm/opcodes.ts";
import { FUNCREF, type FuncType, I32, I64, SectionId, type ValType } from "../../src/wasm/types.ts";

export interface Program {
  readonly bytes: Uint8Array;
  /** Arguments for the export `f`, (i32, i64) -> (i32). */
  readonly args: readonly [number, bigint];
}

export type Exceptions = "none" | "legacy" | "try_table";

export function arbitraryProgram(exceptions: Exceptions = "none", most = 400): fc.Arbitrary<Program> {
  return fc
    .record({
      tape: fc.array(fc.nat(255), { minLength: 8, maxLength: most, size: "max" }),
      a: fc.integer({ min: -3, max: 6 }),
      b: fc.bigInt({ min: -3n, max: 6n }),
    })
    .map(({ tape, a, b }) => ({ bytes: new Generator(tape, exceptions).module(), args: [a, b] }));
}

/** What an instance of a program imports: `h` is an i32 -> i32 function, `base` an immutable i32. */
export const hostImports = { h: (x: number) => (x * 3 + 1) | 0, base: 5 };

// biome-ignore format: a table
const types: readonly FuncType[] = [
  [[I32, I64], [I32]], [[], []], [[I32], [I32]], [[I32], []], [[], [I64]], [[I32], [I32, I64]], [[I64, I32], [I64, I32, I32]],
  // Block types: parameters and several results.
  [[], [I32, I64]], [[I32, I64], []], [[I64], [I32]],
].map(([params, results]) => ({ kind: "func", params: params!, results: results! }) as const);

/** Type of defined function n; function 0 of the program is the imported one. */
const signatures = [0, 2, 1, 3, 4, 5, 6, 2];
const budgetGlobal = 1;
const imported = 1;

interface Label {
  /** What a branch to it carries. */
  readonly carries: readonly ValType[];
}

class Generator {
  readonly #tape: readonly number[];
  readonly #exceptions: Exceptions;
  #at = 0;
  #w!: ByteWriter;
  #labels: Label[] = [];
  #locals: ValType[] = [];
  #results: readonly ValType[] = [];
  #depth = 0;
  #handlers = 0;

  constructor(tape: readonly number[], exceptions: Exceptions) {
    this.#tape = tape;
    this.#exceptions = exceptions;
  }

  /** A number from 0 to n - 1. */
  #choose(n: number): number {
    return this.#at < this.#tape.length ? this.#tape[this.#at++]! % n : 0;
  }

  get #spent(): boolean {
    return this.#at >= this.#tape.length;
  }

  #op(name: string, ...indices: number[]): void {
    const { code } = opcodes[rowNamed(name)]!;
    if (code < 256) this.#w.u8(code);
    else {
      this.#w.u8(Math.floor(code / 65536));
      this.#w.leb(code % 65536);
    }
    for (const index of indices) this.#w.leb(index);
  }

  #const(type: ValType, value: number): void {
    if (type === I32) {
      this.#op("i32.const");
      this.#w.sleb(value);
    } else if (type === I64) {
      this.#op("i64.const");
      this.#w.bigSleb(BigInt(value));
    } else {
      this.#op("ref.null");
      this.#w.u8(0x70);
    }
  }

  module(): Uint8Array {
    const count = 1 + this.#choose(signatures.length);
    const bodies = Array.from({ length: count }, (_, i) => this.#body(types[signatures[i]!]!, i));
    const i64 = (value: bigint) =>
      entry((w) => {
        w.u8(0x42);
        w.bigSleb(value);
        w.u8(0x0b);
      });
    const vector = (items: readonly Uint8Array[]) =>
      entry((w) => {
        w.leb(items.length);
        for (const item of items) w.copy(item);
      });
    const raw = (...bytes: number[]) => Uint8Array.from(bytes);
    const text = (name: string) => entry((w) => w.name(name));
    const join = (...parts: Uint8Array[]) =>
      entry((w) => {
        for (const part of parts) w.copy(part);
      });
    const tags = this.#exceptions === "none" ? [] : [raw(0, 3), raw(0, 1)];
    return encodeSections([
      { id: SectionId.type, payload: vector(types.map((type) => entry((w) => writeFuncType(w, type)))) },
      {
        id: SectionId.import,
        payload: vector([
          join(text("host"), text("h"), raw(0, 2)),
          join(text("host"), text("base"), raw(3, I32, 0)),
        ]),
      },
      { id: SectionId.function, payload: vector(bodies.map((_, i) => raw(signatures[i]!))) },
      { id: SectionId.table, payload: vector([raw(FUNCREF, 1, 12, 20)]) },
      { id: SectionId.memory, payload: vector([raw(1, 1, 3)]) },
      ...(tags.length > 0 ? [{ id: SectionId.tag, payload: vector(tags) }] : []),
      {
        id: SectionId.global,
        payload: vector([
          raw(I32, 1, 0x41, 40, 0x0b),
          join(raw(I64, 1), i64(-1n)),
          raw(I32, 1, 0x23, 0, 0x0b),
          raw(FUNCREF, 1, 0xd2, imported, 0x0b),
        ]),
      },
      {
        id: SectionId.export,
        payload: vector([
          join(text("f"), raw(0, imported)),
          join(text("memory"), raw(2, 0)),
          join(text("table"), raw(1, 0)),
          join(text("left"), raw(3, budgetGlobal)),
          join(text("g"), raw(3, 2)),
          join(text("h"), raw(0, 0)),
        ]),
      },
      {
        id: SectionId.element,
        payload: vector([
          // Active: all functions, the imported one first.
          join(raw(0, 0x41, 0, 0x0b), vector(Array.from({ length: count + 1 }, (_, i) => raw(i)))),
          // Passive, as indices; passive, as expressions.
          join(raw(1, 0), vector([raw(0), raw(count), raw(imported)])),
          join(raw(5, FUNCREF), vector([raw(0xd2, imported, 0x0b), raw(0xd0, FUNCREF, 0x0b)])),
        ]),
      },
      { id: SectionId.dataCount, payload: raw(2) },
      {
        id: SectionId.code,
        payload: vector(bodies),
      },
      {
        id: SectionId.data,
        payload: vector([raw(0, 0x41, 8, 0x0b, 4, 1, 2, 3, 4), raw(1, 6, 9, 8, 7, 6, 5, 4)]),
      },
    ]);
  }

  #body(type: FuncType, index: number): Uint8Array {
    this.#w = new Writer();
    this.#locals = [...type.params, I32, I64, I32];
    this.#results = type.results;
    this.#labels = [{ carries: type.results }];
    this.#handlers = 0;
    // The budget: an empty one ends the function.
    this.#spend(() => {
      for (const result of type.results) this.#const(result, index);
      this.#op("return");
    });
    this.#statements(6);
    for (const result of type.results) this.#value(result);
    this.#op("end");
    const code = this.#w;
    return entry((w) =>
      w.sized(
        entry((inner) => {
          inner.leb(3);
          for (const type of [I32, I64, I32]) {
            inner.leb(1);
            inner.u8(type);
          }
          inner.copy(code.view());
        }),
      ),
    );
  }

  #spend(empty: () => void): void {
    this.#op("global.get", budgetGlobal);
    this.#op("i32.eqz");
    this.#op("if");
    this.#w.u8(0x40);
    this.#labels.push({ carries: [] });
    empty();
    this.#labels.pop();
    this.#op("end");
    this.#op("global.get", budgetGlobal);
    this.#const(I32, 1);
    this.#op("i32.sub");
    this.#op("global.set", budgetGlobal);
  }

  #statements(most: number): void {
    for (let n = this.#choose(most + 1); n > 0 && !this.#spent; n--) this.#statement();
  }

  #local(type: ValType): number {
    const having = this.#locals.flatMap((local, i) => (local === type ? [i] : []));
    return having[this.#choose(having.length)]!;
  }

  /** A label to branch to, as its relative depth. */
  #label(): { depth: number; carries: readonly ValType[] } {
    const depth = this.#choose(this.#labels.length);
    return { depth, carries: this.#labels[this.#labels.length - 1 - depth]!.carries };
  }

  #values(wanted: readonly ValType[]): void {
    for (const type of wanted) this.#value(type);
  }

  /** Pushes one value. Anything below it on the stack stays there meanwhile. */
  #value(type: ValType): void {
    this.#depth += 1;
    const choice = this.#depth > 7 ? this.#choose(4) : this.#choose(16);
    switch (choice) {
      case 0:
      case 1:
        this.#const(type, this.#choose(9) - 2);
        break;
      case 2:
        this.#op("local.get", this.#local(type));
        break;
      case 3:
        if (type === I32) this.#op("global.get", [0, budgetGlobal, 3][this.#choose(3)]!);
        else this.#op("global.get", 2);
        break;
      case 4:
      case 5: {
        this.#value(type);
        this.#value(type);
        const names =
          type === I32
            ? ["add", "sub", "mul", "xor", "lt_s", "shl", "eq", "rem_u"]
            : ["add", "sub", "mul", "xor", "and"];
        this.#op((type === I32 ? "i32." : "i64.") + names[this.#choose(names.length)]!);
        break;
      }
      case 6:
        this.#value(I32);
        this.#op(
          type === I32 ? ["i32.load8_u", "i32.load"][this.#choose(2)]! : "i64.load",
          0,
          this.#choose(60),
        );
        break;
      case 7:
        if (type === I32) {
          this.#value(I64);
          this.#op(this.#choose(2) ? "i64.eqz" : "i32.wrap_i64");
        } else {
          this.#value(I32);
          this.#op("i64.extend_i32_u");
        }
        break;
      case 8:
        this.#structure([], [type]);
        break;
      case 9: {
        // A conditional branch carries the value; where it is not taken, the value stays.
        const { depth, carries } = this.#label();
        this.#values(carries);
        this.#value(I32);
        this.#op("br_if", depth);
        for (const _ of carries) this.#op("drop");
        this.#value(type);
        break;
      }
      case 10:
        this.#value(type);
        this.#value(type);
        this.#value(I32);
        this.#op("select");
        break;
      case 11:
        this.#value(type);
        this.#op("local.tee", this.#local(type));
        break;
      case 12:
        if (type === I32) {
          this.#value(I32);
          this.#op("call", this.#choose(2) === 0 ? 0 : imported + 1 < this.#functions ? imported + 1 : 0);
        } else {
          this.#structure([I32], [I64]);
        }
        break;
      case 13:
        if (type === I32) {
          this.#value(I32);
          if (this.#choose(2)) this.#op("memory.grow", 0);
          else this.#op("i32.eqz");
        } else {
          this.#structure([], [I32, I64]);
          this.#op("local.set", this.#local(I64));
          this.#op("i64.extend_i32_u");
        }
        break;
      case 14:
        if (type === I32) {
          this.#value(I32);
          this.#value(I32);
          this.#op("call_indirect", 2, 0);
        } else this.#const(type, 3);
        break;
      case 15:
        if (type === I32) this.#op(["memory.size", "table.size"][this.#choose(2)]!, 0);
        else this.#structure([], [type]);
        break;
    }
    this.#depth -= 1;
  }

  /** Functions that are certain to exist: a body cannot know how many follow it, so only what was decided at first. */
  get #functions(): number {
    return imported + 1 + (this.#tape.length > 0 ? this.#tape[0]! % signatures.length : 0);
  }

  #blockType(params: readonly ValType[], results: readonly ValType[]): void {
    if (params.length === 0 && results.length === 0) return this.#w.u8(0x40);
    if (params.length === 0 && results.length === 1) return this.#w.u8(results[0]!);
    const index = types.findIndex(
      (type) => type.params.join() === params.join() && type.results.join() === results.join(),
    );
    if (index < 0) throw new Error(`no block type ${params}>${results}`);
    this.#w.sleb(index);
  }

  /** A block, loop, if or try, with parameters from the stack pushed first and results left on it. */
  #structure(params: readonly ValType[], results: readonly ValType[]): void {
    const known = types.some((t) => t.params.join() === params.join() && t.results.join() === results.join());
    const takes = known ? params : [];
    const simple = takes.length + results.length <= 1;
    if (!simple && !known) {
      this.#values(results);
      return;
    }
    this.#depth += 1;
    this.#values(takes);
    const kind = this.#choose(this.#exceptions === "none" ? 4 : 6);
    const inside = () => {
      for (const _ of takes) this.#op("drop");
      this.#statements(3);
      this.#values(results);
    };
    if (kind === 0 || kind === 1) {
      this.#op(kind === 0 ? "block" : "loop");
      this.#blockType(takes, results);
      this.#labels.push({ carries: kind === 0 ? results : takes });
      if (kind === 1) {
        // Out of budget: on, past the loop, by trapping or by returning.
        this.#spend(() => {
          if (this.#choose(4) === 3) return this.#op("unreachable");
          for (const result of this.#results) this.#const(result, 1);
          this.#op("return");
        });
      }
      inside();
      this.#labels.pop();
      this.#op("end");
    } else if (kind === 2 || kind === 3) {
      this.#value(I32);
      this.#op("if");
      this.#blockType(takes, results);
      this.#labels.push({ carries: results });
      inside();
      if (results.length > 0 || takes.length > 0 || kind === 2) {
        this.#op("else");
        inside();
      }
      this.#labels.pop();
      this.#op("end");
    } else {
      this.#guarded(takes, results, inside);
    }
    this.#depth -= 1;
  }

  /** Tag 0 carries an i32, tag 1 nothing. */
  #guarded(takes: readonly ValType[], results: readonly ValType[], inside: () => void): void {
    if (this.#exceptions === "try_table") {
      // Catch clauses lead to the labels outside that carry what the tag has.
      const clauses: (readonly [number, ...number[]])[] = [];
      for (let n = 1 + this.#choose(2); n > 0; n--) {
        const fitting = this.#labels.flatMap<readonly [number, ...number[]]>(({ carries }, i) => {
          const depth = this.#labels.length - 1 - i;
          if (carries.length === 0)
            return [
              [2, depth],
              [0, 1, depth],
            ];
          return carries.length === 1 && carries[0] === I32 ? [[0, 0, depth]] : [];
        });
        if (fitting.length > 0) clauses.push(fitting[this.#choose(fitting.length)]!);
      }
      this.#op("try_table");
      this.#blockType(takes, results);
      this.#w.leb(clauses.length);
      for (const clause of clauses) for (const part of clause) this.#w.leb(part);
      this.#labels.push({ carries: results });
      inside();
      this.#labels.pop();
      this.#op("end");
      return;
    }
    this.#op("try");
    this.#blockType(takes, results);
    this.#labels.push({ carries: results });
    inside();
    const ending = this.#choose(4);
    if (ending === 3) {
      this.#labels.pop();
      this.#op("delegate", 0);
      return;
    }
    const handler = () => {
      this.#handlers += 1;
      this.#statements(2);
      if (this.#choose(4) === 3) {
        this.#op("rethrow", 0);
      }
      this.#values(results);
      this.#handlers -= 1;
    };
    if (ending !== 1) {
      this.#op("catch", 0);
      this.#op("local.set", this.#local(I32));
      handler();
    }
    if (ending !== 0) {
      this.#op("catch_all");
      handler();
    }
    this.#labels.pop();
    this.#op("end");
  }

  #statement(): void {
    this.#depth += 1;
    const choice = this.#depth > 9 ? this.#choose(4) : this.#choose(this.#exceptions === "none" ? 21 : 24);
    switch (choice) {
      case 0:
        this.#op("nop");
        break;
      case 1: {
        const type = this.#choose(2) ? I64 : I32;
        this.#value(type);
        this.#op("local.set", this.#local(type));
        break;
      }
      case 2:
        this.#value(I64);
        this.#op("global.set", 2);
        break;
      case 3:
        this.#value(I32);
        this.#op("drop");
        break;
      case 4:
      case 5:
      case 6:
        this.#structure([], []);
        break;
      case 7:
        this.#value(I32);
        this.#value(I64);
        this.#op("i64.store", 0, this.#choose(40));
        break;
      case 8: {
        const { depth, carries } = this.#label();
        this.#values(carries);
        this.#value(I32);
        this.#op("br_if", depth);
        for (const _ of carries) this.#op("drop");
        break;
      }
      case 9: {
        const { depth, carries } = this.#label();
        this.#values(carries);
        this.#op("br", depth);
        this.#dead();
        break;
      }
      case 10: {
        const { depth, carries } = this.#label();
        const same = this.#labels.flatMap((label, i) =>
          label.carries.join() === carries.join() ? [this.#labels.length - 1 - i] : [],
        );
        this.#values(carries);
        this.#value(I32);
        const targets = Array.from({ length: this.#choose(5) }, () => same[this.#choose(same.length)]!);
        this.#op("br_table", targets.length, ...targets, depth);
        this.#dead();
        break;
      }
      case 11:
        this.#values(this.#results);
        this.#op("return");
        this.#dead();
        break;
      case 12:
        if (this.#choose(3) === 2) {
          this.#op("unreachable");
          this.#dead();
        }
        break;
      case 13: {
        const callee = this.#choose(this.#functions);
        const { params, results } = types[callee === 0 ? 2 : signatures[callee - imported]!]!;
        this.#values(params);
        this.#op("call", callee);
        for (const _ of results) this.#op("drop");
        break;
      }
      case 14: {
        const [first, second] = [["memory.copy", "memory.fill", "memory.init"][this.#choose(3)]!, 0];
        this.#value(I32);
        this.#value(I32);
        this.#const(I32, this.#choose(7));
        if (first === "memory.fill") this.#op(first, 0);
        else this.#op(first, first === "memory.init" ? 1 : 0, second);
        break;
      }
      case 15: {
        const name = ["table.copy", "table.fill", "table.init", "table.grow", "table.set"][this.#choose(5)]!;
        if (name !== "table.grow") this.#const(I32, this.#choose(14));
        if (name === "table.copy" || name === "table.init") this.#const(I32, this.#choose(3));
        else this.#op("ref.func", imported);
        if (name !== "table.set") this.#const(I32, this.#choose(4));
        if (name === "table.copy") this.#op(name, 0, 0);
        else if (name === "table.init") this.#op(name, 1 + this.#choose(2), 0);
        else this.#op(name, 0);
        if (name === "table.grow") this.#op("drop");
        break;
      }
      case 16: {
        // A tail call of whatever has the same results.
        const callees = Array.from({ length: this.#functions }, (_, i) => i).filter(
          (i) => types[i === 0 ? 2 : signatures[i - imported]!]!.results.join() === this.#results.join(),
        );
        if (callees.length === 0) break;
        const callee = callees[this.#choose(callees.length)]!;
        this.#values(types[callee === 0 ? 2 : signatures[callee - imported]!]!.params);
        this.#op("return_call", callee);
        this.#dead();
        break;
      }
      case 17:
        this.#op(["data.drop", "elem.drop"][this.#choose(2)]!, 1);
        break;
      case 18:
        this.#op("global.get", 4);
        this.#op("ref.is_null");
        this.#op("global.set", 3);
        break;
      case 19:
        this.#structure([], [I32, I64]);
        this.#op("drop");
        this.#op("drop");
        break;
      case 20:
        this.#structure([I32, I64], []);
        break;
      case 21:
        this.#value(I32);
        this.#op("throw", 0);
        this.#dead();
        break;
      case 22:
        this.#op("throw", 1);
        this.#dead();
        break;
      case 23:
        this.#structure([], []);
        break;
    }
    this.#depth -= 1;
  }

  /** Code that cannot be reached: on a stack of any type. */
  #dead(): void {
    switch (this.#choose(6)) {
      case 1:
        this.#statements(2);
        break;
      case 2:
        this.#op("i32.add");
        this.#op("drop");
        break;
      case 3:
        this.#op("call", 0);
        this.#op("drop");
        break;
      case 4:
        this.#op("unreachable");
        break;
    }
  }
}
