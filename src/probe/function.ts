/**
 * Rewrites one function body, in one pass over its bytes: what is not touched is copied as it stands. It follows
 * control just far enough to know what can be reached (unreachable code costs nothing and gets no probes) and
 * where control joins (there the meter must be settled).
 *
 * With exit probes the body is wrapped in a block, so that `return` (which becomes a branch to it) and branches
 * to the outermost label meet the probes in one place; label depths stay what they were.
 */
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { DecodeError, internalError } from "../base/diagnostics.ts";
import { valType } from "../wasm/decode.ts";
import { writeValType } from "../wasm/encode.ts";
import { lebAt, lebEnd, opcodeEnd, rowAt, skipImmediates } from "../wasm/instructions.ts";
import { declaredTypeAt, type LocalDeclarations, localDeclarations } from "../wasm/locals.ts";
import { noRow, opcodes, rowNamed } from "../wasm/opcodes.ts";
import type { IndexMap } from "../wasm/reindex.ts";
import { type FuncType, funcTypeAt, I32, I64, type Module, type Range, type ValType } from "../wasm/types.ts";
import { operandIndex, type ProbeSite, writeCall } from "./call.ts";
import { Flow, type Frame, flowOf, newFrame } from "./flow.ts";
import { type MeterIndices, MeterState } from "./meter.ts";
import type { FunctionProbes, Meter, Plan, Probe, SiteProbe } from "./plan.ts";
import { immediateValues, operandTypes, sizeIs64 } from "./site.ts";

/** What all functions of a module share while it is rewritten. */
export interface RewriteContext {
  readonly module: Module;
  readonly map: IndexMap;
  readonly plan: Plan;
  readonly meter: Meter | undefined;
  readonly meterAt: MeterIndices;
  /** Function index of each hook in the instrumented module. */
  readonly hooks: readonly number[];
  /** For the code of one function at a time. */
  readonly scratch: ByteWriter;
  /** Bytes of a block type with no parameters and these results (may add a type to the module). */
  readonly blockType: (results: readonly ValType[]) => Uint8Array;
}

const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const BLOCK = 0x02;
const BR = 0x0c;
const END = 0x0b;
const I32_CONST = rowNamed("i32.const");
const I64_CONST = rowNamed("i64.const");

/** Deeper nesting than V8 accepts by far. */
const deepest = 100_000;

/** Writes the rewritten body of function `index` with its size in front. */
export function rewriteFunction(context: RewriteContext, index: number, body: Range, out: ByteWriter): void {
  const probes = context.plan.functions.get(index) ?? context.plan.everywhere?.(index);
  if (!context.meter && !probes && context.map.func(index) === index && context.map.global(0) === 0) {
    out.leb(body.end - body.start);
    out.copy(context.module.bytes, body.start, body.end);
    return;
  }
  // A label's catch clauses stand behind code that leads to it as well: with try_table, it takes a second walk.
  const caught = new Set<number>();
  for (let known = -1; known !== caught.size; ) {
    known = caught.size;
    const rewriter = new FunctionRewriter(context, index, body, probes, caught);
    rewriter.walk();
    if (known === caught.size) rewriter.assemble(out);
  }
}

class FunctionRewriter {
  readonly #context: RewriteContext;
  readonly #bytes: Uint8Array;
  readonly #body: Range;
  readonly #type: FuncType;
  readonly #probes: FunctionProbes | undefined;
  readonly #meter: MeterState | undefined;
  readonly #immediate: boolean;
  /** What stands before the wrapping block: entry probes. */
  readonly #prologue = new ByteWriter(16);
  readonly #code: ByteWriter;
  /** The function's own label, then every open block. */
  readonly #outermost: Frame;
  readonly #frames: Frame[] = [];
  readonly #caught: Set<number>;
  #reachable = true;
  #hasCall = false;
  /** Offset of the first byte that was not copied yet. */
  #copied: number;
  /** Offset of the instruction before. */
  #previous = 0;
  readonly #codeStart: number;
  readonly #locals: LocalDeclarations;
  /** Parameters and declared locals. */
  readonly #localCount: number;
  /** Types of the locals that were added, the meter's first. */
  readonly #added: ValType[] = [];
  readonly #temporaries = new Map<string, number>();

