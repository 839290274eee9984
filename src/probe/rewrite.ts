/**
 * Module + plans → module. Memory contents, table contents, exports and everything the module does stay; what plans
 * import stands behind the module's own imports, so that what it defines moves up (wasm/reindex.ts); only sections
 * that gain something or hold a moved index are written anew.
 */
import { ByteWriter } from "../base/bytes.ts";
import { appendToVector, encodeModule, entry, type NewSection } from "../wasm/encode.ts";
import { movedRows, reindexSection } from "../wasm/reindex.ts";
import { type Module, type Section, SectionId } from "../wasm/types.ts";
import { codeSize } from "../wasm/walk.ts";
import { type Added, added } from "./add.ts";
import { AddedTypes } from "./added-types.ts";
import { Flow, flowOf } from "./control.ts";
import { rewriteFunction } from "./function.ts";
import { type Kernel, kernelFor } from "./kernel.ts";
import { blockType, type LinkedPlan, link } from "./link.ts";
import type { Plan } from "./plan.ts";
import { probesOf } from "./probes-of.ts";
import type { RewriteContext } from "./rewrite-context.ts";

/**
 * Writes the instrumented module. Pure: the same module and plans give the same bytes. At one place the actions of
 * the first plan come first, whatever the place (also at exits), and within a plan they keep their order; of all plans
 * one may stand instead of an instruction, and one may have the meter.
 */
export function rewrite(module: Module, ...plans: readonly Plan[]): Uint8Array {
  return rewriteWith(kernelFor, module, plans);
}

/** The same, with a kernel of the caller's choice, or none: the bytes do not depend on it. */
export function rewriteWith(
  kernelOf: (context: RewriteContext) => Kernel | undefined,
  module: Module,
  plans: readonly Plan[],
): Uint8Array {
  const types = new AddedTypes(module);
  const linked = link(module, plans, types);
  const more = added(module, linked, types);
  const moved = movedRows(module, linked.map);
  const context: RewriteContext = {
    ...{ module, map: linked.map, moved },
    notable: moved.map((one, row) => one | (flowOf[row] === Flow.plain ? 0 : 1)),
    meter: linked.meter,
    meterAt: linked.meterAt,
    scratch: new ByteWriter(65536),
    blockType: (params, results) => blockType(types, params, results),
  };
  const code = rewriteCode(context, kernelOf(context), linked.plans, more.entries.get(SectionId.code) ?? []);

  const replaced = new Map<Section, Uint8Array | null>();
  const payloads = new Map<number, Uint8Array>();
  if (code) payloads.set(SectionId.code, code);
  const importsMove = more.entries.has(SectionId.import);
  for (const section of module.sections) {
    // Branch hints and the like speak of code offsets that no longer hold.
    if (section.id === SectionId.custom && section.name.startsWith("metadata.code."))
      replaced.set(section, null);
    const moved = importsMove ? reindexSection(module, section, linked.map) : undefined;
    if (moved === undefined) continue;
    if (moved === null || section.id === SectionId.custom) replaced.set(section, moved);
    else payloads.set(section.id, moved);
  }
  append(module, payloads, more, types);
  setStart(module, replaced, payloads, more.start);

  const sections: NewSection[] = [];
  for (const [id, payload] of payloads) {
    const section = module.sections.find((one) => one.id === id);
    if (section) replaced.set(section, payload);
    else sections.push({ id, payload });
  }
  return encodeModule(module, replaced, sections);
}

/** The code section: what was there, rewritten, and what is added. */
function rewriteCode(
  context: RewriteContext,
  kernel: Kernel | undefined,
  plans: readonly LinkedPlan[],
  more: readonly Uint8Array[],
): Uint8Array | undefined {
  const { bodies, importedFunctions } = context.module;
  if (bodies.length + more.length === 0) return undefined;
  const w = new ByteWriter(Math.ceil(codeSize(context.module) * 1.8) + 1024);
  w.leb(bodies.length + more.length);
  let next = 0;
  /** Those without probes up to `end`. */
  const withoutProbes = (end: number) => {
    while (next < end) {
      const done = kernel?.write(w, next, end) ?? next;
      if (done === next) rewriteFunction(context, importedFunctions + next, bodies[next++]!, undefined, w);
      else next = done;
    }
  };
  bodies.forEach((body, i) => {
    const probes = probesOf(plans, importedFunctions + i);
    if (!probes) return;
    withoutProbes(i);
    rewriteFunction(context, importedFunctions + i, body, probes, w, kernel);
    next = i + 1;
  });
  withoutProbes(bodies.length);
  for (const one of more) w.copy(one);
  return w.view();
}

/** Entries behind those that sections have, those that were reindexed included. */
function append(
  module: Module,
  payloads: Map<number, Uint8Array>,
  { entries }: Added,
  types: AddedTypes,
): void {
  const all = new Map(entries);
  if (types.entries.length > 0) all.set(SectionId.type, types.entries);
  for (const [id, items] of all) {
    if (id === SectionId.code) continue;
    const section = module.sections.find((one) => one.id === id);
    const had = payloads.get(id) ?? (section && module.bytes.subarray(section.content, section.end));
    payloads.set(id, appendToVector(had, items));
  }
  // Code may name data segments only where their count stands before it.
  const data = entries.get(SectionId.data)?.length ?? 0;
  if (data > 0)
    payloads.set(
      SectionId.dataCount,
      entry((w) => w.leb(module.data.length + data)),
    );
}

function setStart(
  module: Module,
  replaced: Map<Section, Uint8Array | null>,
  payloads: Map<number, Uint8Array>,
  start: Added["start"],
): void {
  if (start === undefined) return;
  payloads.delete(SectionId.start);
  if (start !== null) {
    payloads.set(
      SectionId.start,
      entry((w) => w.leb(start)),
    );
    return;
  }
  for (const section of module.sections) if (section.id === SectionId.start) replaced.set(section, null);
}
