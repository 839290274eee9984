/**
 * Rewrites one function body, in one pass over its bytes: what is not touched is copied as it stands. The walk tells
 * control (control.ts) what it passes; at the places that these know, the meter is written (charging.ts, sizes.ts)
 * and the plans' actions (site-writer.ts).
 *
 * With exit probes the body is wrapped in a block, so that `return` (which becomes a branch to it) and branches
 * to the outermost label meet the probes in one place; label depths stay what they were.
 */
import { ByteWriter } from "../base/bytes.ts";
import { DecodeError, internalError, unsupported } from "../base/diagnostics.ts";
import { emit } from "../wasm/emit.ts";
import { type LocalDeclarations, localDeclarations } from "../wasm/locals.ts";
import { opcodes } from "../wasm/opcodes.ts";
import { type FuncType, funcTypeAt, I64, type Range } from "../wasm/types.ts";
import { CodeWalk } from "../wasm/walk.ts";
import { ActionWriter } from "./action-writer.ts";
import { AddedLocals } from "./added-locals.ts";
import { Charging } from "./charging.ts";
import { branches, Control, delimits, diverts, Flow, flowOf, opensBlock, returns } from "./control.ts";
import type { Kernel } from "./kernel.ts";
import { type KernelWalk, Stop } from "./kernel-walk.ts";
import { LabelShifts } from "./label-shifts.ts";
import { Labels } from "./labels.ts";
import { MeterState } from "./meter.ts";
import { namesLabels, writeImmediates } from "./original.ts";
import type { BoundProbes } from "./probes-of.ts";
import type { RewriteContext } from "./rewrite-context.ts";
import { type InFront, SiteWriter } from "./site-writer.ts";
import { chargedSize, chargeUnits, type Refund, type SizeContext } from "./sizes.ts";

/**
 * Writes the rewritten body of function `index`, which has these probes, with its size in front; by the kernel, where
 * there is one, as far as that knows the code.
 */
export function rewriteFunction(
  context: RewriteContext,
  index: number,
  body: Range,
  probes: BoundProbes | undefined,
  out: ByteWriter,
  kernel?: Kernel,
): void {
  if (!context.meter && !probes && context.moved.every((moved) => moved === 0)) {
    out.leb(body.end - body.start);
    out.copy(context.module.bytes, body.start, body.end);
    return;
  }
  if (kernel && probes && writtenBy(kernel, context, index, body, probes, out)) return;
  const labels = new Labels();
  for (;;) {
    const learnt = labels.begin();
    const rewriter = new FunctionRewriter(context, index, body, probes, labels);
    rewriter.walk();
    if (labels.suffices(learnt)) return rewriter.assemble(out);
  }
}

/** Whether the kernel could write the body. */
function writtenBy(
  kernel: Kernel,
  context: RewriteContext,
  index: number,
  body: Range,
  probes: BoundProbes,
  out: ByteWriter,
): boolean {
  for (let again = false; ; again = true) {
    const rewriter = new FunctionRewriter(context, index, body, probes, new Labels());
    const walk = rewriter.walkBy(kernel, again);
    if (!walk) return false;
    if (walk.learnt) continue;
    rewriter.assemble(out);
    return true;
  }
}

/** One inside the other; each takes some of the stack here. */
const deepestReplaced = 400;

const everyRow = new Uint8Array(opcodes.length).fill(1);

/** What stands behind an instruction once it is written. */
type Behind = Refund | undefined;

class FunctionRewriter {
  readonly #context: RewriteContext;
  readonly #index: number;
  readonly #type: FuncType;
  readonly #own: LocalDeclarations;
  readonly #probes: BoundProbes | undefined;
  readonly #code: CodeWalk;
  readonly #control: Control;
  readonly #locals: AddedLocals;
  readonly #charging: Charging | undefined;
  readonly #actions: ActionWriter;
  readonly #sites: SiteWriter | undefined;
  /** Blocks of actions around what is being written. */
  readonly #shifts = new LabelShifts();
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
    this.#index = index;
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
    const code = this.#code;
    this.#steps(0);
    if (this.#control.frames.length > 0 || code.next !== code.end)
      throw new DecodeError("the function's blocks and its end do not match", code.next);
  }

