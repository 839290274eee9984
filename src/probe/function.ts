/**
 * Rewrites one function body, in one pass over its bytes: what is not touched is copied as it stands. The walk tells
 * control (control.ts) what it passes; at the places that these know, the meter is written (charging.ts, sizes.ts)
 * and the plans' actions (site-writer.ts).
 *
 * With exit probes the body is wrapped in a block, so that `return` (which becomes a branch to it) and branches
 * to the outermost label meet the probes in one place; label depths stay what they were.
 */
import { ByteWriter } from "../base/bytes.ts";
import { DecodeError, internalError } from "../base/diagnostics.ts";
import { type BlockType, emit } from "../wasm/emit.ts";
import { type LocalDeclarations, localDeclarations } from "../wasm/locals.ts";
import { opcodes } from "../wasm/opcodes.ts";
import { type IndexMap, writeMoved } from "../wasm/reindex.ts";
import { type FuncType, funcTypeAt, I64, type Module, type Range, type ValType } from "../wasm/types.ts";
import { CodeWalk } from "../wasm/walk.ts";
import { ActionWriter } from "./action-writer.ts";
import { AddedLocals } from "./added-locals.ts";
import { Charging } from "./charging.ts";
import { branches, Control, delimits, diverts, Flow, flowOf, opensBlock, returns } from "./control.ts";
import { Labels } from "./labels.ts";
import { type MeterIndices, MeterState } from "./meter.ts";
import { writeOriginal } from "./original.ts";
import type { Meter } from "./plan.ts";
import type { BoundProbes } from "./probes-of.ts";
import { SiteWriter } from "./site-writer.ts";
import { chargedSize, chargeUnits, type Refund, type SizeContext } from "./sizes.ts";

/** What all functions of a module share while it is rewritten. */
export interface RewriteContext {
  readonly module: Module;
  readonly map: IndexMap;
  /** Whether instructions may name something that moved, by row; and whether they do, or do more to control than go on. */
  readonly moved: Uint8Array;
  readonly notable: Uint8Array;
  readonly meter: Meter | undefined;
  readonly meterAt: MeterIndices;
  /** For the code of one function at a time. */
  readonly scratch: ByteWriter;
  /** The type of a block with these results (may add a type to the module). */
  readonly blockType: (params: readonly ValType[], results: readonly ValType[]) => BlockType;
}

/** Writes the rewritten body of function `index`, which has these probes, with its size in front. */
export function rewriteFunction(
  context: RewriteContext,
  index: number,
  body: Range,
  probes: BoundProbes | undefined,
  out: ByteWriter,
): void {
  if (!context.meter && !probes && context.moved.every((moved) => moved === 0)) {
    out.leb(body.end - body.start);
    out.copy(context.module.bytes, body.start, body.end);
    return;
  }
  const labels = new Labels();
  for (;;) {
    const learnt = labels.begin();
    const rewriter = new FunctionRewriter(context, index, body, probes, labels);
    rewriter.walk();
    if (labels.suffices(learnt)) return rewriter.assemble(out);
  }
}

const everyRow = new Uint8Array(opcodes.length).fill(1);

/** What stands behind an instruction once it is written. */
type Behind = Refund | undefined;

class FunctionRewriter {
  readonly #context: RewriteContext;
  readonly #type: FuncType;
  readonly #own: LocalDeclarations;
  readonly #probes: BoundProbes | undefined;
  readonly #code: CodeWalk;
  readonly #control: Control;
  readonly #locals: AddedLocals;
  readonly #charging: Charging | undefined;
  readonly #actions: ActionWriter;
  readonly #sites: SiteWriter | undefined;
  /** What stands before the wrapping block: entry probes. */
  readonly #prologue = new ByteWriter(16);
  readonly #w: ByteWriter;
  #hasCall = false;
  /** Offset of the first byte that was not copied yet. */
  #copied: number;

