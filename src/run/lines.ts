/**
 * Lines for a program whose bytecode was stripped of them: its source, compiled by an engine of the same kind, to be
 * carried over where the code is the same (quickjs/carry.ts). Decides what compiles, and says what came of it.
 *
 * Compiling is tried with the plugin that the program runs on, then with the one given for it, then with the
 * embedded one, until one has the program's bytecode version and leaves debug information in.
 */
import { Diagnostic, usageError } from "../base/diagnostics.ts";
import type { CompiledSource, Compiler } from "../javy/compile.ts";
import { readEmbeddedPlugin } from "../javy/embedded.ts";
import { enginesOf, locate } from "../profiler/prepare.ts";
import { type App, compileJob, type Plugin, readPlugin } from "../program/app.ts";
import type { BytecodeFunction, BytecodeUnit } from "../quickjs/bytecode/function.ts";
import { lineTable } from "../quickjs/bytecode/line-table.ts";
import { readUnit } from "../quickjs/bytecode/read-unit.ts";
import { type LossReason, type LostFunction, lacksDebug } from "../quickjs/carry.ts";
import { type EngineVersion, versions } from "../quickjs/engines/versions.ts";
import type { Warning } from "../result/result.ts";

/** A source that was given for a module. */
export interface GivenSource {
  /** The file, as it is shown. */
  readonly name: string;
  readonly text: string;
}

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

export interface LinesRequest {
  /** The program's name, for messages. */
  readonly name: string;
  readonly app: Pick<App, "payload" | "source">;
  /** Engines that it may run on. */
  readonly engines: readonly EngineVersion[];
  /** The plugin that it runs on. */
  readonly plugin: Plugin | null;
  /** A plugin to compile with, where it needs none to run. */
  readonly compiler?: Plugin | null;
  readonly source?: GivenSource | null;
}

/** Finds out where lines come from, and compiles the source where they are to come from there. */
export async function findLines(thread: Compiler, request: LinesRequest): Promise<Lines> {
  const { app, engines, source: given } = request;
  if (given && app.payload === null)
    throw usageError(`${request.name} has no bytecode that a source could belong to`, "leave out --source");
  if (!isStripped(app.payload, engines)) return { kind: "own" };
  const source = given ?? (app.source === null ? null : { name: "javy_source", text: app.source });
  if (source === null) return missing("the module has no source in it: give it with --source <file>");
  const refused: string[] = [];
  for (const compiler of compilersOf(request)) {
    const outcome = await compileWith(thread, compiler, source, app.payload!, engines);
    if (typeof outcome !== "string")
      return { kind: "compiled", compiled: outcome, source: source.name, compiler: compiler.name };
    refused.push(outcome);
  }
  if (request.plugin === null && !request.compiler)
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
  /** Null: to be found out. */
  readonly engines: readonly EngineVersion[] | null;
}

function* compilersOf({ plugin, compiler, engines }: LinesRequest): Generator<Candidate> {
  const named = (one: Plugin) => `the plugin ${one.namespace}`;
  if (plugin) yield { name: named(plugin), plugin, engines };
  if (compiler) yield { name: named(compiler), plugin: compiler, engines: null };
  const { bytes, sha256 } = readEmbeddedPlugin();
  if (plugin?.sha256 !== sha256)
    yield { name: "the embedded engine", plugin: readPlugin(bytes, sha256), engines: null };
}

/** Compiles; a text says why nothing came of it. */
async function compileWith(
  thread: Compiler,
  { name, plugin, engines: known }: Candidate,
  source: GivenSource,
  payload: Uint8Array,
  wanted: readonly EngineVersion[],
): Promise<CompiledSource | string> {
  if (plugin.abi.compile === null) return `${name} cannot compile`;
  let found = known;
  try {
    found ??= enginesOf(locate(plugin, undefined), null);
  } catch (error) {
    if (error instanceof Diagnostic) return `${name}: ${error.message}`;
    throw error;
  }
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
      `cannot be read and may be damaged: ${error.message}; functions are shown as they are in memory`,
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
