/**
 * The slow way: a WebAssembly interpreter that counts fuel one instruction at a time, as wasmtime charges it,
 * with costs of its own (nothing from src/fuel or src/probe). It is the oracle for the rewriter, and runs what
 * Node 20 cannot: try_table. One memory, 32-bit addresses, no SIMD, no floats; an unknown instruction throws.
 */
import { ByteReader } from "../../src/base/bytes.ts";
import { lebAt, lebEnd, readMemarg } from "../../src/wasm/instructions.ts";
import { opcodes } from "../../src/wasm/opcodes.ts";
import { funcTypeAt, I64, type Module, SectionId, type ValType } from "../../src/wasm/types.ts";
import { CodeWalk } from "../../src/wasm/walk.ts";

/** i32 as a signed number, i64 as a signed bigint, a function as its index, null for a null reference. */
export type Value = number | bigint | null | Thrown;
export type HostFunction = (...args: Value[]) => readonly Value[];

/** A WebAssembly trap. */
export class Trap extends Error {}

/** A WebAssembly exception. */
export class Thrown extends Error {
  readonly tag: number;
  readonly values: readonly Value[];
  constructor(tag: number, values: readonly Value[]) {
    super(`exception of tag ${tag}`);
    this.tag = tag;
    this.values = values;
  }
}

interface Code {
  readonly offset: number;
  readonly immediates: number;
  readonly name: string;
  /** block, loop, if, try, try_table: what is inside; an if's else; a try's handlers. */
  readonly inner: Code[];
  readonly otherwise: Code[];
  /** Offset of its `else`; -1 where it has none. */
  elseOffset: number;
  readonly handlers: { readonly tag: number | null; readonly code: Code[] }[];
}

const free = new Set(["nop", "drop", "block", "loop", "unreachable", "return", "else", "end"]);
const opensBlock = /^(block|loop|if|try|try_table)$/;
const bulk = /^(memory\.(copy|fill|init)|table\.(copy|fill|init|grow))$/;

/** What a branch returns to its blocks: how many labels further out; -1 for falling through. */
const next = -1;
const returning = 1e9;

/** An activation of a defined function, and the offset of the instruction that it is at. */
export interface Frame {
  readonly index: number;
  readonly locals: readonly Value[];
  at: number;
}

export interface MachineOptions {
  readonly imports?: Readonly<Record<string, HostFunction | Value>>;
  readonly model?: "flat" | "bulk" | "grow";
  /** Called before an instruction that is about to be executed (and charged), with the fuel before it. */
  readonly step?: (offset: number, fuel: number, stack: readonly Value[], frames: readonly Frame[]) => void;
  /** Asked at a block, loop, if or try, and at an else: true leaves it out, for zeros as its results. */
  readonly replaced?: (offset: number) => boolean;
  /** Called when a defined function has been entered (and charged), and when it is left by no trap or exception. */
  readonly enter?: (index: number, fuel: number) => void;
  readonly leave?: (index: number, fuel: number) => void;
}

export class Machine {
  fuel = 0;
  readonly globals: Value[] = [];
  memory: Uint8Array;
  readonly tables: Value[][] = [];
  readonly #module: Module;
  readonly #options: MachineOptions;
  readonly #bodies: (Code[] | undefined)[] = [];
  readonly #elements: Value[][] = [];
  readonly #data: Uint8Array[] = [];
  /** The outermost first. */
  readonly #frames: Frame[] = [];
  #caught: Thrown[] = [];

