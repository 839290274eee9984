/**
 * The JavaScript bytecode that a program carries, function by function, with its lines as a profile has them: of its
 * own tables, or carried over from its source. Nothing of the guest is run but a compiler.
 */
import { Diagnostic, headline, unsupported } from "../base/diagnostics.ts";
import type { Compiler } from "../javy/compile.ts";
import { readUnit } from "../quickjs/bytecode/read-unit.ts";
import { carryDebug } from "../quickjs/carry.ts";
import { carryPositions } from "../quickjs/carry-positions.ts";
import { engineById, withPositions } from "../quickjs/engines/versions.ts";
import { type ListedFunction, listUnit } from "../quickjs/listing.ts";
import type { Warning } from "../result/warnings.ts";
import type { HeldProgram } from "./held-programs.ts";
import { findLines, linesWarnings } from "./line-source.ts";
import { findPositions } from "./positions.ts";
import type { Program } from "./program.ts";
import { mapWarnings } from "./program-map.ts";
import type { ProgramSource } from "./source.ts";

export interface Disassembly {
  readonly module: { readonly name: string; readonly bytes: number; readonly sha256: string };
  readonly quickjs: { readonly engine: string; readonly releases: string; readonly bytecodeVersion: number };
  readonly programs: readonly {
    readonly origin: HeldProgram["origin"];
    readonly functions: readonly ListedFunction[];
  }[];
  /** The source, and the file of the listing that it is the source of; null where none is known. */
  readonly source: (ProgramSource & { readonly file: string | null }) | null;
  /** The text of any file of the listing; undefined where it is not at hand. */
  readonly sourceOf: (file: string) => string | undefined;
  /** What qualifies the lines. */
  readonly notes: readonly Warning[];
}

/**
 * Disassembles a program. `name`: what to call the entry file, by default the program's name.
 * @throws Diagnostic (unsupported) where there is no bytecode that could be read.
 */
export async function disassembleProgram(
  program: Program,
  compiler: Compiler,
  name = program.name,
): Promise<Disassembly> {
  const { problems, held, payload } = program.programs;
  if (problems.some(({ part }) => part === "program") || held.length === 0) throw nothingToList(program);
  const lines = await withLines(program, compiler);
  const places = program.places(name);
  const programs = lines.held.map(({ origin, unit }) => ({
    origin,
    functions: listUnit(unit, places),
  }));
  const { source } = program;
  const entry = program.entryName(name);
  // the source is that of the program's own file: a program in memory may have another, given for it
  const file = payload || source?.from === "file" ? programs[0]!.functions[0]!.file : entry;
  const { engine, releases, version } = engineById(held[0]!.unit.engine);
  return {
    module: { name: program.name, bytes: program.bytes.length, sha256: program.sha256 },
    quickjs: { engine, releases, bytecodeVersion: version },
    programs,
    source: source && { ...source, file },
    sourceOf: (one) => program.sourceOf(one, name) ?? (one === file ? source?.text : undefined),
    notes: [...lines.notes, ...mapWarnings(program)],
  };
}

/** A program gets the lines that it lacks from its source, where that compiles to the same code. */
export async function withLines(
  program: Program,
  compiler: Compiler,
): Promise<{ readonly held: readonly HeldProgram[]; readonly notes: readonly Warning[] }> {
  const { held, engines } = program.programs;
  const [first, ...others] = held;
  if (first?.origin !== "payload" || program.payload === null) return { held, notes: [] };
  const engine = engineById(first.unit.engine);
  const lines = await findLines(compiler, program, engines);
  const carried =
    lines.kind === "compiled" ? carryDebug(first.unit, readUnit(lines.compiled.bytecode, 0, engine)) : null;
  const unit = carried?.unit ?? first.unit;
  const positions = await findPositions(compiler, program, engines);
  const fuller = positions
    ? carryPositions(unit, readUnit(positions.bytecode, 0, withPositions(engine)))
    : unit;
  return { held: [{ ...first, unit: fuller }, ...others], notes: linesWarnings(lines, carried) };
}

function nothingToList({ name, programs: { problems, dispatch } }: Program): Diagnostic {
  const lines = problems.flatMap(({ part, error }) => [
    headline(error),
    // tables that are no interpreter are info's business
    ...(part === "dispatch" ? error.details.slice(0, 1) : error.details),
  ]);
  const first = problems[0]?.error ?? unsupported("there is no bytecode in this module");
  const loads = "it has QuickJS in it, but no program: that is made, or loaded, while it runs";
  const details = [
    ...lines.slice(1),
    ...(problems.length === 0 && dispatch ? [loads] : []),
    `what there is: javy-prof info ${name}`,
  ];
  return new Diagnostic({ ...first.fields, kind: "unsupported", details, file: name });
}
