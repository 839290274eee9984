/**
 * The functions by which a Javy plugin is used, by generation: what they are called, what they take, what they give.
 *
 *   Javy 1 and 2      canonical_abi_realloc, eval_bytecode(ptr, len), compile_src(ptr, len) -> (ptr, len)
 *   Javy 3 to 5       …, invoke(bytecode, len, name, len) in place of or beside eval_bytecode
 *   Javy 6 and later  cabi_realloc, invoke(bytecode, len, has name, name, len), compile-src -> (failed, ptr, len)
 *
 * Names and shapes are told apart one by one, since plugins of others mix them.
 */
import { funcTypeAt, I32, type Module } from "../wasm/types.ts";

export interface PluginAbi {
  readonly realloc: string;
  /** How a program is run: the export, and how many i32 it takes (2: no function name; 4: name; 5: whether, and name). */
  readonly run: { readonly name: string; readonly parameters: 2 | 4 | 5 };
  /** How a program is compiled; null where the plugin cannot. `words`: of what its result points at, with a status first if 3. */
  readonly compile: { readonly name: string; readonly words: 2 | 3 } | null;
}

/** The ABI of a module's exports, null where it is no plugin. */
export function pluginAbi(module: Module): PluginAbi | null {
  const parameters = (name: string): number | null => {
    const found = module.exports.find((entry) => entry.name === name && entry.kind === "func");
    const type = found && funcTypeAt(module, module.functions[found.index]!);
    return type?.params.every((param) => param === I32) ? type.params.length : null;
  };
  const has = (name: string, count: number) => parameters(name) === count;
  const realloc = ["cabi_realloc", "canonical_abi_realloc"].find((name) => has(name, 4));
  if (
    realloc === undefined ||
    !module.exports.some(({ kind, name }) => kind === "memory" && name === "memory")
  )
    return null;
  const invoke = parameters("invoke");
  const run =
    invoke === 4 || invoke === 5
      ? ({ name: "invoke", parameters: invoke } as const)
      : has("eval_bytecode", 2)
        ? ({ name: "eval_bytecode", parameters: 2 } as const)
        : null;
  if (run === null) return null;
  const compile = has("compile-src", 2)
    ? ({ name: "compile-src", words: 3 } as const)
    : has("compile_src", 2)
      ? ({ name: "compile_src", words: 2 } as const)
      : null;
  return { realloc, run, compile };
}
