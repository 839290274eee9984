/**
 * The two places where a QuickJS engine leaves for C functions that it knows by pointer: js_call_c_function, through
 * which all calls of builtins go, and the call of a job in JS_ExecutePendingJob, wherever that was inlined. Both are told
 * by the types they call through the table: nothing else calls f_f (double) -> double and f_f_f (double, double) ->
 * double, and nothing else JSJobFunc (ctx, argc, argv) -> JSValue. QuickJS of every release since 2020 has one of each.
 */
import { initialTable } from "../../wasm/facts/initial-table.ts";
import { lebAt, memargAt } from "../../wasm/instructions.ts";
import { typeText } from "../../wasm/type-text.ts";
import type { Module } from "../../wasm/types.ts";
import { codeOf, marked } from "../../wasm/walk.ts";
import type { EngineVersion } from "../engines/versions.ts";

/** js_call_c_function (ctx, func_obj, this_obj, argc, argv, flags): its parameter 1 is the function object. */
export interface BuiltinGateway {
  /** Absolute function index. */
  readonly function: number;
  /** Where a function object has its C function, a table index, and its magic (i16). */
  readonly cFunction: number;
  readonly magic: number;
}

/** A call of a job: absolute function index, and absolute byte offset of the call_indirect. */
export interface JobSite {
  readonly function: number;
  readonly offset: number;
}

export interface Gateways {
  /** Null where there is not exactly one function like it, or it does not read function objects as a known engine's. */
  readonly builtins: BuiltinGateway | null;
  readonly jobs: readonly JobSite[];
}

const indirectCall = marked(["call_indirect"]);
const load = marked(["i32.load"]);

const gatewayType = "illiii>l";
const mathTypes = ["d>d", "dd>d"];
const jobType = "iii>l";

/** `engines`: those that may be in the module, likeliest first. */
export function findGateways(module: Module, engines: readonly EngineVersion[]): Gateways {
  const tabled = new Set(initialTable(module).values());
  const text = new Map<number, string>();
  const typeOf = (type: number): string => {
    const known = text.get(type) ?? typeText(module, type);
    text.set(type, known);
    return known;
  };
  const jobs: JobSite[] = [];
  const gateways: number[] = [];
  module.bodies.forEach((_, i) => {
    const index = module.importedFunctions + i;
    const found = new Set<string>();
    for (const code = codeOf(module, index); code.advanceTo(indirectCall); ) {
      const type = typeOf(lebAt(module.bytes, code.immediates));
      found.add(type);
      if (type === jobType) jobs.push({ function: index, offset: code.at });
    }
    const calls = mathTypes.every((type) => found.has(type));
    if (calls && tabled.has(index) && typeOf(module.functions[index]!) === gatewayType) gateways.push(index);
  });
  const [gateway] = gateways;
  return { builtins: gateways.length === 1 ? withLayout(module, gateway!, engines) : null, jobs };
}

/** The first engine's layout that the gateway reads function objects by: it loads the C function, and the realm before it. */
function withLayout(module: Module, index: number, engines: readonly EngineVersion[]): BuiltinGateway | null {
  const offsets = new Set<number>();
  for (const code = codeOf(module, index); code.advanceTo(load); )
    offsets.add(Number(memargAt(module.bytes, code.immediates).offset));
  const reads = ({ memory }: EngineVersion) =>
    offsets.has(memory.heap.cFunction) && offsets.has(memory.heap.cFunction - 4);
  const found = engines.find(reads);
  if (!found) return null;
  const { cFunction, cFunctionMagic } = found.memory.heap;
  return { function: index, cFunction, magic: cFunctionMagic };
}
