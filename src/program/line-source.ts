/**
 * Lines for a program whose bytecode was stripped of them: its source, compiled by an engine of the same kind, to be
 * carried over where the code is the same (quickjs/carry.ts). Decides what compiles, and says what came of it.
 *
 * Compiling is tried with the plugin that the program runs on, then with the one given for it, then with the
 * embedded one, until one has the program's bytecode version and leaves debug information in.
 */
import { Diagnostic, headline, usageError } from "../base/diagnostics.ts";
import type { CompiledSource, Compiler } from "../javy/compile.ts";
import { readEmbeddedPlugin } from "../javy/embedded.ts";
import type { BytecodeFunction, BytecodeUnit } from "../quickjs/bytecode/function.ts";
import { lineTable } from "../quickjs/bytecode/line-table.ts";
import { readUnit } from "../quickjs/bytecode/read-unit.ts";
import { type LossReason, type LostFunction, lacksDebug } from "../quickjs/carry.ts";
import { type EngineVersion, versions } from "../quickjs/engines/versions.ts";
import type { Warning } from "../result/result.ts";
import { compileJob } from "./compile-source.ts";
import { type Plugin, readPlugin } from "./plugin.ts";
import type { ProgramSource } from "./source.ts";

/** Where a program's lines come from. */
export type Lines =
  /** From its bytecode, or from memory: a source would add nothing. */
  | { readonly kind: "own" }
  | { readonly kind: "missing"; readonly why: string }
  /** From `source`, as `compiler` compiled it. */
  | {
      readonly kind: "compiled";
      readonly compiled: CompiledSource;
      readonly source: string;
      readonly compiler: string;
    };

/** The program whose lines are wanted. */
export interface LinesOf {
  /** For messages. */
  readonly name: string;
  readonly payload: Uint8Array | null;
  /** The source that was given, or that the module carries. */
  readonly source: ProgramSource | null;
  /** The plugin that it runs on. */
  readonly plugin: Plugin | null;
  /** A plugin to compile with, where it needs none to run. */
  readonly compiler: Plugin | null;
}

/**
 * Finds out where a program's lines come from, and compiles its source where they are to come from there. `engines`:
 * those that it may run on. @throws Diagnostic (exit 2) where a source was given and there is nothing it could belong to.
 */
export async function findLines(
  compiler: Compiler,
  program: LinesOf,
  engines: readonly EngineVersion[],
): Promise<Lines> {
  const { name, payload, source, plugin } = program;
  if (source !== null && source.from !== "javy_source" && payload === null)
    throw usageError(`${name} has no bytecode that a source could belong to`, "leave out --source");
  if (!isStripped(payload, engines)) return { kind: "own" };
  if (source === null) return missing("the module has no source in it: give it with --source <file>");
  const refused: string[] = [];
  for (const candidate of candidates(program)) {
    const outcome = await compileWith(compiler, candidate, source, payload, engines);
    if (typeof outcome !== "string")
      return { kind: "compiled", compiled: outcome, source: source.name, compiler: candidate.name };
    refused.push(outcome);
  }
  if (plugin === null && !program.compiler)
    refused.push("give a plugin of the same bytecode version, which keeps debug information, with --plugin");
  return missing(`${source.name} was not compiled: ${[...new Set(refused)].join("; ")}`);
}

const missing = (why: string): Lines => ({ kind: "missing", why });

/** Whether a program's functions were stripped of debug information; not where it cannot be read. */
export function isStripped(
  payload: Uint8Array | null,
  engines: readonly EngineVersion[] = versions,
): payload is Uint8Array {
  if (payload === null) return false;
  return unitOf(payload, engines)?.functions.some(lacksDebug) ?? false;
}

/** A program as the first of these engines reads it that can. */
function unitOf(payload: Uint8Array, engines: readonly EngineVersion[]): BytecodeUnit | null {
  for (const engine of engines) {
    try {
      return readUnit(payload, 0, engine);
    } catch (error) {
      if (!(error instanceof Diagnostic)) throw error;
    }
  }
  return null;
}

interface Candidate {
  /** For messages. */
  readonly name: string;
  readonly plugin: Plugin;
  /** The program whose engine it is, where it is one's. */
  readonly runs: Uint8Array | null;
}

