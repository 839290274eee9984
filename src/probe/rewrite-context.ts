/** What the rewriter of functions, and the kernel, are told of the module: indices as they will be, and who meters. */
import type { ByteWriter } from "../base/bytes.ts";
import type { BlockType } from "../wasm/emit.ts";
import type { IndexMap } from "../wasm/reindex.ts";
import type { Module, ValType } from "../wasm/types.ts";
import type { MeterIndices } from "./meter.ts";
import type { Meter } from "./plan.ts";

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
