/**
 * Lines for a program whose bytecode was stripped of them: its source, compiled by an engine of the same kind, to be
 * carried over where the code is the same (quickjs/carry.ts). Decides what compiles, and says what came of it.
 *
 * Compiling is tried with the plugin that the program runs on, then with the one given for it, then with the
 * embedded one, until one has the program's bytecode version and leaves debug information in.
 */
import { type Diagnostic, usageError } from "../base/diagnostics.ts";
import type { CompiledSource, Compiler } from "../javy/compile.ts";
import type { LostFunction } from "../quickjs/carry.ts";
import { type EngineVersion, versions } from "../quickjs/engines/versions.ts";
import type { CompilerName, CompilerRefusal, NoLines, Warning } from "../result/warnings.ts";
import { compileJob } from "./compile-source.ts";
import { factsByAny, payloadFacts } from "./payload-facts.ts";
import { embeddedPlugin, type Plugin } from "./plugin.ts";
import type { ProgramSource } from "./source.ts";

/** Where a program's lines come from. */
export type Lines =
  /** From its bytecode, or from memory: a source would add nothing, or nobody reads them. */
  | { readonly kind: "own" }
  | { readonly kind: "missing"; readonly why: NoLines }
  /** From `source`, as `compiler` compiled it. */
  | {
      readonly kind: "compiled";
      readonly compiled: CompiledSource;
      readonly source: string;
      readonly compiler: CompilerName;
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
 * those that it may run on; `compiler` is null where nobody reads lines. @throws Diagnostic (usage) where a source was given
 * and there is nothing it could belong to.
 */
export async function findLines(
  compiler: Compiler | null,
  program: LinesOf,
  engines: readonly EngineVersion[],
): Promise<Lines> {
  const { name, payload, source, plugin } = program;
  if (source !== null && source.from !== "javy_source" && payload === null)
    throw usageError(`${name} has no bytecode that a source could belong to`, "leave out --source");
  if (compiler === null || !isStripped(payload, engines)) return { kind: "own" };
  if (source === null) return { kind: "missing", why: { kind: "no source" } };
  const refusals: CompilerRefusal[] = [];
  for (const candidate of candidates(program)) {
    const outcome = await compileWith(compiler, candidate, source, payload, engines);
    if (!("reason" in outcome))
      return { kind: "compiled", compiled: outcome, source: source.name, compiler: candidate.name };
    refusals.push(outcome);
  }
  const canGivePlugin = plugin === null && !program.compiler;
  return { kind: "missing", why: { kind: "not compiled", source: source.name, refusals, canGivePlugin } };
}

/** Whether a program's functions were stripped of debug information; not where it cannot be read. */
export function isStripped(
  payload: Uint8Array | null,
  engines: readonly EngineVersion[] = versions,
): payload is Uint8Array {
  if (payload === null) return false;
  return (factsByAny(payload, engines)?.stripped ?? 0) > 0;
}

interface Candidate {
  readonly name: CompilerName;
  readonly plugin: Plugin;
  /** The program whose engine it is, where it is one's. */
  readonly runs: Uint8Array | null;
}

function* candidates({ plugin, compiler, payload }: LinesOf): Generator<Candidate> {
  if (plugin) yield { name: plugin.namespace, plugin, runs: payload };
  if (compiler) yield { name: compiler.namespace, plugin: compiler, runs: null };
  const embedded = embeddedPlugin();
  if (plugin?.sha256 !== embedded.sha256) yield { name: null, plugin: embedded, runs: null };
}

/** Compiles, or says why nothing came of it. */
async function compileWith(
  thread: Compiler,
  { name: compiler, plugin, runs }: Candidate,
  source: ProgramSource,
  payload: Uint8Array,
  wanted: readonly EngineVersion[],
): Promise<CompiledSource | CompilerRefusal> {
  if (plugin.abi.compile === null) return { compiler, reason: "no compiler" };
  const { found, problem } = plugin.engine.engines(runs);
  if (found === null) return { compiler, reason: "not located", problem: problemOf(problem!) };
  const engines = wanted.filter((engine) => found.includes(engine));
  if (engines.length === 0)
    return { compiler, reason: "other version", has: found[0]?.version, wanted: payload[0] };
  const outcome = await thread.compile(compileJob(plugin, source.text));
  if (outcome.kind === "failed") {
    const problem = { message: outcome.message.split("\n", 1)[0]!, offset: null };
    return { compiler, reason: "failed", problem };
  }
  const facts = factsByAny(outcome.bytecode, engines);
  if (facts === null) return { compiler, reason: "unreadable" };
  // "use strip" is written in the source: then another compiler does no better
  if (facts.stripped === facts.functions) return { compiler, reason: "strips" };
  return { bytecode: outcome.bytecode, engines: engines.map(({ id }) => id) };
}

/** What was carried over, as the guest's thread counted it. */
export interface CarriedLines {
  readonly carried: number;
  readonly lost: readonly LostFunction[];
}

/** What a result says about lines that are not the module's own; null `carried`: no JavaScript ran. */
export function linesWarnings(lines: Lines, carried: CarriedLines | null): Warning[] {
  if (lines.kind === "own") return [];
  if (lines.kind === "missing") return [{ code: "lines-missing", why: lines.why }];
  if (carried === null) return [];
  const { source, compiler } = lines;
  const { carried: functions, lost } = carried;
  const of = functions + lost.length;
  return [
    ...(functions > 0 ? [{ code: "lines-carried", functions, of, source, compiler } as const] : []),
    ...(lost.length > 0
      ? [{ code: "lines-missing", why: { kind: "other code", source, lost, of } } as const]
      : []),
  ];
}

/** What of a program's bytecode is damaged: it may run all the same, and is shown as far as it can be. */
export function payloadWarnings(payload: Uint8Array | null, engine: EngineVersion | null): Warning[] {
  if (payload === null || engine === null || payload[0] !== engine.version) return [];
  const facts = payloadFacts(payload, engine);
  if (facts.problem)
    return [{ code: "bytecode-damaged", damage: { kind: "unreadable", problem: problemOf(facts.problem) } }];
  const functions = facts.value.unsoundLines;
  return functions === 0 ? [] : [{ code: "bytecode-damaged", damage: { kind: "line tables", functions } }];
}

const problemOf = ({ message, offset }: Diagnostic) => ({ message, offset });
