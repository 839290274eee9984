/**
 * Where a monitor's probes at JavaScript stand in a program, before it runs: in the functions of the bytecode that it
 * carries, with lines as disassembly.ts finds them, and at the engine's builtins. Code that is made at run time has places
 * that nobody knows yet.
 */
import { foldExpression } from "../monitor/fold.ts";
import type { JsProbe } from "../monitor/js/js-probes.ts";
import type { MatchedPlace } from "../monitor/targets/rewriting.ts";
import type { HeldProgram } from "../program/held-programs.ts";
import type { Program } from "../program/program.ts";
import { engineById } from "../quickjs/engines/versions.ts";
import { displayNames } from "../quickjs/names/names-of-functions.ts";
import { nativeFrames } from "./instrument.ts";
import {
  inType,
  type JsFunction,
  jsFunction,
  lineStarts,
  opcodeStatics,
  type Statics,
  staticsAt,
} from "./js-functions.ts";

type Match = Pick<MatchedPlace, "place" | "residual">;

/** In the order of functions and offsets. */
export function jsMatches(
  program: Program,
  held: readonly HeldProgram[],
  probes: readonly JsProbe[],
): Match[] {
  const asks = (event: RegExp) => probes.some((probe) => event.test(probe.event));
  const at = (event: string, statics: Statics) =>
    probes.flatMap((probe) => (probe.event === `js:${event}` ? matchAt(probe, statics) : []));
  const found: Match[] = [];
  for (const fn of functionsOf(program, held)) {
    const own = { ...staticsAt(fn, 0), file: fn.file, line: fn.line };
    found.push(...at("func:entry", own), ...at("func:exit", own));
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

function matchAt({ number, rule, event, predicate }: JsProbe, statics: Statics): Match[] {
  const value = (name: string, type: Parameters<typeof inType>[0]) =>
    statics[name] === undefined ? undefined : inType(type, statics[name]);
  const left = predicate && foldExpression(predicate, { value });
  const text = (name: string) => (statics[name] ?? "") as string;
  const count = (name: string, none: number) => (statics[name] ?? none) as number;
  const place = {
    ...{ probe: number, rule, event, function: count("fid", -1), functionName: text("fname") },
    pc: count("pc", 0),
    source: { file: text("file"), line: count("line", 0) },
  };
  if (left?.kind !== "constant") return [{ place, residual: { predicate: left, body: [] } }];
  return [{ place, residual: left.value ? { predicate: null, body: [] } : null }];
}
