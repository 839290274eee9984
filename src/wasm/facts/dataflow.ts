/**
 * Where a value comes from, inside one function: which instructions produced each operand, through the stack,
 * through joins of control, and through locals (reaching definitions, found backwards on demand). It is built for
 * the few functions that somebody asks about, not for whole modules, and of those as far as it is asked for: what
 * stands behind an instruction matters to it only where a loop leads back. Exceptions are coarse: handlers are
 * reached with unknown values, from where the try began.
 *
 *   local.get 0 / i32.load8_u / local.tee 1 / i32.const 1 / i32.sub / br_table …
 * `origins` of the br_table's operand leads through i32.sub to local.tee 1 and on to the load.
 */
import { DecodeError } from "../../base/diagnostics.ts";
import { lebAt, lebEnd, skipBlockType } from "../instructions.ts";
import { opcodes, rowNamed } from "../opcodes.ts";
import { funcTypeAt, type Module } from "../types.ts";
import { type CodeWalk, codeOf, marked } from "../walk.ts";
import { arityOf } from "./arity.ts";

/** A value: what one instruction produced, or what may arrive at a join. */
export type Value =
  | { readonly kind: "instruction"; readonly instruction: Instruction }
  | { readonly kind: "join"; readonly inputs: readonly Value[] }
  | { readonly kind: "unknown" };

export interface Instruction {
  /** Absolute offset of the opcode in the file. */
  readonly offset: number;
  readonly row: number;
  /** Offset of the first immediate. */
  readonly immediates: number;
  /** Deepest first. */
  readonly operands: readonly Value[];
  readonly block: Block;
}

/** A run of instructions without control flow inside. */
export interface Block {
  readonly instructions: Instruction[];
  readonly predecessors: Set<Block>;
  /** Where a loop begins whose end was not met yet: branches back to it may follow. */
  open: boolean;
}

export interface FunctionFlow {
  /** Without `else`, `end` and what begins a handler. */
  readonly instructions: readonly Instruction[];
  /** The one of them at an absolute offset; undefined where none begins. */
  readonly at: (offset: number) => Instruction | undefined;
  /** The definitions (local.set, local.tee) of `local` that reach `use`; "entry" where the function's start does. */
  readonly definitions: (use: Instruction, local: number) => readonly (Instruction | "entry")[];
}

const unknown: Value = { kind: "unknown" };
/** Instructions after which control may not simply go on. */
const isControl = marked(
  [
    "block loop if else end try try_table catch catch_all delegate br br_if br_table return unreachable",
    "br_on_null br_on_non_null br_on_cast br_on_cast_fail",
    "throw throw_ref rethrow return_call return_call_indirect return_call_ref",
  ].flatMap((names) => names.split(" ")),
);
const LOCAL_SET = rowNamed("local.set");
const LOCAL_TEE = rowNamed("local.tee");

interface Frame {
  readonly kind: string;
  /** Height of the value stack below the block's parameters. */
  readonly height: number;
  readonly results: number;
  /** What its label carries: the results of a block, the parameters of a loop. */
  readonly label: Value[][];
  /** Values at its end, by position. */
  readonly ends: Value[][];
  /** Blocks that branch to the label. */
  readonly target: Block;
  /** Block that follows the end. */
  readonly after: Block;
  readonly params: readonly Value[];
  /** Block in which an `if` began, for its else. */
  readonly head: Block;
  /** Whether control can reach the block at all. */
  readonly live: boolean;
}

/**
 * The body of function `index` (absolute, a defined one), analysed as far as is asked.
 * @throws DecodeError on code that cannot be read, when it is asked for.
 */
export function functionFlow(module: Module, index: number): FunctionFlow {
  return new Analysis(module, index);
}

class Analysis implements FunctionFlow {
  readonly #module: Module;
  readonly #bytes: Uint8Array;
  readonly #code: CodeWalk;
  readonly #instructions: Instruction[] = [];
  readonly #frames: Frame[] = [];
  readonly #entry = newBlock();
  #stack: Value[] = [];
  #block = this.#entry;
  #reachable = true;

  constructor(module: Module, index: number) {
    this.#module = module;
    this.#bytes = module.bytes;
    this.#code = codeOf(module, index);
    const type = funcTypeAt(module, module.functions[index]!)!;
    this.#push("function", [], 0, type.results.length);
  }

