/**
 * Module + plan → module. Hooks and, if metered, the tick become imports behind the existing ones, so functions
 * move up by their count; the counter and the limit become globals. Memory count, table contents, exports and
 * everything the module does stay; only sections that hold a moved index are written anew (wasm/reindex.ts).
 */
import { ByteWriter } from "../base/bytes.ts";
import { unsupported } from "../base/diagnostics.ts";
import {
  appendToVector,
  encodeModule,
  entry,
  type NewSection,
  writeFuncType,
  writeValType,
} from "../wasm/encode.ts";
import { afterAddedImports, reindexSection } from "../wasm/reindex.ts";
import { type FuncType, I64, type Module, type Section, SectionId, type ValType } from "../wasm/types.ts";
import { type RewriteContext, rewriteFunction } from "./function.ts";
import { meterNames, type Plan } from "./plan.ts";

/** The types that the instrumented module gains, each once. */
class AddedTypes {
  readonly entries: Uint8Array[] = [];
  readonly #first: number;
  readonly #known = new Map<string, number>();

  constructor(module: Module) {
    this.#first = module.types.length;
  }

  index(params: readonly ValType[], results: readonly ValType[]): number {
    const key = `${params.join()}>${results.join()}`;
    let index = this.#known.get(key);
    if (index === undefined) {
      index = this.#first + this.entries.length;
      this.#known.set(key, index);
      const type: FuncType = { kind: "func", params, results };
      this.entries.push(entry((w) => writeFuncType(w, type)));
    }
    return index;
  }
}

/** Writes the instrumented module. Pure: the same module and plan give the same bytes. */
export function rewrite(module: Module, plan: Plan): Uint8Array {
  const { meter } = plan;
  const imports: Uint8Array[] = [];
  const types = new AddedTypes(module);
  const importFunction = (from: string, name: string, params: readonly ValType[]) => {
    imports.push(
      entry((w) => {
        w.name(from);
        w.name(name);
        w.u8(0);
        w.leb(types.index(params, []));
      }),
    );
    return module.importedFunctions + imports.length - 1;
  };
  const hooks = plan.hooks.map((hook) => importFunction(hook.module, hook.name, hook.params));
  const tick = meter?.checks ? importFunction(meterNames.module, meterNames.tick, []) : null;
  const addedFunctions = imports.length;

  const importsGlobals = meter?.globals.kind === "import" ? 2 : 0;
  if (meter?.globals.kind === "import") {
    for (const name of [meterNames.counter, meterNames.limit])
      imports.push(globalImport(meter.globals.module, name));
  }
  const counter = importsGlobals ? module.importedGlobals : module.globals.length;
  const map = afterAddedImports(module, addedFunctions, importsGlobals);

  const context: RewriteContext = {
    module,
    map,
    plan,
    meter,
    meterAt: { counter, limit: counter + 1, tick },
    hooks,
    scratch: new ByteWriter(65536),
    blockType: (results) =>
      entry((w) => {
        if (results.length === 0) w.u8(0x40);
        else if (results.length === 1) writeValType(w, results[0]!);
        else w.bigSleb(BigInt(types.index([], results)));
      }),
  };
  const code = rewriteCode(context);

  const payloads = new Map<number, Uint8Array>();
  if (code) payloads.set(SectionId.code, code);
  if (types.entries.length > 0)
    payloads.set(SectionId.type, appended(module, SectionId.type, undefined, types.entries));
  if (imports.length > 0)
    payloads.set(SectionId.import, appended(module, SectionId.import, undefined, imports));

  const replaced = new Map<Section, Uint8Array | null>();
  for (const section of module.sections) {
    // Branch hints and the like speak of code offsets that no longer hold.
    if (section.id === SectionId.custom && section.name.startsWith("metadata.code."))
      replaced.set(section, null);
    const moved = imports.length > 0 ? reindexSection(module, section, map) : undefined;
    if (moved === undefined) continue;
    if (moved === null || section.id === SectionId.custom) replaced.set(section, moved);
    else payloads.set(section.id, moved);
  }
  const addExports = (added: readonly Uint8Array[]) => {
    const before = payloads.get(SectionId.export);
    payloads.set(SectionId.export, appended(module, SectionId.export, before, added));
  };
  if (plan.deferStart && module.start !== null) {
    for (const section of module.sections) if (section.id === SectionId.start) replaced.set(section, null);
    payloads.delete(SectionId.start);
    addExports([exported(meterNames.start, 0, map.func(module.start))]);
  }
  if (meter?.globals.kind === "define") {
    refuseMetered(module);
    const zero = [0n, 2n ** 63n - 1n].map((value) => entry((w) => mutableI64(w, value)));
    payloads.set(SectionId.global, appended(module, SectionId.global, payloads.get(SectionId.global), zero));
    addExports([meterNames.counter, meterNames.limit].map((name, i) => exported(name, 3, counter + i)));
  }

  const added: NewSection[] = [];
  for (const [id, payload] of payloads) {
    const section = module.sections.find((candidate) => candidate.id === id);
    if (section) replaced.set(section, payload);
    else added.push({ id, payload });
  }
  return encodeModule(module, replaced, added);
}

function rewriteCode(context: RewriteContext): Uint8Array | undefined {
  const { module } = context;
  if (module.bodies.length === 0) return undefined;
  const size = module.bodies.at(-1)!.end - module.bodies[0]!.start;
  const w = new ByteWriter(Math.ceil(size * 1.8) + 1024);
  w.leb(module.bodies.length);
  module.bodies.forEach((body, i) => {
    rewriteFunction(context, module.importedFunctions + i, body, w);
  });
  return w.view();
}

function refuseMetered(module: Module): void {
  if (module.exports.some(({ name }) => name === meterNames.counter)) {
    throw unsupported(
      "this module is already instrumented by javy-prof",
      `it exports ${meterNames.counter}`,
      "give the original module",
    );
  }
}

/** A vector section with entries behind its own, from `payload` where the section was written anew already. */
function appended(
  module: Module,
  id: number,
  payload: Uint8Array | undefined,
  entries: readonly Uint8Array[],
): Uint8Array {
  const section = module.sections.find((candidate) => candidate.id === id);
  return appendToVector(payload ?? (section && module.bytes.subarray(section.content, section.end)), entries);
}

function mutableI64(w: ByteWriter, initial: bigint): void {
  w.u8(I64);
  w.u8(1);
  w.u8(0x42);
  w.bigSleb(initial);
  w.u8(0x0b);
}

function globalImport(from: string, name: string): Uint8Array {
  return entry((w) => {
    w.name(from);
    w.name(name);
    w.u8(3);
    w.u8(I64);
    w.u8(1);
  });
}

function exported(name: string, kind: 0 | 3, index: number): Uint8Array {
  return entry((w) => {
    w.name(name);
    w.u8(kind);
    w.leb(index);
  });
}
