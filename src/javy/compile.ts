/**
 * What compiles JavaScript: the interface, and what goes in and comes out. Types only and plain data; whoever executes
 * guests implements it, so that all who need bytecode are spared the threads.
 */

/** Compiles JavaScript in an instance of its own. */
export interface CompileJob {
  readonly kind: "compile";
  /** As it is, or instrumented: nothing is heard of it then. */
  readonly plugin: Uint8Array | WebAssembly.Module;
  /** The plugin's functions: to allocate, and to compile; `words` of what the latter's result points at. */
  readonly abi: { readonly realloc: string; readonly name: string; readonly words: 2 | 3 };
  readonly source: Uint8Array;
  /** Of a module whose stack lies at the beginning of its memory, the bytes of that: how much was used is then told. */
  readonly stack?: number;
  /** Of a module whose `realloc` is C's: bytes of memory that it gets at once, since growing it page by page takes long. */
  readonly room?: number;
}

export type CompileOutcome =
  /** `stack`: bytes of the stack that were used, where that was asked for. */
  | { readonly kind: "bytecode"; readonly bytecode: Uint8Array; readonly stack?: number }
  /** `trapped`: the compiler did not say so itself, but was ended by an error. */
  | { readonly kind: "failed"; readonly message: string; readonly trapped: boolean };

/** @throws Diagnostic (unsupported) where the plugin does not start, or its compiler does not come to an end. */
export interface Compiler {
  compile(job: CompileJob): Promise<CompileOutcome>;
}

/** What a program's source was compiled to anew, to carry lines over. */
export interface Recompiled {
  /** For bytecode that was stripped of its lines. */
  readonly compiled: CompiledSource | null;
  /** By the compiler of positions: for lines that are fuller than those that bytecode has. */
  readonly positions: CompiledSource | null;
}

/** A source, compiled anew. */
export interface CompiledSource {
  readonly bytecode: Uint8Array;
  /** Ids of the engines that may have made it. */
  readonly engines: readonly string[];
}