function* candidates({ plugin, compiler, payload }: LinesOf): Generator<Candidate> {
  const named = (one: Plugin) => `the plugin ${one.namespace}`;
  if (plugin) yield { name: named(plugin), plugin, runs: payload };
  if (compiler) yield { name: named(compiler), plugin: compiler, runs: null };
  const { bytes, sha256 } = readEmbeddedPlugin();
  if (plugin?.sha256 !== sha256) {
    const embedded = readPlugin(bytes, sha256, "embedded");
    yield { name: "the embedded engine", plugin: embedded, runs: null };
  }
}

/** Compiles; a text says why nothing came of it. */
async function compileWith(
  thread: Compiler,
  { name, plugin, runs }: Candidate,
  source: ProgramSource,
  payload: Uint8Array,
  wanted: readonly EngineVersion[],
): Promise<CompiledSource | string> {
  if (plugin.abi.compile === null) return `${name} cannot compile`;
  const { found, problem } = plugin.engine.engines(runs);
  if (found === null) return `${name}: ${headline(problem!)}`;
  const engines = wanted.filter((engine) => found.includes(engine));
  if (engines.length === 0)
    return `${name} has bytecode version ${found[0]?.version}, the module ${payload[0]}`;
  const outcome = await thread.compile(compileJob(plugin, source.text));
  if (outcome.kind === "failed") return outcome.message.split("\n", 1)[0]!;
  const unit = unitOf(outcome.bytecode, engines);
  if (unit === null) return `${name} made bytecode that cannot be read`;
  // "use strip" is written in the source: then another compiler does no better
  if (unit.functions.every(lacksDebug)) return `${name} leaves debug information out itself`;
  return { bytecode: outcome.bytecode, engines: engines.map(({ id }) => id) };
}

/** What was carried over, as the guest's thread counted it. */
export interface CarriedLines {
  readonly carried: number;
  readonly lost: readonly LostFunction[];
}

const reasons: Readonly<Record<LossReason, string>> = {
  differs: "the source has other code for",
  absent: "the source has no",
  ambiguous: "the source has several functions that could be",
  "no debug information": "the compiler gave no lines for",
  "other engine": "another engine compiled",
};

/** Functions to name for each reason. */
const shownNames = 5;

/** What a result says about lines that are not the module's own; null `carried`: no JavaScript ran. */
export function linesWarnings(lines: Lines, carried: CarriedLines | null): Warning[] {
  if (lines.kind === "own") return [];
  const stripped = "the module's bytecode was stripped of its lines";
  if (lines.kind === "missing") {
    const names = "functions without a name are called by number and place in the bytecode";
    return [{ code: "lines-missing", message: `${stripped}: ${lines.why} (${names})` }];
  }
  if (carried === null) return [];
  const { carried: count, lost } = carried;
  const whole = count + lost.length;
  const from = `${lines.source}, compiled by ${lines.compiler}`;
  const warnings: Warning[] = [];
  if (count > 0)
    warnings.push({
      code: "lines-carried",
      message: `${stripped}: those of ${count} of ${whole} functions are from ${from}, where the code is the same`,
    });
  if (lost.length > 0)
    warnings.push({
      code: "lines-missing",
      message: `${lost.length} of ${whole} functions have no lines from ${lines.source}: ${whyLost(lost)}; give the source that the module was built from with --source <file>`,
    });
  return warnings;
}

function whyLost(lost: readonly LostFunction[]): string {
  const groups = (Object.keys(reasons) as LossReason[]).flatMap((reason) => {
    const names = lost.filter((fn) => fn.reason === reason).map(({ name }) => name);
    if (names.length === 0) return [];
    const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : "";
    return [`${reasons[reason]} ${names.slice(0, shownNames).join(", ")}${more}`];
  });
  return groups.join("; ");
}

/** What of a program's bytecode is damaged: it may run all the same, and is shown as far as it can be. */
export function payloadWarnings(payload: Uint8Array | null, engine: EngineVersion | null): Warning[] {
  if (payload === null || engine === null || payload[0] !== engine.version) return [];
  const damaged = (what: string) => [{ code: "bytecode-damaged", message: `the module's bytecode ${what}` }];
  let unit: BytecodeUnit;
  try {
    unit = readUnit(payload, 0, engine);
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    return damaged(
      `cannot be read and may be damaged: ${headline(error)}; functions are shown as they are in memory`,
    );
  }
  const broken = unit.functions.filter((made) => !hasSoundLines(made, engine)).length;
  return broken === 0
    ? []
    : damaged(`has ${broken} function(s) whose line table is damaged: they have no lines`);
}

function hasSoundLines(made: BytecodeFunction, { lines }: EngineVersion): boolean {
  try {
    lineTable(made, lines);
    return true;
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    return false;
  }
}