  get instructions(): readonly Instruction[] {
    while (this.#advance());
    return this.#instructions;
  }

  at(offset: number): Instruction | undefined {
    while (this.#code.next <= offset && this.#advance());
    return this.#instructions.findLast((one) => one.offset === offset);
  }

  definitions(use: Instruction, local: number): readonly (Instruction | "entry")[] {
    const bytes = this.#bytes;
    const found = new Set<Instruction | "entry">();
    const seen = new Set<Block>();
    const search = (block: Block, before: number): void => {
      for (let i = before - 1; i >= 0; i--) {
        const instruction = block.instructions[i]!;
        const defines = instruction.row === LOCAL_SET || instruction.row === LOCAL_TEE;
        if (defines && lebAt(bytes, instruction.immediates) === local) {
          found.add(instruction);
          return;
        }
      }
      if (block === this.#entry) found.add("entry");
      this.#close(block);
      for (const predecessor of block.predecessors) queue.push(predecessor);
    };
    const queue: Block[] = [];
    search(use.block, use.block.instructions.indexOf(use));
    for (let block = queue.pop(); block; block = queue.pop()) {
      if (seen.has(block)) continue;
      seen.add(block);
      search(block, block.instructions.length);
    }
    return [...found];
  }

  #advance(): boolean {
    const code = this.#code;
    if (!code.advance()) return false;
    this.#step(code.row, code.at, code.immediates);
    return true;
  }

  /** Goes on until all branches to where a block begins are known. */
  #close(block: Block): void {
    while (block.open && this.#advance());
  }

  #pop(): Value {
    const floor = this.#frames.at(-1)?.height ?? 0;
    return this.#stack.length > floor ? this.#stack.pop()! : unknown;
  }

  #popMany(count: number): Value[] {
    const values = new Array<Value>(count);
    for (let i = count - 1; i >= 0; i--) values[i] = this.#pop();
    return values;
  }