  /** `labels`: what is known of them from earlier walks. */
  constructor(
    context: RewriteContext,
    index: number,
    body: Range,
    probes: BoundProbes | undefined,
    labels: Labels,
  ) {
    const { module, meter, meterAt } = context;
    const type = funcTypeAt(module, module.functions[index]!);
    if (!type) throw internalError(`function ${index} has no function type`);
    this.#context = context;
    this.#type = type;
    this.#probes = probes;
    this.#own = localDeclarations(module.bytes, body);
    this.#code = new CodeWalk(module.bytes, this.#own.bytes.end, body.end);
    this.#copied = this.#code.next;
    this.#control = new Control(body.start, labels);
    this.#w = context.scratch;
    this.#w.clear();
    this.#locals = new AddedLocals(type.params.length + this.#own.count);
    if (meter) {
      const state = new MeterState(meterAt, this.#locals.add(I64), meter.mode === "instruction");
      state.pending = meter.model.entry;
      this.#charging = new Charging(state, this.#control, { wraps: this.#wraps, checks: meter.checks });
    }
    this.#actions = new ActionWriter(module, index, this.#locals, this.#charging?.meter);
    if (probes?.sites) {
      this.#sites = new SiteWriter({
        module,
        index,
        sites: probes.sites,
        code: this.#code,
        w: this.#w,
        actions: this.#actions,
        charging: this.#charging,
        copyTo: (at) => this.#copyTo(at),
      });
    }
  }

  /** Writes what `walk` found, with the function's size in front. */
  assemble(out: ByteWriter): void {
    const { bytes } = this.#context.module;
    const meter = this.#charging?.meter;
    const head = new ByteWriter(64);
    // The meter's local is the first that was added, and may be the only one and not be needed.
    const unused = meter !== undefined && !meter.usesLocal && this.#locals.count === 1;
    this.#locals.declare(head, bytes, this.#own, unused ? 0 : this.#locals.count);
    if (this.#hasCall && this.#context.meter?.checks) meter?.checkAtEntry(head);
    head.copy(this.#prologue.view());
    if (this.#wrapped) emit(head, "block", this.#context.blockType([], this.#type.results));
    out.leb(head.length + this.#w.length);
    out.copy(head.view());
    out.copy(this.#w.view());
  }

  get #wraps(): boolean {
    return (this.#probes?.exit.length ?? 0) > 0;
  }

  /** Whether a wrapping block is really needed: something leads to its end. */
  get #wrapped(): boolean {
    return this.#wraps && this.#control.outermost.targeted;
  }

  /** Copies the original bytes up to `at`. */
  #copyTo(at: number): void {
    if (at > this.#copied) this.#w.copy(this.#code.bytes, this.#copied, at);
    this.#copied = at;
  }

  walk(): void {
    if (this.#probes) this.#actions.write(this.#prologue, this.#probes.entry, undefined);
    const { notable, meter } = this.#context;
    const state = this.#charging?.meter;
    const cost = meter?.model.cost;
    const immediate = state?.immediate ?? false;
    const control = this.#control;
    const code = this.#code;
    const atSites = this.#sites?.stops;
    const every = immediate || atSites === null;
    const stops = every ? everyRow : atSites ? notable.map((one, row) => one | atSites[row]!) : notable;
    while (control.frames.length > 0 && code.advanceTo(stops, cost)) {
      if (state && control.reachable) state.pending += code.passed;
      const { row } = code;
      const hasSite = this.#sites?.step() ?? false;
      if (notable[row] !== 0 || hasSite || immediate) this.#instruction(flowOf[row]!);
      else if (state && control.reachable) state.pending += cost![row]!;
    }
    if (control.frames.length > 0 || code.next !== code.end)
      throw new DecodeError("the function's blocks and its end do not match", code.next);
  }

  #instruction(flow: number): void {
    const { row } = this.#code;
    const live = this.#control.reachable;
    if (live) this.#sites?.before();
    const meter = live ? this.#charging?.meter : undefined;
    if (meter) {
      meter.pending += this.#context.meter!.model.cost[row]!;
      if (meter.immediate && meter.pending !== 0) {
        this.#copyTo(this.#code.at);
        meter.spill(this.#w);
      }
    }
    if (live && this.#sites?.replaces()) {
      this.#replace(flow);
    } else {
      if (live) this.#sites?.taken();
      const { immediates, next } = this.#code;
      const charging = live ? this.#charging : undefined;
      const behind = opensBlock(flow) ? this.#open(flow, charging) : this.#precede(flow, charging);
      if (this.#context.moved[row] && this.#copied <= immediates) this.#renumber(immediates, next);
      if (behind) {
        this.#copyTo(next);
        behind(this.#w);
      }
    }
    if (this.#control.frames.length > 0 && this.#control.reachable) this.#sites?.after();
  }

  /** Copies up to the immediates and writes these with the indices that moved. */
  #renumber(immediates: number, next: number): void {
    this.#copyTo(immediates);
    writeMoved(this.#w, this.#code.bytes, immediates, this.#code.row, this.#context.map);
    this.#copied = next;
  }

  /** A block begins: control knows it before the meter writes what comes before it. */
  #open(flow: number, charging: Charging | undefined): Behind {
    this.#control.step(this.#code);
    if (!charging || flow === Flow.block || flow === Flow.tryTable) return undefined;
    this.#copyTo(this.#code.at);
    charging.open(this.#w, this.#control.frames.at(-1)!, flow);
    const checked = flow === Flow.loop && this.#context.meter?.checks;
    return checked ? (w) => charging.meter.check(w) : undefined;
  }

  /** What comes before any other instruction; control takes its step behind that. */
  #precede(flow: number, charging: Charging | undefined): Behind {
    const behind = this.#write(flow, charging);
    this.#control.step(this.#code);
    return behind;
  }

  /** `charging` is given where the instruction is reached. */
  #write(flow: number, charging: Charging | undefined): Behind {
    const { at, next } = this.#code;
    const control = this.#control;
    const w = this.#w;
    if (flow !== Flow.plain && charging) this.#copyTo(at);
    switch (flow) {
      case Flow.else:
      case Flow.catch:
        this.#charging?.part(w, control.label(0, at), flow);
        return undefined;
      case Flow.delegate:
      case Flow.end:
        if (control.frames.length === 1) this.#functionEnd(at, next);
        else if (this.#charging) {
          // Also where the end is not reached from inside: an `else` may be missing.
          this.#copyTo(at);
          this.#charging.end(w, control.label(0, at));
        }
        return undefined;
      case Flow.br:
      case Flow.brIf:
      case Flow.brOnCast:
      case Flow.brTable:
        charging?.branch(w, control.targets(this.#code), !diverts(flow));
        return undefined;
      case Flow.return:
        if (control.reachable) this.#return(at, next);
        return undefined;
      case Flow.call:
      case Flow.tailCall:
        this.#hasCall = true;
        if (flow === Flow.tailCall && control.reachable) {
          this.#copyTo(at);
          this.#actions.write(w, this.#probes?.exit ?? [], undefined);
        }
        charging?.leave(w);
        return undefined;
      case Flow.trap:
      case Flow.throw:
        charging?.leave(w);
        return undefined;
      case Flow.sized:
        return charging && this.#sized();
      default:
        return undefined;
    }
  }

  #sized(): Behind {
    const context = this.#sizeContext()!;
    const type = chargedSize(context, this.#code);
    if (type === undefined) return undefined;
    const size = this.#locals.named("0", type);
    emit(this.#w, "local.set", size);
    const refund = chargeUnits(this.#w, context, this.#code, this.#code.previous, size);
    emit(this.#w, "local.get", size);
    return refund;
  }

  #sizeContext(): SizeContext | undefined {
    const { module, meter } = this.#context;
    return meter && { module, model: meter.model, meter: this.#charging!.meter, locals: this.#locals };
  }

  #return(at: number, next: number): void {
    const { frames, outermost } = this.#control;
    if (!this.#wraps) return this.#charging?.leave(this.#w);
    this.#charging?.branch(this.#w, [outermost], false);
    outermost.targeted = true;
    this.#copyTo(at);
    emit(this.#w, "br", frames.length - 1);
    this.#copied = next;
  }

  #functionEnd(at: number, next: number): void {
    const w = this.#w;
    const frame = this.#control.outermost;
    const fallsThrough = this.#control.reachable;
    this.#copyTo(at);
    if (this.#wrapped) {
      this.#charging?.endOfWrap(w, frame);
      emit(w, "end");
    }
    if (fallsThrough || this.#wrapped) {
      this.#actions.write(w, this.#probes?.exit ?? [], undefined);
      this.#charging?.leave(w);
    }
    emit(w, "end");
    this.#copied = next;
  }

  /** An action stands instead of the instruction. What the meter needs where the original is written is done before. */
  #replace(flow: number): void {
    const { at, row } = this.#code;
    const control = this.#control;
    const w = this.#w;
    if (delimits(flow)) throw internalError(`nothing can stand instead of ${opcodes[row]!.name}`);
    if (flow === Flow.call || flow === Flow.tailCall) this.#hasCall = true;
    this.#copyTo(at);
    const { put, saved } = this.#sites!.saveAll();
    const sizes = flow === Flow.sized ? this.#sizeContext() : undefined;
    let refund: Behind;
    if (branches(flow)) {
      const frames = control.targets(this.#code);
      this.#charging?.branch(w, frames, true);
      control.branch(frames, true);
    } else if (returns(flow) && this.#wraps) {
      this.#charging?.branch(w, [control.outermost], true);
      this.#charging?.meter.writeThrough(w);
      control.branch([control.outermost], true);
    } else if (flow === Flow.call || diverts(flow)) {
      this.#charging?.leave(w);
    } else if (sizes && chargedSize(sizes, this.#code) !== undefined) {
      refund = chargeUnits(w, sizes, this.#code, this.#code.previous, saved[0]!);
    }
    put((depth) => {
      this.#original(flow, depth);
      refund?.(w);
    });
    if (opensBlock(flow)) this.#sites!.skipBlock();
    if (returns(flow)) {
      if (this.#wraps) emit(w, "br", control.frames.length - 1);
      else emit(w, "return");
    } else if (diverts(flow)) emit(w, "unreachable");
    if (diverts(flow)) control.reachable = false;
    this.#copied = this.#code.next;
  }

  /** The instruction itself, inside `depth` blocks of an action that stands instead of it; its operands are on the stack. */
  #original(flow: number, depth: number): void {
    const w = this.#w;
    if (opensBlock(flow)) throw internalError("a block that is replaced cannot be written where it stood");
    if (flow === Flow.return && this.#wraps) return emit(w, "br", this.#control.frames.length - 1 + depth);
    if (flow === Flow.tailCall) this.#actions.write(w, this.#probes?.exit ?? [], undefined, true);
    writeOriginal(w, this.#code.bytes, this.#code, this.#context.map, depth);
  }
}
