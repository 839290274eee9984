/**
 * Imports that this host does not have. A function is linked to a stub that ends the run when it is called, and says which
 * it is: many modules import more than they use, as plugins of a platform whose calls a program never makes. Anything but
 * a function is refused before the run (wasi.ts), as there is nothing to put in its place.
 */
import type { Finality } from "./finality.ts";

/** Thrown by a stub. */
export class MissingImport extends Error {
  constructor(module: string, name: string) {
    super(
      `it called ${module}.${name}, which this host does not have: --host <file> gives a module its imports (docs/hosts.md)`,
    );
    this.name = "MissingImport";
  }
}

/** What is given, and a stub for each function that the module imports besides. `final`: so that no guest catches a stub's end. */
export function withStubs(
  module: WebAssembly.Module,
  given: WebAssembly.Imports,
  final: Finality["final"],
): WebAssembly.Imports {
  const imports: Record<string, WebAssembly.ModuleImports> = { ...given };
  const stubs = new Map<string, Record<string, () => never>>();
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== "function" || given[from]?.[name] !== undefined) continue;
    const made = stubs.get(from) ?? {};
    stubs.set(from, made);
    made[name] = final((): never => {
      throw new MissingImport(from, name);
    });
  }
  for (const [from, made] of stubs) imports[from] = { ...given[from], ...made };
  return imports;
}