  /**
   * Writes code until no more than `outside` blocks are open. `part`: only up to the `end` that would do that, at which
   * the walk is then.
   */
  #steps(outside: number, part = false): void {
    const { notable, meter } = this.#context;
    const state = this.#charging?.meter;
    const cost = meter?.model.cost;
    const immediate = state?.immediate ?? false;
    const control = this.#control;
    const code = this.#code;
    const atSites = this.#sites?.stops;
    const every = immediate || atSites === null;
    const stops = every ? everyRow : atSites ? notable.map((one, row) => one | atSites[row]!) : notable;
    while (control.frames.length > outside && code.advanceTo(stops, cost)) {
      if (state && control.reachable) state.pending += code.passed;
      const { row } = code;
      const hasSite = this.#sites?.step() ?? false;
      if (part && control.frames.length === outside + 1 && flowOf[row] === Flow.end) return;
      if (notable[row] !== 0 || hasSite || immediate) {
        this.#instruction(flowOf[row]!);
        // Of a block that an action writes, whoever called that has what stands behind.
        if (control.frames.length > outside && control.reachable) this.#sites?.after();
      } else if (state && control.reachable) state.pending += cost![row]!;
    }
  }

  /** The same by a walk of the kernel, which stops where probes stand; undefined where it does not get to the end. */
  walkBy(kernel: Kernel, again: boolean): KernelWalk | undefined {
    const meter = this.#charging?.meter;
    if (!meter || this.#sites?.stops === null) return undefined;
    const { entry = [], exit = [], sites } = this.#probes ?? {};
    this.#actions.write(this.#prologue, entry, undefined);
    const body = this.#index - this.#context.module.importedFunctions;
    const walk = kernel.walk({ body, stops: sites?.keys() ?? [], wraps: this.#wraps, again }, meter);
    if (!walk) return undefined;
    for (let stop = walk.go(); stop !== Stop.done; stop = walk.go()) {
      if (stop === Stop.unknown) return undefined;
      this.#w.clear();
      this.#copied = walk.at;
      if (stop === Stop.exit) this.#actions.write(this.#w, exit, undefined);
      else if (stop === Stop.after) this.#sites!.after();
      else {
        this.#code.next = walk.at;
        this.#code.advance();
        this.#sites?.step();
        if (stop === Stop.before) this.#sites!.before();
        else this.#sized();
      }
      if (!walk.put(this.#w)) return undefined;
    }
    this.#w.clear();
    walk.copy(this.#w);
    this.#hasCall = walk.hasCall;
    this.#control.outermost.targeted = walk.isWrapped;
    return walk;
  }

  /** `only`: what in front of it belongs there; all where it is left out. */
  #instruction(flow: number, only?: InFront): void {
    const { row } = this.#code;
    const live = this.#control.reachable;
    if (live) this.#sites?.before(only);
    const meter = live ? this.#charging?.meter : undefined;
    if (meter) {
      meter.pending += this.#context.meter!.model.cost[row]!;
      if (meter.immediate && meter.pending !== 0) {
        this.#copyTo(this.#code.at);
        meter.spill(this.#w);
      }
    }
    if (flow === Flow.else) {
      const reaches = this.#control.label(0, this.#code.at).live;
      this.#asItIs(flow, live);
      if (reaches && this.#sites?.replaces()) this.#replacePart();
    } else if (live && this.#sites?.replaces()) {
      if (opensBlock(flow)) this.#replaceBlock(flow);
      else this.#replace(flow);
    } else this.#asItIs(flow, live);
  }

  /** Writes the instruction, charged already, with what the meter needs around it. */
  #asItIs(flow: number, live: boolean): void {
    if (live) this.#sites?.taken();
    const { row, immediates, next } = this.#code;
    const charging = live ? this.#charging : undefined;
    const behind = opensBlock(flow) ? this.#open(flow, charging) : this.#precede(flow, charging);
    const changes = this.#context.moved[row] || (this.#shifts.active && namesLabels(row));
    if (changes && this.#copied <= immediates) {
      this.#copyTo(immediates);
      // What a try_table leads to counts from outside it, and it is open already.
      this.#immediates(this.#control.frames.length - (flow === Flow.tryTable ? 1 : 0));
      this.#copied = next;
    }
    if (behind) {
      this.#copyTo(next);
      behind(this.#w);
    }
  }

  /** Writes immediates with the indices that moved and labels as they count now: among `open` blocks, and `deeper` of an action. */
  #immediates(open: number, deeper = 0): void {
    const label = (before: number) => this.#shifts.shifted(before, open) + deeper;
    writeImmediates(this.#w, this.#code.bytes, this.#code, this.#context.map, label);
  }

  /** A branch out of the function's code, to what the wrapping block has behind it; from `deeper` blocks of an action. */
  #leaveWrap(deeper = 0): void {
    const { length } = this.#control.frames;
    emit(this.#w, "br", this.#shifts.shifted(length - 1, length) + deeper);
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
    const { outermost } = this.#control;
    if (!this.#wraps) return this.#charging?.leave(this.#w);
    this.#charging?.branch(this.#w, [outermost], false);
    outermost.targeted = true;
    this.#copyTo(at);
    this.#leaveWrap();
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

  /** An action stands instead of a block as a whole. */
  #replaceBlock(flow: number): void {
    this.#copyTo(this.#code.at);
    const outside = this.#control.frames.length;
    this.#put((depth) => {
      this.#deeper(outside, depth);
      this.#asItIs(flow, true);
      this.#sites!.after();
      this.#steps(outside);
      this.#copyTo(this.#code.next);
      this.#shifts.end();
    });
    this.#copied = this.#code.next;
  }

  /** An action stands instead of what is behind an `else`, which is written: up to the `end`, which follows. */
  #replacePart(): void {
    this.#copyTo(this.#code.next);
    const outside = this.#control.frames.length - 1;
    this.#put((depth) => {
      this.#deeper(outside + 1, depth);
      this.#sites!.after();
      this.#steps(outside, true);
      if (this.#control.reachable) this.#sites!.before("ending");
      this.#copyTo(this.#code.at);
      this.#shifts.end();
    });
    if (flowOf[this.#code.row] !== Flow.end) throw new DecodeError("an else has no end", this.#code.at);
    this.#copied = this.#code.at;
    this.#instruction(Flow.end, "before");
  }

  /** Writes the action, which may write what it stands instead of once. That counts for itself; behind, all ways are one. */
  #put(original: (depth: number) => void): void {
    const control = this.#control;
    const meter = this.#charging?.meter;
    const { put } = this.#sites!.saveAll();
    meter?.load(this.#w);
    let written = false;
    put((depth) => {
      if (written) throw internalError("what an action stands instead of is written more than once");
      written = true;
      const before = meter && { pending: meter.pending, stale: meter.stale };
      original(depth);
      if (!meter || !before) return;
      if (control.reachable) {
        if (before.stale) meter.spill(this.#w);
        else meter.align(this.#w, before.pending);
      }
      meter.pending = before.pending;
      meter.stale = before.stale;
    });
    if (!written) this.#sites!.skipBlock();
    control.reachable = true;
  }

  #deeper(open: number, by: number): void {
    if (this.#shifts.depth >= deepestReplaced)
      throw unsupported(
        `more than ${deepestReplaced} blocks, one inside the other, have something to stand instead of them`,
      );
    this.#shifts.begin(open, by);
  }

  /** An action stands instead of the instruction. What the meter needs where the original is written is done before. */
  #replace(flow: number): void {
    const { at, row } = this.#code;
    const control = this.#control;
    const w = this.#w;
    if (delimits(flow) || opensBlock(flow))
      throw internalError(`nothing can stand instead of ${opcodes[row]!.name}`);
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
    if (returns(flow)) {
      if (this.#wraps) this.#leaveWrap();
      else emit(w, "return");
    } else if (diverts(flow)) emit(w, "unreachable");
    if (diverts(flow)) control.reachable = false;
    this.#copied = this.#code.next;
  }

  /** The instruction itself, inside `depth` blocks of an action that stands instead of it; its operands are on the stack. */
  #original(flow: number, depth: number): void {
    const w = this.#w;
    if (flow === Flow.return && this.#wraps) return this.#leaveWrap(depth);
    if (flow === Flow.tailCall) this.#actions.write(w, this.#probes?.exit ?? [], undefined, true);
    w.copy(this.#code.bytes, this.#code.at, this.#code.immediates);
    this.#immediates(this.#control.frames.length, depth);
  }
}