  /** `caught`: starts of the blocks whose labels catch clauses lead to, as far as they are known; gains those found. */
  constructor(
    context: RewriteContext,
    index: number,
    body: Range,
    probes: FunctionProbes | undefined,
    caught: Set<number>,
  ) {
    this.#caught = caught;
    this.#outermost = newFrame(Flow.block, body.start, true, caught.has(body.start));
    this.#context = context;
    this.#bytes = context.module.bytes;
    this.#body = body;
    this.#probes = probes;
    const type = funcTypeAt(context.module, context.module.functions[index]!);
    if (!type) throw internalError(`function ${index} has no function type`);
    this.#type = type;
    this.#code = context.scratch;
    this.#code.clear();

    this.#locals = localDeclarations(this.#bytes, body);
    this.#localCount = type.params.length + this.#locals.count;
    this.#codeStart = this.#locals.bytes.end;
    this.#copied = this.#codeStart;
    this.#immediate = context.meter?.mode === "instruction";
    if (context.meter) {
      this.#added.push(I64);
      this.#meter = new MeterState(context.meterAt, this.#localCount, this.#immediate);
      this.#meter.pending = context.meter.model.entry;
    }
  }

  /** Writes what `walk` found, with the function's size in front. */
  assemble(out: ByteWriter): void {
    const check = new ByteWriter(32);
    if (this.#hasCall && this.#context.meter?.checks) this.#meter?.checkAtEntry(check);
    const wrap = this.#wrapped ? this.#context.blockType(this.#type.results) : undefined;

    const head = new ByteWriter(64);
    const added = this.#declared();
    head.leb(this.#locals.groups + added.length);
    head.copy(this.#bytes, this.#locals.bytes.start, this.#locals.bytes.end);
    for (const type of added) {
      head.leb(1);
      writeValType(head, type);
    }
    head.copy(check.view());
    head.copy(this.#prologue.view());
    if (wrap) {
      head.u8(BLOCK);
      head.copy(wrap);
    }
    out.leb(head.length + this.#code.length);
    out.copy(head.view());
    out.copy(this.#code.view());
  }

  /** The added locals; the meter's own only where it or a later one is used, since indices must not move. */
  #declared(): readonly ValType[] {
    return this.#added.length === 1 && this.#meter && !this.#meter.usesLocal ? [] : this.#added;
  }

  get #wraps(): boolean {
    return (this.#probes?.exit?.length ?? 0) > 0;
  }

  /** Whether a wrapping block is really needed: something leads to its end. */
  get #wrapped(): boolean {
    return this.#wraps && this.#outermost.targeted;
  }

  /** Copies the original bytes up to `at`. */
  #copyTo(at: number): void {
    if (at > this.#copied) this.#code.copy(this.#bytes, this.#copied, at);
    this.#copied = at;
  }

  walk(): void {
    for (const probe of this.#probes?.entry ?? []) this.#call(this.#prologue, probe);
    this.#frames.push(this.#outermost);
    const bytes = this.#bytes;
    const end = this.#body.end;
    const cost = this.#context.meter?.model.cost;
    const meter = this.#meter;
    const sites = this.#probes?.sites;
    let at = this.#codeStart;
    while (at < end) {
      const row = rowAt(bytes, at);
      if (row === noRow) throw new DecodeError(`unknown instruction 0x${bytes[at]!.toString(16)}`, at);
      const immediates = opcodeEnd(bytes, at);
      const next = skipImmediates(bytes, immediates, row);
      if (!(next <= end)) throw new DecodeError("an instruction runs past the function's end", at);
      const flow = flowOf[row]!;
      const site = sites?.get(at);
      if (flow === Flow.plain && !site && !this.#immediate) {
        if (meter && this.#reachable) meter.pending += cost![row]!;
      } else {
        if (site && this.#reachable) this.#site(site, "before", at, immediates, row);
        if (meter && this.#reachable) {
          meter.pending += cost![row]!;
          if (this.#immediate && meter.pending > 0) {
            this.#copyTo(at);
            meter.spill(this.#code);
          }
        }
        this.#control(flow, row, at, immediates, next);
        if (site && this.#frames.length > 0) this.#site(site, "after", next, immediates, row);
      }
      this.#previous = at;
      at = next;
      if (this.#frames.length === 0) break;
    }
    if (this.#frames.length > 0 || at !== end)
      throw new DecodeError("the function's blocks and its end do not match", at);
  }

  #frame(depth: number, at: number): Frame {
    const frame = this.#frames[this.#frames.length - 1 - depth];
    if (!frame) throw new DecodeError(`label ${depth} does not exist`, at);
    return frame;
  }

  #isOutermost(frame: Frame): boolean {
    return frame === this.#outermost;
  }

  /** Before a branch to `frames`: the meter as their labels want it. `stays`: control may also go on. */
  #branch(frames: readonly Frame[], at: number, stays: boolean): void {
    const leaves = frames.some((frame) => (this.#isOutermost(frame) && !this.#wraps) || frame.caught);
    const meter = this.#meter;
    if (meter) {
      this.#copyTo(at);
      if (leaves && !stays && frames.length === 1) meter.spill(this.#code);
      else if (leaves) meter.settleAndSpill(this.#code);
      else meter.settle(this.#code);
    }
    for (const frame of frames) frame.targeted = true;
    if (!stays) this.#reachable = false;
  }

  #push(flow: number, at: number): void {
    if (this.#frames.length >= deepest) throw new DecodeError("blocks are nested too deeply", at);
    this.#frames.push(newFrame(flow, at, this.#reachable, this.#caught.has(at)));
  }

  #control(flow: number, row: number, at: number, immediates: number, next: number): void {
    const w = this.#code;
    const meter = this.#reachable ? this.#meter : undefined;
    switch (flow) {
      case Flow.plain:
        return;
      case Flow.block:
        this.#push(flow, at);
        return;
      case Flow.loop:
        if (meter) {
          this.#copyTo(at);
          if (this.#caught.has(at)) meter.spill(w);
          else meter.settle(w);
        }
        this.#push(flow, at);
        if (meter && this.#context.meter?.checks) {
          this.#copyTo(next);
          meter.check(w);
        }
        return;
      case Flow.if:
        if (meter) {
          this.#copyTo(at);
          if (this.#caught.has(at)) meter.settleAndSpill(w);
          else meter.settle(w);
        }
        this.#push(flow, at);
        return;
      case Flow.else:
      case Flow.catch:
        return this.#part(flow, at);
      case Flow.try:
        if (meter) {
          this.#copyTo(at);
          meter.settle(w);
        }
        this.#push(flow, at);
        return;
      case Flow.tryTable: {
        if (this.#reachable) this.#catches(immediates);
        this.#push(Flow.block, at);
        return;
      }
      case Flow.delegate:
      case Flow.end:
        return this.#end(at, next);
      case Flow.br:
      case Flow.brIf: {
        const frame = this.#frame(lebAt(this.#bytes, immediates), at);
        if (this.#reachable) this.#branch([frame], at, flow === Flow.brIf);
        return;
      }
      case Flow.brOnCast: {
        const frame = this.#frame(lebAt(this.#bytes, immediates + 1), at);
        if (this.#reachable) this.#branch([frame], at, true);
        return;
      }
      case Flow.brTable: {
        const count = lebAt(this.#bytes, immediates);
        const frames = new Set<Frame>();
        let label = lebEnd(this.#bytes, immediates);
        for (let i = 0; i <= count; i++) {
          frames.add(this.#frame(lebAt(this.#bytes, label), at));
          label = lebEnd(this.#bytes, label);
        }
        if (this.#reachable) this.#branch([...frames], at, false);
        return;
      }
      case Flow.return:
        return this.#return(at, next);
      case Flow.call:
      case Flow.callFunc:
        this.#hasCall = true;
        if (meter) {
          this.#copyTo(at);
          meter.spill(w);
        }
        if (flow === Flow.callFunc) this.#reindexed(immediates, next, this.#context.map.func);
        return;
      case Flow.tailCall:
      case Flow.tailCallFunc:
        this.#hasCall = true;
        if (this.#reachable) {
          this.#copyTo(at);
          for (const probe of this.#probes?.exit ?? []) this.#call(w, probe);
          meter?.spill(w);
          this.#reachable = false;
        }
        if (flow === Flow.tailCallFunc) this.#reindexed(immediates, next, this.#context.map.func);
        return;
      case Flow.trap:
      case Flow.throw:
        if (meter) {
          this.#copyTo(at);
          meter.spill(w);
        }
        this.#reachable = false;
        return;
      case Flow.refFunc:
        return this.#reindexed(immediates, next, this.#context.map.func);
      case Flow.global:
        return this.#reindexed(immediates, next, this.#context.map.global);
      case Flow.sized:
        if (meter) this.#sized(meter, row, at, immediates, next);
        return;
    }
  }

  /** Copies up to an index immediate and writes it anew where it moved. */
  #reindexed(immediates: number, next: number, map: (index: number) => number): void {
    const old = lebAt(this.#bytes, immediates);
    const now = map(old);
    if (now === old) return;
    this.#copyTo(immediates);
    this.#code.leb(now);
    this.#copied = next;
  }

  #return(at: number, next: number): void {
    if (!this.#reachable) return;
    if (this.#wraps) {
      this.#branch([this.#outermost], at, false);
      this.#copyTo(at);
      this.#code.u8(BR);
      this.#code.leb(this.#frames.length - 1);
      this.#copied = next;
    } else if (this.#meter) {
      this.#copyTo(at);
      this.#meter.spill(this.#code);
    }
    this.#reachable = false;
  }

  /** else, catch, catch_all: one part of a block ends and the next begins. */
  #part(flow: number, at: number): void {
    const frame = this.#frame(0, at);
    if (this.#reachable) {
      frame.partReached = true;
      if (this.#meter) {
        this.#copyTo(at);
        this.#meter.settle(this.#code);
        if (frame.caught) this.#meter.spill(this.#code);
      }
    }
    this.#reachable = frame.live;
    if (!this.#meter) {
      if (flow === Flow.else) frame.sawElse = true;
      return;
    }
    this.#meter.pending = 0;
    if (flow === Flow.else) {
      frame.sawElse = true;
      this.#meter.stale = this.#immediate;
    } else {
      // A handler starts where the exception left the callee: only the global is right.
      this.#meter.stale = true;
    }
  }

  #end(at: number, next: number): void {
    const frame = this.#frame(0, at);
    if (this.#frames.length === 1) return this.#functionEnd(frame, at, next);
    const meter = this.#meter;
    const joins = (frame.flow === Flow.if && frame.live) || frame.targeted || frame.partReached;
    if (this.#reachable && meter && joins && frame.flow !== Flow.loop) {
      this.#copyTo(at);
      meter.settle(this.#code);
      if (frame.caught) meter.spill(this.#code);
    }
    const implicitElse = frame.flow === Flow.if && !frame.sawElse && frame.live;
    const branched = frame.flow !== Flow.loop && frame.targeted;
    const reached = this.#reachable || frame.partReached || implicitElse || branched;
    if (meter && joins && frame.flow !== Flow.loop) {
      meter.pending = 0;
      meter.stale = frame.caught || this.#immediate;
    }
    this.#frames.pop();
    this.#reachable = frame.live && reached;
  }

  #functionEnd(frame: Frame, at: number, next: number): void {
    const meter = this.#meter;
    const w = this.#code;
    const fallsThrough = this.#reachable;
    this.#copyTo(at);
    if (this.#wrapped) {
      if (fallsThrough) meter?.settle(w);
      if (fallsThrough && frame.caught) meter?.spill(w);
      w.u8(END);
      if (meter) {
        meter.pending = 0;
        meter.stale = frame.caught || this.#immediate;
      }
    }
    if (fallsThrough || this.#wrapped) {
      for (const probe of this.#probes?.exit ?? []) this.#call(w, probe);
      meter?.spill(w);
    }
    w.u8(END);
    this.#copied = next;
    this.#frames.pop();
  }

  /** Marks the labels that catch clauses lead to; they count from outside the try_table. */
  #catches(immediates: number): void {
    const bytes = this.#bytes;
    const lead = bytes[immediates]!;
    let at = lead === 0x63 || lead === 0x64 ? lebEnd(bytes, immediates + 1) : lebEnd(bytes, immediates);
    const count = lebAt(bytes, at);
    at = lebEnd(bytes, at);
    for (let i = 0; i < count; i++) {
      const kind = bytes[at]!;
      at = kind < 2 ? lebEnd(bytes, at + 1) : at + 1;
      const frame = this.#frame(lebAt(bytes, at), at);
      frame.targeted = true;
      this.#caught.add(frame.start);
      at = lebEnd(bytes, at);
    }
  }

  /** An instruction whose work grows with its topmost operand. */
  #sized(meter: MeterState, row: number, at: number, immediates: number, next: number): void {
    const unit = this.#context.meter!.model.perUnit[row]!;
    if (unit === 0) return;
    const is64 = sizeIs64(this.#context.module, row, immediates);
    const size = this.#temporary(is64 ? I64 : I32, 0);
    this.#copyTo(at);
    this.#code.u8(LOCAL_SET);
    this.#code.leb(size);
    meter.chargeSize(this.#code, size, is64, unit);
    this.#code.u8(LOCAL_GET);
    this.#code.leb(size);
    if (!opcodes[row]!.name.endsWith(".grow") || this.#context.meter!.model.freeFailure === null) return;
    if (this.#chargedAtCompilation(this.#previous)) return;
    this.#copyTo(next);
    const result = this.#temporary(is64 ? I64 : I32, -1);
    meter.refundFailure(this.#code, { size, result, is64 }, unit);
  }

  /** Whether the instruction at `at` is a constant that makes a grow behind it cost its units even where it fails. */
  #chargedAtCompilation(at: number): boolean {
    const row = rowAt(this.#bytes, at);
    if (row !== I32_CONST && row !== I64_CONST) return false;
    const [constant] = immediateValues(this.#bytes, opcodeEnd(this.#bytes, at), row);
    return constant!.value >= 0 && constant!.value <= this.#context.meter!.model.freeFailure!;
  }

  /** The added local number `n` of a type. */
  #temporary(type: ValType, n: number): number {
    const key = `${type}/${n}`;
    let local = this.#temporaries.get(key);
    if (local === undefined) {
      local = this.#localCount + this.#added.length;
      this.#added.push(type);
      this.#temporaries.set(key, local);
      if (this.#meter) this.#meter.usesLocal = true;
    }
    return local;
  }

  /** The probes before or after the instruction at `at` (for "after": the offset behind it). */
  #site(
    probes: readonly SiteProbe[],
    when: "before" | "after",
    at: number,
    immediates: number,
    row: number,
  ): void {
    const mine = probes.filter((probe) => probe.when === when);
    if (mine.length === 0 || !this.#reachable) return;
    this.#copyTo(at);
    const deepestOperand = Math.max(
      -1,
      ...mine.flatMap((probe) => probe.arguments.map((argument) => operandIndex(argument, row))),
    );
    const { module } = this.#context;
    const types =
      deepestOperand < 0
        ? []
        : operandTypes(module, this.#bytes, immediates, row, when, (index) => this.#localType(index));
    if (deepestOperand >= types.length) {
      throw internalError(
        `a probe wants operand ${deepestOperand} of ${opcodes[row]!.name}, which has ${types.length}`,
      );
    }
    const saved: number[] = [];
    for (let i = 0; i <= deepestOperand; i++) {
      const local = this.#temporary(types[i]!, i + 1);
      saved.push(local);
      this.#code.u8(LOCAL_SET);
      this.#code.leb(local);
    }
    for (const probe of mine) this.#call(this.#code, probe, { module, saved, immediates, row });
    for (const local of saved.reverse()) {
      this.#code.u8(LOCAL_GET);
      this.#code.leb(local);
    }
  }

  #localType(index: number): ValType {
    const { params } = this.#type;
    if (index < params.length) return params[index]!;
    const at = declaredTypeAt(this.#bytes, this.#locals, index - params.length);
    if (at === undefined) throw internalError(`local ${index} does not exist`);
    return valType(new ByteReader(this.#bytes.subarray(at), at));
  }

  #call(w: ByteWriter, probe: Probe, site?: ProbeSite): void {
    writeCall(w, this.#context.hooks[probe.hook]!, probe, this.#meter, site);
  }
}
