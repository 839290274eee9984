/**
 * The host's side of the collector: makes the instance, gives it functions as they are first seen, and reads its
 * counters out at the end. It knows addresses and ids; what a function *is*, its caller knows (profiler/registry.ts).
 */
import { readFileSync } from "node:fs";
import { unsupported } from "../../base/diagnostics.ts";
import { packageFile } from "../../base/package-files.ts";
import type {
  RecordedCodes,
  RecordedEvents,
  RecordedFunction,
  RecordedNodes,
} from "../../result/recording.ts";
import type { SharedNative } from "../native-frames.ts";
import type { HookName } from "../profiler-plan.ts";
import {
  Activation,
  bucketCount,
  bucketRange,
  Event,
  EventChunk,
  Fixed,
  Fn,
  FnFlag,
  Node,
  nativeLength,
  Shared,
  Slot,
  SlotMap,
  State,
  slotShift,
  Unwound,
  ValueTable,
} from "./layout.ts";
import type { SharedSlots } from "./shared-slots.ts";

interface CollectorExports {
  readonly memory: WebAssembly.Memory;
  readonly start: (events: bigint, fuel: bigint, natives: number, mostNodes: number) => void;
  readonly function: (id: number, codeLength: number, flags: number) => number;
  readonly allocate: (bytes: number) => number;
  readonly generation: () => void;
  readonly enter: (funcObj: bigint) => void;
  readonly dispatch: (pc: number, fuel: bigint) => void;
  readonly leave: (fuel: bigint) => void;
  readonly enterNative: (index: number, fuel: bigint) => void;
  readonly enterShared: (group: number, magic: number, fuel: bigint) => void;
  readonly enterWork: (fuel: bigint) => void;
  readonly leaveNative: (fuel: bigint) => void;
  readonly enterBuiltin: (key: number, magic: number, fuel: bigint) => void;
  readonly leaveBuiltin: (fuel: bigint) => void;
  readonly enterJob: (fuel: bigint) => void;
  readonly leaveJob: (fuel: bigint) => void;
  readonly finish: (fuel: bigint) => void;
  readonly top: () => number;
  readonly bottom: () => number;
  readonly current: () => number;
  readonly currentState: () => number;
  readonly currentNode: () => number;
  readonly limit: WebAssembly.Global;
  readonly maxDepth: WebAssembly.Global;
  readonly nodes: WebAssembly.Global;
  readonly events: WebAssembly.Global;
  readonly truncated: WebAssembly.Global;
  readonly shared: WebAssembly.Global;
}

/** What the collector asks its host. */
export interface CollectorHost {
  /** Makes of a function that throws one whose errors the guest cannot catch; without it they are thrown as they are. */
  readonly final?: <F extends (...args: never[]) => unknown>(call: F) => F;
  /** The function whose code holds `pc`, as a function id, and the address of its code. */
  readonly resolve: (pc: number, funcObj: bigint) => { readonly id: number; readonly code: number };
  /** An activation of a function that can suspend has ended: own fuel of the whole invocation, or null while suspended. */
  readonly invocation: (
    id: number,
    funcObj: bigint,
    own: bigint,
    offset: number,
    resumed: boolean,
  ) => bigint | null;
  /**
   * The name of a builtin that is called for the first time: of the C function with that pointer and magic, or of the
   * native function of that (negative) number of the plan's. Builtins of one name are one.
   */
  readonly builtin?: (key: number, magic: number) => string;
}

/** A place in code: a function id and a code offset. */
export interface CodePlace {
  readonly function: number;
  readonly offset: number;
}

/** A frame: as a place in code, and without an offset where it is a native function's. */
export interface Frame {
  readonly function: number;
  readonly offset: number | null;
}

let compiled: WebAssembly.Module | undefined;

function collectorModule(): WebAssembly.Module {
  // Built into dist/ by scripts/build.js; the path is the same from src/ and from dist/.
  compiled ??= new WebAssembly.Module(readFileSync(packageFile("dist/profiler/counters/collector.wasm")));
  return compiled;
}

