/**
 * Meters the functions that have no probes, which are nearly all: what function.ts with control.ts and charging.ts makes
 * of such a function, byte for byte, in one loop over its notable instructions with the open blocks in typed arrays. A
 * module of a megabyte is rewritten before V8 has optimised anything, and this is a tenth of the code to warm up.
 *
 * What is rare is declined, and left to the general way: exception handling, operations charged by size, a br_table
 * whose targets must come to share a potential. The words are those of meter.ts and charging.ts, which say why.
 */
import { ByteWriter } from "../base/bytes.ts";
import { emit } from "../wasm/emit.ts";
import { lebAt, lebEnd } from "../wasm/instructions.ts";
import { localDeclarations } from "../wasm/locals.ts";
import { writeMoved } from "../wasm/reindex.ts";
import { funcTypeAt, I64, type Range } from "../wasm/types.ts";
import { CodeWalk } from "../wasm/walk.ts";
import { AddedLocals } from "./added-locals.ts";
import { Flow, flowOf } from "./control.ts";
import type { RewriteContext } from "./function.ts";
import { MeterState } from "./meter.ts";
import type { Meter } from "./plan.ts";

/** Blocks that are open at once; deeper functions are declined. */
const deepest = 4096;

/** What is put before or behind the original bytes at one instruction is less than this. */
const mostAdded = 256;

const bytesOf = (write: (w: ByteWriter) => void): Uint8Array => {
  const w = new ByteWriter();
  write(w);
  return w.finish();
};

const constant = bytesOf((w) => emit(w, "i64.const", 0)).subarray(0, 1);
const add = bytesOf((w) => emit(w, "i64.add"));
const otherwise = bytesOf((w) => emit(w, "else"));
const getLocal = bytesOf((w) => emit(w, "local.get", 0)).subarray(0, 1);
const setLocal = bytesOf((w) => emit(w, "local.set", 0)).subarray(0, 1);

/** No way has led to the label yet. */
const unset = -1;

export class PlainMeter {
  readonly #context: RewriteContext;
  readonly #meter: Meter;
  readonly #checks: boolean;
  readonly #getCounter: Uint8Array;
  readonly #setCounter: Uint8Array;
  readonly #beginTick: Uint8Array;
  readonly #endTick: Uint8Array;
  readonly #checkAtEntry: Uint8Array;
  readonly #head = new ByteWriter(64);

  /** The open blocks, the function's own first; control.ts's Frame. */
  readonly #flow = new Uint8Array(deepest);
  readonly #live = new Uint8Array(deepest);
  readonly #targeted = new Uint8Array(deepest);
  readonly #partReached = new Uint8Array(deepest);
  readonly #sawElse = new Uint8Array(deepest);
  readonly #potential = new Int32Array(deepest);
  readonly #parted = new Int32Array(deepest);
  /** The innermost one; -1 behind the function's end. */
  #top = -1;

  #out = new Uint8Array(65536);
  #length = 0;
  #copied = 0;
  #reachable = true;
  #pending = 0;
  #stale = true;
  #local = 0;
  #usesLocal = false;
  #hasCall = false;

