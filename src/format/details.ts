/** What was located, made and used for a run: the lines of --verbose. */

import { grouped } from "../base/numbers.ts";
import type { EngineModule } from "../program/engine-module.ts";
import type { Program } from "../program/program.ts";
import type { Result } from "../result/result.ts";
import type { SessionFacts } from "../run/session.ts";
import { inertText } from "./inert.ts";

export function renderDetails(program: Program, result: Result, facts: SessionFacts): string {
  const { plugin, engine, payload } = program;
  const lines = [
    ...(plugin ? [`plugin     ${plugin.namespace}, ${grouped(plugin.size)} bytes`] : []),
    ...(facts.dispatch ? engineLines(engine!, plugin !== null, result, facts) : []),
    `program    ${grouped(program.bytes.length)} bytes, of which bytecode ${grouped(payload?.length ?? 0)}`,
    `memory     guest ${grouped(facts.memoryBytes)} bytes, counters ${grouped(facts.collectorBytes)} bytes`,
  ];
  return lines.map((line) => `${inertText(line)}\n`).join("");
}

function engineLines(
  { names }: EngineModule,
  ofPlugin: boolean,
  { toolchain }: Result,
  { dispatch, engineBytes }: SessionFacts,
): string[] {
  const { function: index, shape, targets } = dispatch!;
  const called = [index, ofPlugin ? (names.get(index) ?? "") : ""].join(" ").trim();
  return [
    `engine     ${toolchain.quickjs}, bytecode version ${toolchain.bytecodeVersion}, instrumented ${grouped(engineBytes)} bytes`,
    `dispatch   function ${called}: ${shape}, ${targets} distinct targets`,
  ];
}