export class Recorder {
  readonly #collector: CollectorExports;
  /** Address of each function's record, by id. */
  readonly #records: number[] = [];
  /** Addresses of the builtins' records, by name, in the order of their first calls. */
  readonly #builtins = new Map<string, number>();
  /** By id of a function whose opcodes share slots: the first offset of each slot, and how many opcodes it has. */
  readonly #shared = new Map<number, SharedSlots>();
  /** Fuel at the end of the recording. */
  #end = 0n;
  #passed: Frame[] | null = null;
  #passedIn: number | null = null;

  /**
   * `events`: how many calls and returns to keep in order; `natives`: count of native functions (0: no native frames);
   * `shared`: by the number that enterShared is given; `otherWork`: the native function that stands for engine work
   * outside any opcode; `mostNodes`: how many paths of calls are told apart.
   */
  constructor(
    host: CollectorHost,
    events: number,
    natives: number,
    shared: readonly SharedNative[] = [],
    otherWork = 0,
    mostNodes = 0x7fff_ffff,
  ) {
    const { final = (call) => call } = host;
    const instance = new WebAssembly.Instance(collectorModule(), {
      host: {
        resolve: final((pc: number, funcObj: bigint): bigint => {
          const { id, code } = host.resolve(pc >>> 0, funcObj);
          return (BigInt(this.#records[id]!) << 32n) | BigInt(code);
        }),
        invocation: final(
          (record: number, funcObj: bigint, own: bigint, slot: number, resumed: number): bigint => {
            const id = this.#idAt(record);
            return host.invocation(id, funcObj, own, this.#offsetOf(id, slot), resumed !== 0) ?? -1n;
          },
        ),
        passed: () => {
          this.#passed = this.#frames();
          this.#passedIn = this.#view.getInt32(this.#collector.currentNode() + Node.id, true);
        },
        builtin: final((key: number, magic: number): number => this.#builtin(host.builtin!(key, magic))),
        foreign: final((pc: number): never => {
          throw unsupported(
            "the program jumps out of its own code",
            `found: a dispatch at 0x${(pc >>> 0).toString(16)} lies outside the running function's code`,
            "the module or its bytecode is damaged; if it is not, this is a bug in javy-prof: please report it with the module",
          );
        }),
      },
    });
    this.#collector = instance.exports as unknown as CollectorExports;
    this.#collector.start(BigInt(events), 0n, natives, mostNodes);
    for (let i = 0; i < natives; i++) this.addFunction(i, 0, {});
    this.#addShared(shared);
    for (const slot of natives > 0 ? [Fixed.startup, Fixed.gap, Fixed.job] : [])
      this.#view.setUint32(slot + Slot.work, this.#records[otherWork]!, true);
  }

  #addShared(shared: readonly SharedNative[]): void {
    const table = this.#collector.allocate(4 * shared.length);
    this.#collector.shared.value = table;
    shared.forEach(({ otherwise, byMagic }, i) => {
      const at = this.#collector.allocate(Shared.pairs + byMagic.length * Shared.pair);
      const view = this.#view;
      view.setUint32(table + 4 * i, at, true);
      view.setUint32(at + Shared.otherwise, otherwise, true);
      view.setUint32(at + Shared.count, byMagic.length, true);
      byMagic.forEach(([magic, id], n) => {
        view.setInt32(at + Shared.pairs + n * Shared.pair, magic, true);
        view.setUint32(at + Shared.pairs + n * Shared.pair + 4, id, true);
      });
    });
  }

  /** The functions that the instrumented module imports. */
  get hooks(): Readonly<Record<Exclude<HookName, "thrown">, unknown>> {
    const { enter, dispatch, leave, generation } = this.#collector;
    const { enterNative, enterShared, enterWork, leaveNative } = this.#collector;
    const { enterBuiltin, leaveBuiltin, enterJob, leaveJob } = this.#collector;
    const natives = { enterNative, enterShared, enterWork, leaveNative, enterBuiltin, leaveBuiltin };
    return { enter, dispatch, leave, generation, ...natives, enterJob, leaveJob };
  }

  #builtin(name: string): number {
    const known = this.#builtins.get(name) ?? this.#collector.function(-1 - this.#builtins.size, 0, 0);
    this.#builtins.set(name, known);
    return known;
  }

  /** What is counted of the builtins that were called, in the order of their first calls. */
  builtins(): (Omit<RecordedFunction, "origin"> & { readonly name: string })[] {
    return [...this.#builtins].map(([name, record]) => ({ name, ...this.#counters(record) }));
  }

  /**
   * Makes the record of function `id`; of a function that never runs none is needed. `sites[offset]` is the first offset of the same
   * source line: calls from there are one place in the call tree. `work(offset)` is the native function that stands for
   * engine work for the opcode there.
   */
  addFunction(
    id: number,
    codeLength: number,
    { suspends = false, hoists = false },
    sites?: ArrayLike<number>,
    work?: (offset: number) => number,
  ): void {
    const record = this.#add(id, codeLength, flagsOf({ suspends, hoists }));
    this.#fill(record, codeLength, (offset) => sites?.[offset] ?? offset, work);
  }

  /**
   * The same for a function of very long code. `share` tells which of its `codeLength` bytes have which slot
   * (shared-slots.ts).
   */
  addSharing(
    id: number,
    codeLength: number,
    { suspends = false, hoists = false },
    share: (slotOf: Uint32Array) => SharedSlots,
    work?: (offset: number) => number,
  ): void {
    const map = this.#collector.allocate(SlotMap.slots + 4 * codeLength);
    const slotOf = () => new Uint32Array(this.#collector.memory.buffer, map + SlotMap.slots, codeLength);
    const shared = share(slotOf());
    this.#shared.set(id, shared);
    const record = this.#add(id, shared.offsets.length, flagsOf({ suspends, hoists }));
    const view = this.#view;
    view.setUint32(map + SlotMap.length, codeLength, true);
    view.setUint32(record + Fn.map, map, true);
    const slots = view.getUint32(record + Fn.slots, true);
    const numbers = slotOf();
    for (let offset = 0; offset < codeLength; offset++)
      numbers[offset] = slots + numbers[offset]! * Slot.size;
    const { offsets, sites } = shared;
    const workAt = work && ((slot: number) => work(offsets[slot]!));
    this.#fill(record, offsets.length, (slot) => sites[slot]!, workAt);
  }

  /**
   * Makes the record of the function that stands for all that are not told apart any more. `work`: the native function that
   * stands for engine work in them.
   */
  addRest(id: number, work?: number): void {
    const record = this.#add(id, 1, FnFlag.rest);
    this.#fill(record, 1, () => 0, work === undefined ? undefined : () => work);
  }

  #add(id: number, slots: number, flags: number): number {
    const record = this.#collector.function(id, slots, flags);
    this.#records[id] = record;
    return record;
  }

  /** Of each slot: the one whose calls are at the same place, and the function that stands for the engine's work. */
  #fill(
    record: number,
    count: number,
    site: (slot: number) => number,
    work?: (slot: number) => number,
  ): void {
    const view = this.#view;
    const slots = view.getUint32(record + Fn.slots, true);
    for (let slot = 0; slot < count; slot++) {
      const at = slots + slot * Slot.size;
      view.setUint32(at + Slot.site, slots + site(slot) * Slot.size, true);
      if (work) view.setUint32(at + Slot.work, this.#records[work(slot)]!, true);
    }
  }

  /** The id of a function; of a builtin its place among them, as -1, -2, … */
  #idAt(record: number, view = this.#view): number {
    return view.getInt32(record + Fn.id, true);
  }

  /** The code offset of a function's slot. */
  #offsetOf(id: number, slot: number): number {
    return this.#shared.get(id)?.offsets[slot] ?? slot;
  }

  /** How many opcodes the functions have that share slots, by id. */
  get sharing(): ReadonlyMap<number, number> {
    return new Map([...this.#shared].map(([id, { opcodes }]) => [id, opcodes]));
  }

  /** The next activation of function `id` links its module. */
  willHoist(id: number): void {
    const record = this.#records[id];
    if (record === undefined) return;
    const at = record + Fn.flags;
    const view = this.#view;
    view.setInt32(at, view.getInt32(at, true) | FnFlag.hoists, true);
  }

  get #view(): DataView {
    return new DataView(this.#collector.memory.buffer);
  }

  /** Bytes of memory that the counters took. */
  get memoryBytes(): number {
    return this.#collector.memory.buffer.byteLength;
  }

  get maxDepth(): number {
    return this.#collector.maxDepth.value as number;
  }

  /** Ends the recording where it stands. */
  finish(fuel: bigint): void {
    this.#collector.finish(fuel);
    this.#end = fuel;
  }

  phases(): { readonly startup: bigint; readonly jobs: bigint; readonly exit: bigint } {
    const view = this.#view;
    const fuel = (slot: number) => view.getBigInt64(slot + Slot.fuel, true);
    return { startup: fuel(Fixed.startup), jobs: fuel(Fixed.jobs), exit: fuel(Fixed.gap) };
  }

  /** What each code offset cost that was dispatched or charged, of all functions: by id, then by offset. */
  codes(): RecordedCodes {
    const view = this.#view;
    const first = new Int32Array(this.#records.length + 1);
    let count = 0;
    const each = (visit: (id: number, slot: number, at: number) => void): void => {
      for (let id = 0; id < this.#records.length; id++) {
        first[id] = count;
        const record = this.#records[id];
        if (record === undefined) continue;
        const slots = view.getUint32(record + Fn.slots, true);
        const length = view.getUint32(record + Fn.length, true);
        for (let slot = 0, at = slots; slot < length; slot++, at += Slot.size) {
          const isUsed =
            view.getBigInt64(at + Slot.hits, true) !== 0n || view.getBigInt64(at + Slot.fuel, true) !== 0n;
          if (isUsed) visit(id, slot, at);
        }
      }
      first[this.#records.length] = count;
    };
    // once to count them, once to read them: as many as fill the columns
    each(() => count++);
    const codes = {
      first,
      offset: new Int32Array(count),
      fuel: new BigInt64Array(count),
      hits: new BigInt64Array(count),
    };
    count = 0;
    each((id, slot, at) => {
      codes.offset[count] = this.#offsetOf(id, slot);
      codes.fuel[count] = view.getBigInt64(at + Slot.fuel, true);
      codes.hits[count] = view.getBigInt64(at + Slot.hits, true);
      count += 1;
    });
    return codes;
  }

  /** What is counted of function `id` as a whole; nothing where it never ran. */
  counters(id: number): Omit<RecordedFunction, "origin"> {
    const record = this.#records[id];
    return record === undefined ? { total: 0n, perCall: null } : this.#counters(record);
  }

  #counters(record: number): Omit<RecordedFunction, "origin"> {
    const view = this.#view;
    const open = view.getInt32(record + Fn.active, true) > 0;
    const rest = open ? this.#end - view.getBigInt64(record + Fn.entered, true) : 0n;
    return {
      total: view.getBigInt64(record + Fn.total, true) + rest,
      perCall: this.#perCall(view, record),
    };
  }

  #perCall(view: DataView, record: number): RecordedFunction["perCall"] {
    const completed = view.getBigInt64(record + Fn.completed, true);
    if (completed === 0n) return null;
    const buckets = view.getUint32(record + Fn.buckets, true);
    const counts: { value: bigint; count: bigint }[] = [];
    if (buckets) {
      for (let i = 0; i < bucketCount; i++) {
        const count = view.getBigInt64(buckets + i * 8, true);
        const { low, width } = bucketRange(i);
        if (count > 0n) counts.push({ value: BigInt(low) + BigInt(width) / 2n, count });
      }
    } else {
      const values = view.getUint32(record + Fn.values, true);
      const capacity = view.getUint32(record + Fn.capacity, true);
      for (let i = 0; i < capacity; i++) {
        const at = values + i * ValueTable.entry;
        const count = view.getBigInt64(at + 8, true);
        if (count > 0n) counts.push({ value: view.getBigInt64(at, true), count });
      }
      counts.sort((a, b) => (a.value < b.value ? -1 : 1));
    }
    const min = view.getBigInt64(record + Fn.min, true);
    const max = view.getBigInt64(record + Fn.max, true);
    const middle = medianOf(counts, completed);
    const median = clamp(middle, min, max);
    return { min, median, approximate: buckets !== 0, max };
  }

  /** Finds the function and offset of a slot's address; undefined for the slots of the phases. */
  #places(): (slot: number) => CodePlace | undefined {
    const view = this.#view;
    const spans = this.#records
      .map((record, id) => ({
        id,
        start: view.getUint32(record + Fn.slots, true),
        length: view.getUint32(record + Fn.length, true),
      }))
      .filter(({ length }) => length > 0)
      .sort((a, b) => a.start - b.start);
    return (slot) => {
      let low = 0;
      let high = spans.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (spans[middle]!.start <= slot) low = middle + 1;
        else high = middle;
      }
      const span = spans[low - 1];
      const number = span ? (slot - span.start) >>> slotShift : 0;
      if (!span || number >= span.length) return undefined;
      return { function: span.id, offset: this.#offsetOf(span.id, number) };
    };
  }

  /** `functions`: how many ids there are; the builtins come behind them, in their order. */
  nodes(functions = this.#records.length): RecordedNodes {
    const view = this.#view;
    const count = this.#collector.nodes.value as number;
    const placeOf = this.#places();
    const nodes: RecordedNodes = {
      parent: new Int32Array(count),
      function: new Int32Array(count),
      callFunction: new Int32Array(count),
      callOffset: new Int32Array(count),
      self: new BigInt64Array(count),
      calls: new BigInt64Array(count),
      resumes: new BigInt64Array(count),
    };
    let node: number = Fixed.root;
    for (let id = 0; id < count; id++) {
      const isRoot = id === 0;
      const place = placeOf(view.getUint32(node + Node.site, true));
      nodes.parent[id] = isRoot
        ? -1
        : view.getInt32(view.getUint32(node + Node.parent, true) + Node.id, true);
      const fn = view.getUint32(node + Node.fn, true);
      nodes.function[id] = isRoot || fn === 0 ? -1 : behind(functions, this.#idAt(fn, view));
      nodes.callFunction[id] = place?.function ?? -1;
      nodes.callOffset[id] = place?.offset ?? -1;
      nodes.self[id] = view.getBigInt64(node + Node.self, true);
      nodes.calls[id] = view.getBigInt64(node + Node.calls, true);
      nodes.resumes[id] = view.getBigInt64(node + Node.resumes, true);
      node = view.getUint32(node + Node.next, true);
    }
    return nodes;
  }

  /** The ordered events; null where some are missing. */
  events(): RecordedEvents | null {
    if (this.#collector.truncated.value !== 0) return null;
    const view = this.#view;
    const chunks: number[] = [];
    for (
      let chunk = this.#collector.events.value as number;
      chunk;
      chunk = view.getUint32(chunk + EventChunk.next, true)
    )
      chunks.push(chunk);
    const counts = chunks.map((chunk) => view.getUint32(chunk + EventChunk.count, true));
    const total = counts.reduce((sum, count) => sum + count, 0);
    const events = { node: new Int32Array(total), fuel: new BigInt64Array(total) };
    let n = 0;
    chunks.forEach((chunk, i) => {
      for (let at = chunk + EventChunk.entries, left = counts[i]!; left > 0; left--, at += Event.size, n++) {
        const node = view.getUint32(at + Event.node, true);
        events.node[n] = node === 0 ? -1 : view.getInt32(node + Node.id, true);
        events.fuel[n] = view.getBigInt64(at + Event.fuel, true);
      }
    });
    return events;
  }

  /** Where the activations stood that ended last with nothing between them: what an uncaught exception unwound; innermost first. */
  unwound(): CodePlace[] {
    const view = this.#view;
    const placeOf = this.#places();
    const count = Math.min(view.getUint32(Fixed.unwound + Unwound.count, true), Unwound.most);
    const slots = Array.from({ length: count }, (_, i) =>
      view.getUint32(Fixed.unwound + Unwound.slots + i * 4, true),
    );
    return slots.map(placeOf).filter((place) => place !== undefined);
  }

  /** The slot that is charged; placesOf tells where that is. */
  get slot(): number {
    return this.#collector.current();
  }

  placesOf(slots: readonly number[]): (CodePlace | undefined)[] {
    return slots.map(this.#places());
  }

  /** Keeps which frames are open when more fuel than that is used. */
  watchLimit(fuel: bigint): void {
    this.#collector.limit.value = fuel;
  }

  /** The frames that were open then, innermost first; null where it did not come to that. `functions`: as of nodes(). */
  passed(functions = this.#records.length): readonly Frame[] | null {
    return this.#passed?.map((frame) => ({ ...frame, function: behind(functions, frame.function) })) ?? null;
  }

  /** The node that was charged then; null as of passed(). */
  get passedIn(): number | null {
    return this.#passedIn;
  }

  /** Where the open activations of JavaScript stand, innermost first. */
  stack(): CodePlace[] {
    return this.#frames().filter((frame) => frame.offset !== null) as CodePlace[];
  }

  /** All open frames, innermost first; the function of builtin n is -1 - n. */
  #frames(): Frame[] {
    const view = this.#view;
    const placeOf = this.#places();
    const frames: Frame[] = [];
    let state = this.#collector.currentState();
    let slot = this.#collector.current();
    let node = this.#collector.currentNode();
    const bottom = this.#collector.bottom();
    for (let at = this.#collector.top() - Activation.size; at >= bottom; at -= Activation.size) {
      if (view.getInt32(at + Activation.length, true) === nativeLength) {
        if (view.getUint32(at + Activation.unheard, true)) continue;
        frames.push({ function: this.#idAt(view.getUint32(node + Node.fn, true)), offset: null });
        node = view.getUint32(at + Activation.node, true);
      } else if (state !== State.pending) {
        const place = state === State.started ? placeOf(slot) : undefined;
        if (place) frames.push(place);
        slot = view.getUint32(at + Activation.cur, true);
        node = view.getUint32(at + Activation.node, true);
      }
      state = view.getUint32(at + Activation.state, true);
    }
    // of a job, the function whose it is may have ended
    const owner = state === State.pending ? placeOf(slot) : undefined;
    return owner ? [...frames, owner] : frames;
  }
}

function flagsOf({ suspends, hoists }: { readonly suspends: boolean; readonly hoists: boolean }): number {
  return (suspends ? FnFlag.suspends : 0) | (hoists ? FnFlag.hoists : 0);
}

/** The id of a function, where builtins (-1, -2, …) come behind that many others. */
function behind(functions: number, id: number): number {
  return id < 0 ? functions - 1 - id : id;
}

/** A bucket's middle can lie outside what was seen. */
function clamp(value: bigint, min: bigint, max: bigint): bigint {
  if (value < min) return min;
  return value > max ? max : value;
}

/** The lower median of values with counts, ascending. */
function medianOf(
  counts: readonly { readonly value: bigint; readonly count: bigint }[],
  total: bigint,
): bigint {
  let before = 0n;
  for (const { value, count } of counts) {
    before += count;
    if (before * 2n >= total) return value;
  }
  return 0n;
}
