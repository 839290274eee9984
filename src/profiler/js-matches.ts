/**
 * Where a monitor's probes at JavaScript stand in a program, before it runs: in the functions of the bytecode that it
 * carries, with lines as disassembly.ts finds them, and at the engine's builtins. Code that is made at run time has places
 * that nobody knows yet.
 */
import type { JsProbe } from "../monitor/js/js-probes.ts";
import type { HeldProgram } from "../program/held-programs.ts";
import type { Program } from "../program/program.ts";
import { engineById } from "../quickjs/engines/versions.ts";
import { displayNames } from "../quickjs/names/names-of-functions.ts";
import { nativeFrames } from "./instrument.ts";
import {
  type JsFunction,
  type JsMatch,
  jsFunction,
  lineStarts,
  matchAt,
  opcodeStatics,
  ownStatics,
  type Statics,
  staticsAt,
  throwingStatics,
} from "./js-functions.ts";

/** In the order of functions and offsets. */
export function jsMatches(
  program: Program,
  held: readonly HeldProgram[],
  probes: readonly JsProbe[],
): JsMatch[] {
  const asks = (event: RegExp) => probes.some((probe) => event.test(probe.event));
  const at = (event: string, statics: Statics) =>
    probes.flatMap((probe) => (probe.event === `js:${event}` ? [matchAt(probe, statics)] : []));
  const found: JsMatch[] = [];
  for (const fn of functionsOf(program, held)) {
    const own = ownStatics(fn);
    found.push(...at("func:entry", own), ...at("func:exit", own));
    // what throws in it nobody knows before it does
    found.push(...at("throw", throwingStatics(fn)));
    if (asks(/^js:opcode:/))
      for (const statics of opcodeStatics(fn))
        for (const mode of ["before", "after"])
          found.push(...at(`opcode:${statics.opname}:${mode}`, statics));
    if (asks(/^js:line:/))
      for (const offset of lineStarts(fn)) found.push(...at("line:start", staticsAt(fn, offset)));
  }
  if (asks(/^js:builtin:/) && program.engine)
    for (const [fid, { kind, name }] of (nativeFrames(program.engine, "work")?.frames ?? []).entries())
      if (kind === "builtin")
        for (const event of ["builtin:entry", "builtin:exit"]) found.push(...at(event, { fid, fname: name }));
  return [...found, ...at("alloc", {})];
}

function* functionsOf(program: Program, held: readonly HeldProgram[]): Generator<JsFunction> {
  const places = program.places();
  let fid = 0;
  for (const { unit, origin } of held) {
    if (origin !== "payload") continue;
    const names = displayNames(unit, places);
    const engine = engineById(unit.engine);
    for (const made of unit.functions)
      yield jsFunction(fid++, names[made.index]!, unit, made, engine, places);
  }
}
