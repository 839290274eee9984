/**
 * The two places where a QuickJS engine leaves for C functions that it knows by pointer: js_call_c_function, through
 * which all calls of builtins go, and the call of a job in JS_ExecutePendingJob, wherever that was inlined. Both are told
 * by the types they call through the table: nothing else calls f_f (double) -> double and f_f_f (double, double) ->
 * double, and nothing else JSJobFunc (ctx, argc, argv) -> JSValue. QuickJS of every release since 2020 has one of each.
 */
import { initialTable } from "../../wasm/facts/initial-table.ts";
import { eachByte, Instructions, lebIfAny } from "../../wasm/facts/rare-instructions.ts";
import { lebAt, memargAt } from "../../wasm/instructions.ts";
import { opcodes, rowNamed } from "../../wasm/opcodes.ts";
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
const CALL_INDIRECT = opcodes[rowNamed("call_indirect")]!.code;
const load = marked(["i32.load"]);

const gatewayType = "illiii>l";
const mathTypes = ["d>d", "dd>d"];
const jobType = "iii>l";

/** `engines`: those that may be in the module, likeliest first. */
export function findGateways(module: Module, engines: readonly EngineVersion[]): Gateways {
  const types = module.types.map((_, type) => typeText(module, type));
  const gateways = gatewaysOf(module, types);
  const [gateway] = gateways;
  return {
    builtins: gateways.length === 1 ? withLayout(module, gateway!, engines) : null,
    jobs: jobsOf(module, types),
  };
}

/** Functions like js_call_c_function: of its type, in the table, and calling both kinds of functions of numbers. */
function gatewaysOf(module: Module, types: readonly string[]): number[] {
  const alike = [...new Set(initialTable(module).values())].filter(
    (index) => index >= module.importedFunctions && types[module.functions[index]!] === gatewayType,
  );
  const calls = (index: number) => {
    const found = new Set<string | undefined>();
    for (const code = codeOf(module, index); code.advanceTo(indirectCall); )
      found.add(types[lebAt(module.bytes, code.immediates)]);
    return mathTypes.every((type) => found.has(type));
  };
  return alike.filter(calls);
}

/** In the order of the code. */
function jobsOf(module: Module, types: readonly string[]): JobSite[] {
  const jobs: JobSite[] = [];
  const code = new Instructions(module, indirectCall);
  eachByte(module, CALL_INDIRECT, (body, offset) => {
    const index = module.importedFunctions + body;
    if (types[lebIfAny(module.bytes, offset + 1)] === jobType && code.beginAt(index, offset))
      jobs.push({ function: index, offset });
  });
  return jobs;
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