  constructor(module: Module, options: MachineOptions = {}) {
    this.#module = module;
    this.#options = options;
    const pages = Number(module.memories[0]?.min ?? 0n);
    this.memory = new Uint8Array(pages * 65536);
    for (const { description, name } of module.imports)
      if (description.kind === "global") this.globals.push(options.imports![name] as Value);
    this.#section(SectionId.global, (r) => {
      const type = r.u8();
      r.u8();
      const value = this.#constant(r);
      this.globals.push(type === I64 ? BigInt(value as number | bigint) : value);
    });
    for (const table of module.tables) this.tables.push(Array(Number(table.limits.min)).fill(null));
    this.#section(SectionId.element, (r) => this.#segment(r));
    module.data.forEach(({ mode, bytes, address }) => {
      const content = module.bytes.subarray(bytes.start, bytes.end);
      if (mode === "active") this.memory.set(content, Number(address));
      this.#data.push(mode === "active" ? new Uint8Array() : content);
    });
    if (module.start !== null) this.call(module.start, []);
  }

  #section(id: number, item: (r: ByteReader) => void): void {
    const section = this.#module.sections.find((one) => one.id === id);
    if (!section) return;
    const r = new ByteReader(this.#module.bytes.subarray(section.content, section.end), section.content);
    for (let count = r.leb(); count > 0; count--) item(r);
  }

  #constant(r: ByteReader): Value {
    let value: Value = null;
    for (;;) {
      const code = r.u8();
      if (code === 0x0b) return value;
      if (code === 0x41) value = r.sleb();
      else if (code === 0x42) value = r.bigLeb(64, true);
      else if (code === 0x23) value = this.globals[r.leb()]!;
      else if (code === 0xd2) value = r.leb();
      else if (code === 0xd0) r.leb();
      else throw new Error(`constant ${code.toString(16)}`);
    }
  }

  #segment(r: ByteReader): void {
    const flags = r.leb();
    const table = (flags & 1) === 0 && flags & 2 ? r.leb() : 0;
    const at = (flags & 1) === 0 ? (this.#constant(r) as number) : 0;
    if (flags & 3) r.u8();
    const values: Value[] = [];
    for (let count = r.leb(); count > 0; count--) values.push(flags & 4 ? this.#constant(r) : r.leb());
    if ((flags & 1) === 0) this.tables[table]!.splice(at, values.length, ...values);
    this.#elements.push((flags & 1) === 1 && (flags & 2) === 0 ? values : []);
  }

  /** Calls the export `name`. */
  run(name: string, ...args: Value[]): readonly Value[] {
    return this.call(this.#module.exports.find((one) => one.name === name)!.index, args);
  }

  call(index: number, args: readonly Value[]): readonly Value[] {
    const module = this.#module;
    const type = funcTypeAt(module, module.functions[index]!)!;
    if (index < module.importedFunctions) {
      const imported = module.imports.filter(({ description }) => description.kind === "func")[index]!;
      return (this.#options.imports![imported.name] as HostFunction)(...args);
    }
    if (this.#frames.length >= 400) throw new Trap("call stack exhausted");
    const locals: Value[] = [...args];
    const frame: Frame = { index, locals, at: -1 };
    this.#frames.push(frame);
    try {
      this.fuel += 1;
      this.#options.enter?.(index, this.fuel);
      const body = module.bodies[index - module.importedFunctions]!;
      let at = lebEnd(module.bytes, body.start);
      for (let groups = lebAt(module.bytes, body.start); groups > 0; groups--) {
        const count = lebAt(module.bytes, at);
        at = lebEnd(module.bytes, at);
        const type = module.bytes[at++]!;
        for (let i = 0; i < count; i++) locals.push(type === I64 ? 0n : type === 0x70 ? null : 0);
      }
      this.#bodies[index] ??= this.#parse({ walk: new CodeWalk(module.bytes, at, body.end) });
      const stack: Value[] = [];
      const exit = this.#block(this.#bodies[index]!, stack, locals);
      this.#options.leave?.(index, this.fuel);
      if (exit instanceof TailCall) {
        this.#frames.pop();
        try {
          return this.call(exit.index, exit.args);
        } finally {
          this.#frames.push(frame);
        }
      }
      return type.results.length === 0 ? [] : stack.slice(-type.results.length);
    } finally {
      this.#frames.pop();
    }
  }

  /** Parses code up to its end, else or catch; `cursor` moves behind it. */
  #parse(cursor: { readonly walk: CodeWalk; stopped?: string; tag?: number }): Code[] {
    const { bytes } = this.#module;
    const codes: Code[] = [];
    for (;;) {
      cursor.walk.advance();
      const { at: offset, row, immediates, next: after } = cursor.walk;
      const { name } = opcodes[row]!;
      if (/^(end|else|catch|catch_all|delegate)$/.test(name)) {
        cursor.stopped = name;
        cursor.tag = immediates < after ? lebAt(bytes, immediates) : 0;
        return codes;
      }
      const code: Code = { offset, immediates, name, inner: [], otherwise: [], elseOffset: -1, handlers: [] };
      codes.push(code);
      if (!opensBlock.test(name)) continue;
      code.inner.push(...this.#parse(cursor));
      while (cursor.stopped !== "end") {
        if (cursor.stopped === "delegate") break;
        const tag = cursor.stopped === "catch" ? cursor.tag! : null;
        if (cursor.stopped === "else") {
          code.elseOffset = cursor.walk.at;
          code.otherwise.push(...this.#parse(cursor));
        } else {
          const handler: Code[] = [];
          code.handlers.push({ tag, code: handler });
          handler.push(...this.#parse(cursor));
        }
      }
      cursor.stopped = "";
    }
  }

  #blockType(at: number): { params: number; results: number; types: readonly ValType[] } {
    const byte = this.#module.bytes[at]!;
    if (byte === 0x40) return { params: 0, results: 0, types: [] };
    if (byte > 0x40 && byte < 0x80) return { params: 0, results: 1, types: [byte] };
    const { params, results } = funcTypeAt(this.#module, lebAt(this.#module.bytes, at))!;
    return { params: params.length, results: results.length, types: results };
  }

  /** Zeros instead of a block whose condition is gone. */
  #leftOut({ immediates }: Code, stack: Value[]): typeof next {
    const { params, types } = this.#blockType(immediates);
    stack.length -= params;
    stack.push(...types.map((type) => (type === I64 ? 0n : type === 0x70 ? null : 0)));
    return next;
  }

  #block(codes: readonly Code[], stack: Value[], locals: Value[]): number | TailCall {
    for (const [i, code] of codes.entries()) {
      const exit = this.#step(code, codes[i - 1], stack, locals);
      if (exit !== next) return exit;
    }
    return next;
  }

  /** Runs what is inside a label; a branch to it keeps its topmost `arity` values. */
  #labelled(
    height: number,
    arity: number,
    stack: Value[],
    inside: () => number | TailCall,
  ): number | TailCall {
    const exit = inside();
    if (exit instanceof TailCall || exit === next || exit >= returning) return exit;
    if (exit > 0) return exit - 1;
    const kept = arity === 0 ? [] : stack.slice(-arity);
    stack.length = height;
    stack.push(...kept);
    return next;
  }

  #step(code: Code, before: Code | undefined, stack: Value[], locals: Value[]): number | TailCall {
    const { bytes } = this.#module;
    const { name, immediates } = code;
    this.#frames.at(-1)!.at = code.offset;
    this.#options.step?.(code.offset, this.fuel, stack, this.#frames);
    if (!free.has(name)) this.fuel += 1;
    const imm = () => lebAt(bytes, immediates);
    const imm2 = () => lebAt(bytes, lebEnd(bytes, immediates));
    const pop = () => stack.pop()!;
    const i32 = () => stack.pop() as number;
    const i64 = () => stack.pop() as bigint;
    const model = this.#options.model ?? "flat";
    if ((model !== "flat" && bulk.test(name)) || (model === "grow" && name === "memory.grow"))
      this.fuel += (stack.at(-1) as number) >>> 0;
    // In the newest model a grow that fails costs its size only where that is a constant up to 128.
    const failed = (size: number) => {
      if (model === "grow" && !(before?.name === "i32.const" && size <= 128)) this.fuel -= size;
      return -1;
    };

    const { replaced } = this.#options;
    if (replaced && opensBlock.test(name) && replaced(code.offset)) {
      if (name === "if") pop();
      return this.#leftOut(code, stack);
    }
    switch (name) {
      case "block":
      case "loop":
      case "if": {
        const chosen = name !== "if" || i32() !== 0 ? code.inner : code.otherwise;
        const entersElse = chosen === code.otherwise && code.elseOffset >= 0;
        if (entersElse && replaced?.(code.elseOffset)) return this.#leftOut(code, stack);
        const { params, results } = this.#blockType(immediates);
        const height = stack.length - params;
        if (name !== "loop")
          return this.#labelled(height, results, stack, () => this.#block(chosen, stack, locals));
        for (;;) {
          let again = false;
          const exit = this.#labelled(height, params, stack, () => {
            const inner = this.#block(chosen, stack, locals);
            again = inner === 0;
            return inner;
          });
          if (!again) return exit;
        }
      }
      case "try": {
        const { params, results } = this.#blockType(immediates);
        const height = stack.length - params;
        return this.#labelled(height, results, stack, () => {
          const handling = this.#caught.length;
          try {
            return this.#block(code.inner, stack, locals);
          } catch (error) {
            if (!(error instanceof Thrown)) throw error;
            this.#caught.length = handling;
            // Delegating is only done to the next label out, which is where it would go anyway.
            const handler = code.handlers.find(({ tag }) => tag === null || tag === error.tag);
            if (!handler) throw error;
            stack.length = height;
            if (handler.tag !== null) stack.push(...error.values);
            this.#caught.push(error);
            const exit = this.#block(handler.code, stack, locals);
            this.#caught.length = handling;
            return exit;
          }
        });
      }
      case "try_table": {
        const { params, results } = this.#blockType(immediates);
        const height = stack.length - params;
        try {
          return this.#labelled(height, results, stack, () => this.#block(code.inner, stack, locals));
        } catch (error) {
          if (!(error instanceof Thrown)) throw error;
          stack.length = height;
          let at = lebEnd(bytes, immediates);
          const count = lebAt(bytes, at);
          at = lebEnd(bytes, at);
          for (let i = 0; i < count; i++) {
            const kind = bytes[at]!;
            const tag = kind < 2 ? lebAt(bytes, at + 1) : null;
            at = kind < 2 ? lebEnd(bytes, at + 1) : at + 1;
            const label = lebAt(bytes, at);
            at = lebEnd(bytes, at);
            if (tag !== null && tag !== error.tag) continue;
            if (tag !== null) stack.push(...error.values);
            if (kind & 1) stack.push(error);
            return label;
          }
          throw error;
        }
      }
      case "throw": {
        const count = funcTypeAt(this.#module, this.#module.tags[imm()]!)!.params.length;
        throw new Thrown(imm(), count === 0 ? [] : stack.slice(-count));
      }
      case "throw_ref":
        throw pop() ?? new Trap("null reference");
      case "rethrow":
        // The generator only rethrows from the innermost handler.
        throw this.#caught.at(-1);
      case "br":
        return imm();
      case "br_if":
        return i32() !== 0 ? imm() : next;
      case "br_on_null":
        if (stack.at(-1) !== null) return next;
        pop();
        return imm();
      case "br_on_non_null":
        if (stack.at(-1) !== null) return imm();
        pop();
        return next;
      case "br_table": {
        const chosen = Math.min(i32() >>> 0, imm());
        let at = lebEnd(bytes, immediates);
        for (let i = 0; i < chosen; i++) at = lebEnd(bytes, at);
        return lebAt(bytes, at);
      }
      case "return":
        return returning;
      case "unreachable":
        throw new Trap("unreachable");
      case "nop":
        return next;
      case "drop":
        pop();
        return next;
      case "select": {
        const condition = i32();
        const second = pop();
        const first = pop();
        stack.push(condition !== 0 ? first : second);
        return next;
      }
      case "call":
      case "return_call":
      case "call_indirect":
      case "return_call_indirect":
      case "call_ref":
      case "return_call_ref": {
        let index: number;
        if (name.endsWith("indirect")) {
          const found = this.tables[imm2()]![i32() >>> 0];
          if (found === undefined || found === null) throw new Trap("no function in the table");
          index = found as number;
          const wanted = funcTypeAt(this.#module, imm())!;
          const had = funcTypeAt(this.#module, this.#module.functions[index]!)!;
          if (`${wanted.params}>${wanted.results}` !== `${had.params}>${had.results}`)
            throw new Trap("another type");
        } else if (name.endsWith("ref")) {
          const found = pop();
          if (found === null) throw new Trap("null reference");
          index = found as number;
        } else index = imm();
        const { length } = funcTypeAt(this.#module, this.#module.functions[index]!)!.params;
        const args = stack.splice(stack.length - length, length);
        if (name.startsWith("return")) return new TailCall(index, args);
        stack.push(...this.call(index, args));
        return next;
      }
      case "local.get":
        stack.push(locals[imm()]!);
        return next;
      case "local.set":
        locals[imm()] = pop();
        return next;
      case "local.tee":
        locals[imm()] = stack.at(-1)!;
        return next;
      case "global.get":
        stack.push(this.globals[imm()]!);
        return next;
      case "global.set":
        this.globals[imm()] = pop();
        return next;
      case "i32.const": {
        const r = new ByteReader(bytes);
        r.at = immediates;
        stack.push(r.sleb());
        return next;
      }
      case "i64.const": {
        const r = new ByteReader(bytes);
        r.at = immediates;
        stack.push(r.bigLeb(64, true));
        return next;
      }
      case "ref.func":
        stack.push(imm());
        return next;
      case "ref.null":
        stack.push(null);
        return next;
      case "ref.is_null":
        stack.push(pop() === null ? 1 : 0);
        return next;
      case "memory.size":
        stack.push(this.memory.length / 65536);
        return next;
      case "memory.grow": {
        const pages = i32() >>> 0;
        const had = this.memory.length / 65536;
        const most = Number(this.#module.memories[0]!.max ?? 65536n);
        if (had + pages > most) stack.push(failed(pages));
        else {
          const grown = new Uint8Array((had + pages) * 65536);
          grown.set(this.memory);
          this.memory = grown;
          stack.push(had);
        }
        return next;
      }
      case "memory.fill": {
        const [size, value, at] = [i32() >>> 0, i32(), i32() >>> 0];
        this.#range(at, size);
        this.memory.fill(value & 0xff, at, at + size);
        return next;
      }
      case "memory.copy": {
        const [size, from, to] = [i32() >>> 0, i32() >>> 0, i32() >>> 0];
        this.#range(from, size);
        this.#range(to, size);
        this.memory.copyWithin(to, from, from + size);
        return next;
      }
      case "memory.init": {
        const [size, from, to] = [i32() >>> 0, i32() >>> 0, i32() >>> 0];
        const data = this.#data[imm()]!;
        if (from + size > data.length) throw new Trap("out of bounds");
        this.#range(to, size);
        this.memory.set(data.subarray(from, from + size), to);
        return next;
      }
      case "data.drop":
        this.#data[imm()] = new Uint8Array();
        return next;
      case "table.get":
      case "table.set": {
        const value = name === "table.set" ? pop() : null;
        const table = this.tables[imm()]!;
        const at = i32() >>> 0;
        if (at >= table.length) throw new Trap("out of bounds");
        if (name === "table.get") stack.push(table[at]!);
        else table[at] = value;
        return next;
      }
      case "table.size":
        stack.push(this.tables[imm()]!.length);
        return next;
      case "table.grow": {
        const size = i32() >>> 0;
        const value = pop();
        const table = this.tables[imm()]!;
        const most = Number(this.#module.tables[imm()]!.limits.max ?? 10_000_000n);
        if (table.length + size > most) stack.push(failed(size));
        else {
          stack.push(table.length);
          for (let i = 0; i < size; i++) table.push(value);
        }
        return next;
      }
      case "table.fill": {
        const size = i32() >>> 0;
        const value = pop();
        const table = this.tables[imm()]!;
        const at = i32() >>> 0;
        if (at + size > table.length) throw new Trap("out of bounds");
        table.fill(value, at, at + size);
        return next;
      }
      case "table.copy":
      case "table.init": {
        const [size, from, to] = [i32() >>> 0, i32() >>> 0, i32() >>> 0];
        const source = name === "table.copy" ? this.tables[imm2()]! : this.#elements[imm()]!;
        const target = this.tables[name === "table.copy" ? imm() : imm2()]!;
        if (from + size > source.length || to + size > target.length) throw new Trap("out of bounds");
        const values = source.slice(from, from + size);
        target.splice(to, size, ...values);
        return next;
      }
      case "elem.drop":
        this.#elements[imm()] = [];
        return next;
    }
    const access = /^(i32|i64)\.(load|store)(?:(8|16|32))?(?:_([su]))?$/.exec(name);
    if (access) {
      const [, type, kind, width, sign] = access;
      const r = new ByteReader(bytes);
      r.at = immediates;
      const { offset } = readMemarg(r);
      const value = kind === "store" ? pop() : null;
      const at = (i32() >>> 0) + Number(offset);
      const size = Number(width ?? (type === "i32" ? 32 : 64)) / 8;
      this.#range(at, size);
      if (kind === "store") {
        let rest = BigInt.asUintN(64, BigInt(value as number | bigint));
        for (let i = 0; i < size; i++, rest >>= 8n) this.memory[at + i] = Number(rest & 0xffn);
      } else {
        let read = 0n;
        for (let i = 0; i < size; i++) read |= BigInt(this.memory[at + i]!) << BigInt(8 * i);
        if (sign !== "u") read = BigInt.asIntN(size * 8, read);
        stack.push(type === "i32" ? Number(BigInt.asIntN(32, read)) : read);
      }
      return next;
    }
    if (name === "i32.wrap_i64") stack.push(Number(BigInt.asIntN(32, i64())));
    else if (name === "i64.extend_i32_u") stack.push(BigInt(i32() >>> 0));
    else if (name === "i64.extend_i32_s") stack.push(BigInt(i32()));
    else if (name === "i32.eqz") stack.push(i32() === 0 ? 1 : 0);
    else if (name === "i64.eqz") stack.push(i64() === 0n ? 1 : 0);
    else if (name.startsWith("i32.")) {
      const b = i32();
      stack.push(binary32(name.slice(4), i32(), b));
    } else if (name.startsWith("i64.")) {
      const b = i64();
      const result = binary64(name.slice(4), i64(), b);
      stack.push(typeof result === "boolean" ? Number(result) : BigInt.asIntN(64, result));
    } else throw new Error(`the interpreter does not know ${name}`);
    return next;
  }

  #range(at: number, size: number): void {
    if (at + size > this.memory.length) throw new Trap("out of bounds");
  }
}

class TailCall {
  readonly index: number;
  readonly args: readonly Value[];
  constructor(index: number, args: readonly Value[]) {
    this.index = index;
    this.args = args;
  }
}

function binary32(name: string, a: number, b: number): number {
  switch (name) {
    case "add":
      return (a + b) | 0;
    case "sub":
      return (a - b) | 0;
    case "mul":
      return Math.imul(a, b);
    case "div_u":
    case "rem_u":
      if (b === 0) throw new Trap("divide by zero");
      return (name === "div_u" ? (a >>> 0) / (b >>> 0) : (a >>> 0) % (b >>> 0)) | 0;
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "shl":
      return a << b;
    case "shr_u":
      return (a >>> b) | 0;
    case "shr_s":
      return a >> b;
    case "eq":
      return Number(a === b);
    case "ne":
      return Number(a !== b);
    case "lt_s":
      return Number(a < b);
    case "lt_u":
      return Number(a >>> 0 < b >>> 0);
    case "gt_s":
      return Number(a > b);
    case "gt_u":
      return Number(a >>> 0 > b >>> 0);
    case "ge_u":
      return Number(a >>> 0 >= b >>> 0);
    default:
      throw new Error(`the interpreter does not know i32.${name}`);
  }
}

function binary64(name: string, a: bigint, b: bigint): bigint | boolean {
  switch (name) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "and":
      return a & b;
    case "xor":
      return a ^ b;
    case "eq":
      return a === b;
    case "gt_s":
      return a > b;
    case "lt_s":
      return a < b;
    default:
      throw new Error(`the interpreter does not know i64.${name}`);
  }
}
