/**
 * Libraries of a script, which are WebAssembly modules: what they offer, and calls to them while the script is
 * compiled (`@static`), in an instance that lives as long as that takes and keeps its state from call to call.
 */
import { usageError } from "../../base/diagnostics.ts";
import { decodeModule } from "../../wasm/decode.ts";
import { F32, F64, funcTypeAt, I32, I64, type ValType } from "../../wasm/types.ts";
import { type Type, unit, type Value } from "../language-types.ts";
import type { LibraryInterface } from "../scope.ts";

const languageTypes = new Map<ValType, Type>([
  [I32, "i32"],
  [I64, "i64"],
  [F32, "f32"],
  [F64, "f64"],
]);

/** Functions that a library exports with parameters and at most one result that the language has. */
export function interfaceOf(name: string, bytes: Uint8Array): LibraryInterface {
  const module = decodeModule(bytes);
  const functions = new Map<string, { params: Type[]; result: Type }>();
  for (const { name: exported, kind, index } of module.exports) {
    const type = kind === "func" ? funcTypeAt(module, module.functions[index]!) : undefined;
    if (!type || type.results.length > 1) continue;
    const params = type.params.map((param) => languageTypes.get(param));
    const result = type.results.length === 0 ? unit : languageTypes.get(type.results[0]!);
    if (result && params.every((param) => param !== undefined))
      functions.set(exported, { params: params as Type[], result });
  }
  if (functions.size === 0)
    throw usageError(`the library ${name} exports no function that a script can call`);
  return { functions };
}

export class StaticCalls {
  readonly #libraries: ReadonlyMap<string, Uint8Array>;
  readonly #instances = new Map<string, WebAssembly.Exports>();

  constructor(libraries: ReadonlyMap<string, Uint8Array>) {
    this.#libraries = libraries;
  }

  readonly call = (library: string, name: string, args: readonly Value[]): Value | undefined => {
    const call = this.exports(library)?.[name];
    if (typeof call !== "function") return undefined;
    let result: unknown;
    try {
      result = call(...args.map((arg) => (typeof arg === "boolean" ? Number(arg) : arg)));
    } catch (error) {
      throw usageError(`@static ${library}.${name} failed: ${(error as Error).message}`);
    }
    return typeof result === "number" || typeof result === "bigint" ? result : [];
  };

  /** Of the instance that answers; undefined where no library of that name was given. */
  exports(library: string): WebAssembly.Exports | undefined {
    const known = this.#instances.get(library);
    const bytes = this.#libraries.get(library);
    if (known || !bytes) return known;
    const module = new WebAssembly.Module(bytes as BufferSource);
    // Nothing that it could print to is there while a script is compiled.
    const imports: WebAssembly.Imports = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      if (kind !== "function")
        throw usageError(`@static ${library}: it imports the ${kind} ${from}.${name}, which there is not`);
      (imports[from] ??= {} as WebAssembly.ModuleImports)[name] = () => 0;
    }
    const { exports } = new WebAssembly.Instance(module, imports);
    this.#instances.set(library, exports);
    return exports;
  }
}