  #push(kind: string, params: readonly Value[], height: number, results: number): void {
    const live = this.#reachable;
    const after = newBlock();
    const isLoop = kind === "loop";
    let target = after;
    if (isLoop) {
      target = newBlock();
      target.open = true;
      this.#enter(target);
    }
    const label: Value[][] = [];
    if (isLoop) {
      for (const param of params) label.push([param]);
      this.#stack.push(...label.map((inputs) => this.#joinAt(target, inputs)));
    } else {
      for (let i = 0; i < results; i++) label.push([]);
      this.#stack.push(...params);
    }
    const ends: Value[][] = isLoop ? Array.from({ length: results }, () => []) : label;
    this.#frames.push({ kind, height, results, label, ends, target, after, params, head: this.#block, live });
  }

  /** A loop's parameter: what comes from before it, and with each branch back. */
  #joinAt(loop: Block, inputs: readonly Value[]): Value {
    const close = () => this.#close(loop);
    return {
      kind: "join",
      get inputs() {
        close();
        return inputs;
      },
    };
  }

  /** Goes on in `block`, reached from the present one. */
  #enter(block: Block): void {
    if (this.#reachable) block.predecessors.add(this.#block);
    this.#block = block;
  }

  #branch(depth: number, at: number, isCatch = false): void {
    const frame = this.#frames[this.#frames.length - 1 - depth];
    if (!frame) throw new DecodeError(`label ${depth} does not exist`, at);
    if (!this.#reachable) return;
    frame.target.predecessors.add(this.#block);
    const count = frame.label.length;
    const first = this.#stack.length - count;
    for (let i = 0; i < count; i++)
      frame.label[i]!.push((isCatch ? undefined : this.#stack[first + i]) ?? unknown);
  }

  /** The labels of a try_table's catch clauses, which count from outside it. */
  #catches(immediates: number, at: number): void {
    const bytes = this.#bytes;
    let next = skipBlockType(bytes, immediates);
    const count = lebAt(bytes, next);
    next = lebEnd(bytes, next);
    for (let i = 0; i < count; i++) {
      const label = bytes[next]! < 2 ? lebEnd(bytes, next + 1) : next + 1;
      this.#branch(lebAt(bytes, label), at, true);
      next = lebEnd(bytes, label);
    }
  }

  #unreachable(): void {
    this.#reachable = false;
    this.#stack.length = this.#frames.at(-1)?.height ?? 0;
    this.#block = newBlock();
  }

  #blockType(immediates: number): { params: number; results: number } {
    const byte = this.#bytes[immediates]!;
    if (byte === 0x40) return { params: 0, results: 0 };
    if (byte >= 0x40 && byte < 0x80) return { params: 0, results: 1 };
    const type = funcTypeAt(this.#module, lebAt(this.#bytes, immediates));
    return { params: type?.params.length ?? 0, results: type?.results.length ?? 0 };
  }

  #record(row: number, offset: number, immediates: number, operands: readonly Value[]): Instruction {
    const instruction: Instruction = { offset, row, immediates, operands, block: this.#block };
    this.#instructions.push(instruction);
    this.#block.instructions.push(instruction);
    return instruction;
  }

  #step(row: number, offset: number, immediates: number): void {
    if (isControl[row] !== 0) return this.#control(row, offset, immediates);
    const { operands, results } = arityOf(this.#module, this.#bytes, row, immediates);
    const instruction = this.#record(row, offset, immediates, this.#popMany(operands));
    for (let i = 0; i < results; i++) this.#stack.push({ kind: "instruction", instruction });
  }

  #control(row: number, offset: number, immediates: number): void {
    const { name } = opcodes[row]!;
    const record = (operands: readonly Value[]) => this.#record(row, offset, immediates, operands);
    switch (name) {
      case "block":
      case "loop":
      case "if":
      case "try":
      case "try_table": {
        const condition = name === "if" ? [this.#pop()] : [];
        record(condition);
        if (name === "try_table") this.#catches(immediates, offset);
        const { params, results } = this.#blockType(immediates);
        const values = this.#popMany(params);
        if (name === "if") {
          const head = this.#block;
          this.#push(name, values, this.#stack.length, results);
          const frame = this.#frames.at(-1)!;
          this.#frames[this.#frames.length - 1] = { ...frame, head };
          this.#enter(newBlock());
        } else {
          this.#push(name, values, this.#stack.length, results);
        }
        return;
      }
      case "else":
      case "catch":
      case "catch_all": {
        const frame = this.#frames.at(-1);
        if (!frame) throw new DecodeError(`${name} outside a block`, offset);
        this.#finishPart(frame);
        this.#stack.length = frame.height;
        this.#block = newBlock();
        if (frame.live) this.#block.predecessors.add(frame.head);
        this.#reachable = frame.live;
        if (name === "else") {
          this.#stack.push(...frame.params);
          this.#frames[this.#frames.length - 1] = { ...frame, kind: "else" };
        }
        return;
      }
      case "end":
      case "delegate": {
        const frame = this.#frames.at(-1);
        if (!frame) throw new DecodeError("end without a block", offset);
        this.#finishPart(frame);
        if (frame.kind === "if" && frame.live) {
          frame.after.predecessors.add(frame.head);
          frame.params.forEach((param, i) => {
            frame.ends[i]?.push(param);
          });
        }
        this.#frames.pop();
        frame.target.open = false;
        this.#stack.length = frame.height;
        this.#block = frame.after;
        this.#reachable = frame.after.predecessors.size > 0 || this.#frames.length === 0;
        for (const inputs of frame.ends) this.#stack.push({ kind: "join", inputs });
        return;
      }
      case "br":
        record([]);
        this.#branch(lebAt(this.#bytes, immediates), offset);
        return this.#unreachable();
      case "br_if":
      case "br_on_null":
      case "br_on_non_null":
      case "br_on_cast":
      case "br_on_cast_fail": {
        const value = this.#pop();
        record([value]);
        const isCast = name.startsWith("br_on_cast");
        // The reference goes along to the label, stays behind, or both.
        if (isCast || name === "br_on_non_null") this.#stack.push(value);
        this.#branch(lebAt(this.#bytes, isCast ? immediates + 1 : immediates), offset);
        if (name === "br_on_non_null") this.#pop();
        if (name === "br_on_null") this.#stack.push(value);
        return this.#enter(newBlock());
      }
      case "br_table": {
        record([this.#pop()]);
        let at = lebEnd(this.#bytes, immediates);
        for (let i = lebAt(this.#bytes, immediates); i >= 0; i--) {
          this.#branch(lebAt(this.#bytes, at), offset);
          at = lebEnd(this.#bytes, at);
        }
        return this.#unreachable();
      }
      case "return":
      case "unreachable":
      case "throw":
      case "throw_ref":
      case "rethrow":
      case "return_call":
      case "return_call_indirect":
      case "return_call_ref":
        record([]);
        return this.#unreachable();
    }
  }

  /** One part of a block reaches its end: its values join those of the others. */
  #finishPart(frame: Frame): void {
    if (!this.#reachable) return;
    frame.after.predecessors.add(this.#block);
    const values = this.#popMany(frame.results);
    frame.ends.forEach((inputs, i) => {
      inputs.push(values[i]!);
    });
  }
}

function newBlock(): Block {
  return { instructions: [], predecessors: new Set(), open: false };
}
