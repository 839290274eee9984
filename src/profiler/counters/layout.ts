/**
 * How the collector's memory is laid out: what its WebAssembly (source.ts) writes and the host (recorder.ts) reads.
 * Offsets in bytes; all values little-endian; i64 fields are 8-aligned. Records never move once made.
 */

/**
 * What one code offset of a function cost. A function has one per byte of its code; phases have one each.
 * `site` is the address of the first slot of the same source line: calls from one line are one place in the call
 * tree, however many opcodes make them. The host fills it in; a slot without a line is its own site. `work` is the
 * address of the native function that stands for what the engine does for the opcode there (enterWork).
 */
export const Slot = { fuel: 0, hits: 8, site: 16, work: 20, size: 32 } as const;
export const slotShift = 5;

/** A function: JavaScript or native. */
export const Fn = {
  id: 0,
  /** Count of slots: the length of the code in bytes, unless opcodes share them; 0 for native functions. */
  length: 4,
  /** Address of its slots. */
  slots: 8,
  flags: 12,
  /** i64: calls that ran to completion, and the least and most own fuel of one. */
  completed: 16,
  min: 24,
  max: 32,
  /** Address of the table of distinct values (ValueTable), 0 before the first. */
  values: 40,
  /** Distinct values in it. */
  distinct: 44,
  /** Address of the logarithmic buckets, 0 while the distinct values fit. */
  buckets: 48,
  /** Places in the table of distinct values. */
  capacity: 52,
  /** How many frames of it are open, and i64: the fuel when the outermost of them was entered. */
  active: 56,
  /** Address of the map of a function whose opcodes share slots (SlotMap); 0 where each offset has its own. */
  map: 60,
  entered: 64,
  /** i64: fuel of it and all it called, by its outermost frames that were left. */
  total: 72,
  size: 80,
} as const;

/** Native functions that one function implements: the id otherwise, a count, then pairs of a magic and its id. */
export const Shared = { otherwise: 0, count: 4, pairs: 8, pair: 8 } as const;

export const FnFlag = {
  /** The next activation links a module (hoisting): it belongs to the startup phase. Cleared by it. */
  hoists: 1,
  /** A generator or an async function: its activations can suspend. */
  suspends: 2,
  /** Stands for all functions that are not told apart: one slot for any code, and no figures of single calls. */
  rest: 4,
} as const;

/** Of a function whose opcodes share slots: the length of its code, then the address of a slot for each byte of it. */
export const SlotMap = { length: 0, slots: 4 } as const;

/**
 * A node of the call tree. Nodes form one list in the order of their making. Past the limit of nodes, a path that is new
 * is not followed any further: its frames are children of one node below the root that has no function (`fn` 0).
 */
export const Node = {
  parent: 0,
  fn: 4,
  /** Site of the slot that was current in the parent when it called. */
  site: 8,
  /** The node made after this one, 0 for the last. */
  next: 12,
  id: 16,
  /** The child entered last: the usual next one. */
  lastChild: 20,
  /** First pc of the last activation, the address of its code, and the generation in which that was true. */
  pc: 24,
  code: 28,
  generation: 32,
  self: 40,
  calls: 48,
  resumes: 56,
  size: 64,
} as const;

/** An activation on the collector's stack: what it must put back when it ends. */
export const Activation = {
  /** i64: the func_obj argument. */
  funcObj: 0,
  state: 8,
  length: 12,
  cur: 16,
  node: 20,
  base: 24,
  code: 28,
  self: 32,
  /** Of a started one: whether its first pc was not its function's. */
  resumed: 40,
  /** Of a builtin: whether it is no frame, since nothing of the program runs. */
  unheard: 44,
  inner: 48,
  size: 56,
} as const;

/** `length` of a native frame's entry, which no JavaScript activation has. */
export const nativeLength = -1;

/** `state` of the innermost activation. */
export const State = { pending: 0, started: 1, hoisting: 2 } as const;

/**
 * Distinct per-call values: open addressing over (value, count), both i64; count 0 is a free place. A table begins small,
 * since most functions have few, and doubles when three quarters of it are taken, up to `most` values.
 */
export const ValueTable = { first: 4, most: 192, entry: 16 } as const;

/**
 * Logarithmic buckets: values below 32 exactly, then 16 a power of two, each an i64 count.
 * Bucket of v >= 32: (e - 4) * 16 + (v >> (e - 4)), e = floor(log2 v); 32 <= index < 992.
 */
export const bucketCount = 992;

/** Least value of a bucket, and how many values it holds. */
export function bucketRange(index: number): { readonly low: number; readonly width: number } {
  if (index < 32) return { low: index, width: 1 };
  const shift = Math.floor(index / 16) - 1;
  return { low: (16 + (index % 16)) * 2 ** shift, width: 2 ** shift };
}

/** An entry of the map from a first pc to its function; pc 0 is a free place. */
export const CodeEntry = { pc: 0, generation: 4, fn: 8, code: 12, size: 16 } as const;

/**
 * An entry of the map from what a call of a builtin says of it to its function; a function of 0 is a free place. `key`
 * is the pointer to the C function, or the plan's own number of a native function (negative).
 */
export const BuiltinEntry = { key: 0, magic: 4, fn: 8, size: 12 } as const;

/** A call or return. `node` is 0 for a return. Events lie in chunks: an address of the next chunk, a count, then entries. */
export const Event = { fuel: 0, node: 8, size: 16 } as const;
export const EventChunk = { next: 0, count: 4, entries: 8, capacity: 4096 } as const;

/** The slots in which activations ended one after the other, no opcode dispatched between: a count, then addresses. */
export const Unwound = { count: 0, slots: 4, most: 64 } as const;

/** Fixed addresses: the slots of the phases and of the job at hand, the root node, the activations unwound last. */
export const Fixed = { startup: 32, jobs: 64, gap: 96, job: 128, root: 160, unwound: 224, end: 488 } as const;

/** How far the activation stack may grow at first; it doubles. */
export const firstStackBytes = Activation.size * 4096;
