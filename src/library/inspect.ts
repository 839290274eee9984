/** Looking at a program, and at what there is to run it, without running it. */
import { type Disassembly, disassembleProgram } from "../program/disassembly.ts";
import { inspectProgram, type ModuleFacts } from "../program/inspect.ts";
import { examineInstallation, type Installation } from "../program/installation.ts";
import type { Program } from "../program/program.ts";
import { withThread } from "../run/threads.ts";

/** What there is to know of a program without running it. @throws Diagnostic (unsupported) where its code is not well typed. */
export function inspect(program: Program): ModuleFacts {
  return inspectProgram(program);
}

/**
 * The JavaScript bytecode that a program carries. `name`: what to call its entry file; default: the program's name.
 * @throws Diagnostic (unsupported) where there is none that can be read.
 */
export function disassemble(program: Program, name?: string): Promise<Disassembly> {
  return withThread((thread) => disassembleProgram(program, thread, name));
}

/** Which engine, plugin and javy would be used here, tried out. */
export function installation(options: Parameters<typeof examineInstallation>[0]): Promise<Installation> {
  return withThread((thread) => examineInstallation(options, thread));
}