  /** `meter`: the context's, in the mode "run". */
  constructor(context: RewriteContext, meter: Meter) {
    const { counter, limit, tick } = context.meterAt;
    this.#context = context;
    this.#meter = meter;
    this.#checks = meter.checks && tick !== null;
    this.#getCounter = bytesOf((w) => emit(w, "global.get", counter));
    this.#setCounter = bytesOf((w) => emit(w, "global.set", counter));
    this.#beginTick = bytesOf((w) => {
      emit(w, "global.get", limit);
      emit(w, "i64.gt_s");
      emit(w, "if", null);
    });
    this.#endTick = bytesOf((w) => {
      emit(w, "call", tick ?? 0);
      emit(w, "end");
    });
    this.#checkAtEntry = bytesOf((w) => new MeterState(context.meterAt, 0, false).checkAtEntry(w));
  }

  /** Writes the metered body of function `index` with its size in front; false where it was declined, and nothing written. */
  write(index: number, body: Range, out: ByteWriter): boolean {
    const { module, notable, moved } = this.#context;
    const { cost, entry } = this.#meter.model;
    const { bytes } = module;
    const type = funcTypeAt(module, module.functions[index]!);
    if (!type) return false;
    const own = localDeclarations(bytes, body);
    const locals = new AddedLocals(type.params.length + own.count);
    const code = new CodeWalk(bytes, own.bytes.end, body.end);
    this.#begin(entry, locals.add(I64), code.next);
    while (this.#top >= 0 && code.advanceTo(notable, cost)) {
      const { row } = code;
      if (this.#reachable) this.#pending += code.passed + cost[row]!;
      // what is pending is written as a number of 32 bits
      if (this.#pending > 0x3fff_ffff) return false;
      this.#reserve(code);
      if (!this.#instruction(code, flowOf[row]!)) return false;
      if (moved[row] !== 0 && this.#copied <= code.immediates) this.#renumber(code);
    }
    if (this.#top >= 0 || code.next !== code.end) return false;
    this.#copyTo(bytes, code.next);

    const head = this.#head;
    head.clear();
    locals.declare(head, bytes, own, this.#usesLocal ? 1 : 0);
    if (this.#hasCall && this.#checks) head.copy(this.#checkAtEntry);
    out.leb(head.length + this.#length);
    out.copy(head.view());
    out.copy(this.#out, 0, this.#length);
    return true;
  }

  #begin(pending: number, local: number, start: number): void {
    this.#length = 0;
    this.#copied = start;
    this.#reachable = true;
    this.#pending = pending;
    this.#stale = true;
    this.#local = local;
    this.#usesLocal = false;
    this.#hasCall = false;
    this.#top = -1;
    this.#push(Flow.block);
  }

  #push(flow: number): void {
    const top = ++this.#top;
    this.#flow[top] = flow;
    this.#live[top] = this.#reachable ? 1 : 0;
    this.#targeted[top] = 0;
    this.#partReached[top] = 0;
    this.#sawElse[top] = 0;
    this.#potential[top] = unset;
  }

  /** What the meter needs before the instruction, and what it does to control; false where it is declined. */
  #instruction(code: CodeWalk, flow: number): boolean {
    const { bytes, at } = code;
    const reached = this.#reachable;
    switch (flow) {
      case Flow.plain:
        return true;
      case Flow.block:
      case Flow.loop:
      case Flow.if:
        if (this.#top === deepest - 1) return false;
        this.#push(flow);
        if (!reached || flow === Flow.block) return true;
        this.#copyTo(bytes, at);
        if (flow === Flow.if) {
          this.#align(this.#pending);
          this.#parted[this.#top] = this.#pending;
          return true;
        }
        if (this.#checks) this.#potential[this.#top] = 0;
        this.#alignTo(this.#top);
        if (this.#checks) this.#checkBehind(code);
        return true;
      case Flow.else:
        return this.#else(bytes, at);
      case Flow.end:
        if (this.#top > 0) this.#join(bytes, at);
        else if (reached) this.#spill(bytes, at);
        this.#close();
        return true;
      case Flow.br:
      case Flow.brIf:
        return this.#branch(code, flow === Flow.brIf);
      case Flow.brTable:
        return this.#branchTable(code);
      case Flow.call:
        this.#hasCall = true;
        if (reached) this.#spill(bytes, at);
        return true;
      case Flow.tailCall:
        this.#hasCall = true;
        if (reached) this.#spill(bytes, at);
        this.#reachable = false;
        return true;
      case Flow.return:
      case Flow.trap:
      case Flow.throw:
        if (reached) this.#spill(bytes, at);
        this.#reachable = false;
        return true;
      default:
        return false;
    }
  }

  #else(bytes: Uint8Array, at: number): boolean {
    const top = this.#top;
    if (this.#flow[top] !== Flow.if) return false;
    if (this.#reachable) {
      this.#copyTo(bytes, at);
      this.#alignTo(top);
      this.#partReached[top] = 1;
    }
    const live = this.#live[top] === 1;
    this.#pending = live ? this.#parted[top]! : 0;
    this.#stale = !live;
    this.#reachable = live;
    this.#sawElse[top] = 1;
    return true;
  }

  /** The ways to the end of the innermost block come together. */
  #join(bytes: Uint8Array, at: number): void {
    const top = this.#top;
    const flow = this.#flow[top];
    const parts = flow === Flow.if && this.#live[top] === 1;
    if (flow === Flow.loop || !(parts || this.#targeted[top] === 1 || this.#partReached[top] === 1)) return;
    const skips = parts && this.#sawElse[top] === 0;
    const skipped = this.#parted[top]!;
    this.#copyTo(bytes, at);
    if (skips && this.#potential[top] === unset) this.#potential[top] = skipped;
    if (this.#reachable) this.#alignTo(top);
    if (skips && skipped !== this.#potential[top]) {
      this.#put(otherwise);
      this.#pending = skipped;
      this.#stale = false;
      this.#alignTo(top);
    }
    this.#stale = false;
    this.#pending = this.#potential[top] === unset ? 0 : this.#potential[top]!;
  }

  #close(): void {
    const top = this.#top--;
    const flow = this.#flow[top];
    const live = this.#live[top] === 1;
    const skips = flow === Flow.if && this.#sawElse[top] === 0;
    const branched = flow !== Flow.loop && this.#targeted[top] === 1;
    this.#reachable = live && (this.#reachable || this.#partReached[top] === 1 || skips || branched);
  }

  #branch({ bytes, at, immediates }: CodeWalk, stays: boolean): boolean {
    const target = this.#top - lebAt(bytes, immediates);
    if (!(target >= 0)) return false;
    if (!this.#reachable) return true;
    this.#copyTo(bytes, at);
    if (target > 0) this.#alignTo(target);
    else if (stays) this.#writeThrough();
    else this.#spill(bytes, at);
    this.#targeted[target] = 1;
    this.#reachable = stays;
    return true;
  }

  #branchTable({ bytes, at, immediates }: CodeWalk): boolean {
    const count = lebAt(bytes, immediates);
    const first = lebEnd(bytes, immediates);
    let value = unset;
    let leaves = false;
    let stays = false;
    let label = first;
    for (let i = 0; i <= count; i++) {
      const target = this.#top - lebAt(bytes, label);
      if (!(target >= 0)) return false;
      label = lebEnd(bytes, label);
      if (target === 0) leaves = true;
      else {
        stays = true;
        if (!this.#reachable) continue;
        const potential = this.#potential[target]!;
        if (potential === unset) continue;
        if (value !== unset && value !== potential) return false;
        value = potential;
      }
    }
    if (!this.#reachable) return true;
    if (value === unset) value = this.#pending;
    label = first;
    for (let i = 0; i <= count; i++) {
      const target = this.#top - lebAt(bytes, label);
      label = lebEnd(bytes, label);
      this.#targeted[target] = 1;
      if (target > 0) this.#potential[target] = value;
    }
    this.#copyTo(bytes, at);
    if (stays) this.#align(value);
    if (leaves && stays) this.#writeThrough();
    else if (leaves) this.#spill(bytes, at);
    this.#reachable = false;
    return true;
  }

  /** Behind a loop's header: past the limit, the host is asked. */
  #checkBehind({ bytes, next }: CodeWalk): void {
    this.#copyTo(bytes, next);
    this.#count();
    this.#put(this.#beginTick);
    if (!this.#stale) this.#writeThrough();
    this.#put(this.#endTick);
  }

  /** Makes the local right but for the label's potential, which is what is pending where it has none yet. */
  #alignTo(frame: number): void {
    if (this.#potential[frame] === unset) this.#potential[frame] = this.#pending;
    this.#align(this.#potential[frame]!);
  }

  #align(rest: number): void {
    const difference = this.#pending - rest;
    if (this.#stale || difference !== 0) {
      this.#pending = difference;
      this.#count();
      this.#put(setLocal);
      this.#leb(this.#local);
      this.#usesLocal = true;
      this.#stale = false;
    }
    this.#pending = rest;
  }

  /** Before the instruction at `at` the global is made right. */
  #spill(bytes: Uint8Array, at: number): void {
    if (this.#stale && this.#pending === 0) return;
    this.#copyTo(bytes, at);
    this.#count();
    this.#put(this.#setCounter);
    this.#pending = 0;
    this.#stale = true;
  }

  /** Makes the global right; what is known of the local stays, where anything is. */
  #writeThrough(): void {
    if (this.#stale && this.#pending === 0) return;
    this.#count();
    this.#put(this.#setCounter);
    if (this.#stale) this.#pending = 0;
  }

  /** Pushes the true count. */
  #count(): void {
    if (this.#stale) this.#put(this.#getCounter);
    else {
      this.#put(getLocal);
      this.#leb(this.#local);
    }
    if (this.#pending === 0) return;
    this.#put(constant);
    this.#signedLeb(this.#pending);
    this.#put(add);
  }

  /** Copies up to the immediates and writes these with the indices that moved. */
  #renumber(code: CodeWalk): void {
    const { bytes, immediates, next, row } = code;
    this.#copyTo(bytes, immediates);
    const head = this.#head;
    head.clear();
    writeMoved(head, bytes, immediates, row, this.#context.map);
    this.#put(head.view());
    this.#copied = next;
  }

  #reserve({ next }: CodeWalk): void {
    const need = this.#length + (next - this.#copied) + mostAdded;
    if (need <= this.#out.length) return;
    const grown = new Uint8Array(need * 2);
    grown.set(this.#out);
    this.#out = grown;
  }

  /** Copies the original bytes up to `at`. */
  #copyTo(bytes: Uint8Array, at: number): void {
    const out = this.#out;
    let to = this.#length;
    for (let from = this.#copied; from < at; from++) out[to++] = bytes[from]!;
    this.#length = to;
    this.#copied = at;
  }

  #put(added: Uint8Array): void {
    const out = this.#out;
    let to = this.#length;
    for (let i = 0; i < added.length; i++) out[to++] = added[i]!;
    this.#length = to;
  }

  #leb(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#out[this.#length++] = (rest & 0x7f) | 0x80;
    this.#out[this.#length++] = rest;
  }

  #signedLeb(value: number): void {
    let rest = value;
    while (rest < -0x40 || rest >= 0x40) {
      this.#out[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.#out[this.#length++] = rest & 0x7f;
  }
}
