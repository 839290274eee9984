/**
 * `javy-prof disasm <module or app.js> [result]`: the JavaScript bytecode between its source lines, and with a result
 * of the same module the fuel of each instruction.
 */
import type { Command } from "commander";
import { decodeText } from "../base/bytes.ts";
import { type Diagnostic, unsupported, usageError } from "../base/diagnostics.ts";
import { inertText } from "../format/inert.ts";
import { withoutPlace } from "../format/labels.ts";
import {
  type ListedProgram,
  type Listing,
  type NumberedFunction,
  renderListing,
  writeListingJson,
} from "../format/listing.ts";
import { SourceLines } from "../format/source-lines.ts";
import { entryFile } from "../javy/module.ts";
import { type HeldProgram, type Programs, programsOf } from "../program/held-programs.ts";
import { readUnit } from "../quickjs/bytecode/read-unit.ts";
import { carryDebug } from "../quickjs/carry.ts";
import { engineById } from "../quickjs/engines/versions.ts";
import { type ListedFunction, listUnit } from "../quickjs/listing.ts";
import { matchFunctions } from "../result/match-functions.ts";
import type { Result } from "../result/result.ts";
import { findLines, linesWarnings } from "../run/lines.ts";
import { GuestThread } from "../run/thread.ts";
import { type ExaminedEntry, examine } from "./examined.ts";
import type { CommandIo } from "./io.ts";
import { parseCount } from "./options.ts";
import { type Entry, readEntry, readSource, sha256Of } from "./program.ts";
import { looksLikeResult, parseResult, readInput } from "./result-file.ts";

export interface DisasmOptions {
  readonly function?: readonly string[];
  readonly result?: string;
  readonly source?: string;
  readonly plugin?: string;
  readonly dispatchFunction?: string;
  readonly json?: boolean;
}

export function registerDisasm(program: Command, io: CommandIo): void {
  program
    .command("disasm")
    .description(
      "the JavaScript bytecode with its source lines, and with a result the fuel of each instruction",
    )
    .argument("<module>", "a module (.wasm), app.js, or a result (*.fuel.json) that names its module")
    .argument("[result]", "a result of the same module, from javy-prof run --format json")
    .option("--function <name or number>", "only this function (repeatable)", (value, all: string[] = []) => [
      ...all,
      value,
    ])
    .option("--result <file>", "the same as the second argument")
    .option("--source <file>", "the program's source, where the module does not have it")
    .option("--plugin <file>", "the plugin that a dynamic module imports, or to compile app.js with")
    .option("--dispatch-function <index>", "the engine's interpreter, where it cannot be found")
    .option("-j, --json", "as JSON on stdout")
    .action((path: string, result: string | undefined, options: DisasmOptions) =>
      disasm(path, result, options, io),
    );
}

export async function disasm(
  path: string,
  second: string | undefined,
  options: DisasmOptions,
  io: CommandIo,
): Promise<void> {
  if (second !== undefined && options.result !== undefined)
    throw usageError("two results were given", "give one, as the second argument or with --result");
  const given = await inputs(path, second ?? options.result, io);
  const { entry, result } = given;
  const examined = await examine(entry, options.plugin, io);
  const { module, kind, plugin } = examined;
  const sha256 = sha256Of(module.bytes);
  if (result && result.content.module.sha256 !== sha256) throw otherModule(entry, sha256, result, examined);
  const { dispatchFunction } = options;
  const only =
    dispatchFunction === undefined ? undefined : parseCount(dispatchFunction, "--dispatch-function");
  const programs = programsOf({ module, kind, plugin: plugin?.module ?? null, only });
  const unread = programs.problems.some(({ part }) => part === "program");
  if (unread || programs.held.length === 0) throw nothingToList(entry.name, programs);
  const { held, notes } = await withLines(entry, examined, programs, options, io);
  // the name that the entry file goes by where the result was written
  const name = result?.content.module.name ?? entry.name;
  const all = held.map(({ unit }) =>
    listUnit(unit, (compiled) => (compiled === entryFile ? name : compiled)),
  );
  const source = await sourceOf(entry, examined, options, io);
  // the source is that of the program's own file: a program in memory may have another, given with --source
  const ownFile = programs.payload || options.source !== undefined ? all[0]![0]!.file : name;
  const numbered = number(all, result?.content ?? null, source && { ...source, file: ownFile });
  const wanted = select(numbered, options.function);
  const listed: ListedProgram[] = held.map(({ origin }, i) => ({
    origin,
    functions: numbered[i]!.functions.filter((fn) => wanted(fn)),
  }));
  const { engine, releases, version } = engineById(held[0]!.unit.engine);
  const listing: Listing = {
    module: { name: entry.name, bytes: module.bytes.length, sha256 },
    quickjs: { engine, releases, bytecodeVersion: version },
    source: source?.from ?? null,
    programs: listed.filter(({ functions }) => functions.length > 0),
    result: result ? resultFacts(result, all.flat(), listed) : null,
  };
  await io.stdout(
    options.json ? writeListingJson(listing) : renderListing(listing, { width: 80, colour: false }),
  );
  for (const note of notes) io.stderr(`note: ${inertText(note)}\n`);
  const [last, lines] = [lastLine(listed), source?.lines.lines.length ?? 0];
  if (source && last > lines)
    io.stderr(
      `note: the source has ${lines} lines, the bytecode goes to line ${last}: it is another source\n`,
    );
}

interface ReadResult {
  readonly path: string;
  readonly content: Result;
}

/** The program and the result; a result alone names its program. */
async function inputs(
  path: string,
  resultPath: string | undefined,
  io: CommandIo,
): Promise<{ readonly entry: Entry; readonly result: ReadResult | null }> {
  const read = async (file: string): Promise<ReadResult> => {
    const text = decodeText(await readInput(file, io.cwd, "the result"));
    return { path: file, content: parseResult(text, file) };
  };
  const alone =
    resultPath === undefined &&
    path.endsWith(".json") &&
    looksLikeResult(await readInput(path, io.cwd, "the program"));
  if (!alone)
    return {
      entry: await readEntry(path, io.cwd),
      result: resultPath === undefined ? null : await read(resultPath),
    };
  const result = await read(path);
  const { name } = result.content.module;
  try {
    return { entry: await readEntry(name, io.cwd), result };
  } catch {
    throw usageError(
      `${path} is a result of ${name}, which cannot be read from here`,
      `give the program too: javy-prof disasm <${name}> ${path}`,
    );
  }
}

function otherModule(
  entry: Entry,
  sha256: string,
  { path, content }: ReadResult,
  { engine }: ExaminedEntry,
): Diagnostic {
  const { name, bytes } = content.module;
  return usageError(
    `${path} is the result of another module`,
    `it is of ${name}, ${bytes} bytes, sha256 ${content.module.sha256}`,
    `${entry.name} ${entry.kind === "source" ? "compiles to" : "has"} sha256 ${sha256}`,
    entry.kind === "source" && engine === "embedded" && content.toolchain.engine !== "embedded"
      ? "the result was made with another engine: give it with --plugin <file>"
      : `run it again: javy-prof run ${entry.name} --format json`,
  );
}

function nothingToList(name: string, { problems, dispatch }: Programs): Diagnostic {
  const [message, ...more] = problems.flatMap((problem) => [
    problem.message,
    // tables that are no interpreter are info's business
    ...(problem.part === "dispatch" ? problem.details.slice(0, 1) : problem.details),
  ]);
  return unsupported(
    `${name}: ${message ?? "there is no bytecode in this module"}`,
    ...more,
    ...(message === undefined && dispatch
      ? ["it has QuickJS in it, but no program: that is made, or loaded, while it runs"]
      : []),
    `what there is: javy-prof info ${name}`,
  );
}

/** A program whose lines were stripped gets them from its source, where that compiles to the same code. */
async function withLines(
  entry: Entry,
  { kind, plugin, compiler }: ExaminedEntry,
  { held, engines }: Programs,
  options: DisasmOptions,
  io: CommandIo,
): Promise<{ readonly held: readonly HeldProgram[]; readonly notes: readonly string[] }> {
  const [first, ...others] = held;
  if (first?.origin !== "payload" || (kind.kind !== "dynamic" && kind.kind !== "static"))
    return { held, notes: [] };
  const given = options.source === undefined ? null : await readSource(options.source, entry, io.cwd);
  const thread = new GuestThread();
  try {
    const { payload, source } = kind;
    const lines = await findLines(thread, {
      ...{ name: entry.name, app: { payload, source }, engines, plugin, compiler, source: given },
    });
    if (lines.kind !== "compiled") return { held, notes: notesOf(lines, null) };
    const compiled = readUnit(lines.compiled.bytecode, 0, engineById(first.unit.engine));
    const carried = carryDebug(first.unit, compiled);
    return { held: [{ ...first, unit: carried.unit }, ...others], notes: notesOf(lines, carried) };
  } finally {
    await thread.close();
  }
}

function notesOf(...lines: Parameters<typeof linesWarnings>): string[] {
  return linesWarnings(...lines).map(({ message }) => message);
}

interface KnownSource {
  readonly from: NonNullable<Listing["source"]>;
  readonly lines: SourceLines;
}

async function sourceOf(
  entry: Entry,
  { kind }: ExaminedEntry,
  options: DisasmOptions,
  io: CommandIo,
): Promise<KnownSource | null> {
  const known = (from: KnownSource["from"], text: string): KnownSource => ({
    from,
    lines: new SourceLines(text),
  });
  if (options.source !== undefined)
    return known("file", (await readSource(options.source, entry, io.cwd)).text);
  if (entry.kind === "source") return known("program", entry.text);
  const embedded = kind.kind === "dynamic" || kind.kind === "static" ? kind.source : null;
  return embedded === null ? null : known("javy_source", embedded);
}

/** Functions with their numbers, what was counted of them, and the source where it is theirs. */
function number(
  all: readonly (readonly ListedFunction[])[],
  result: Result | null,
  source: { readonly file: string | null; readonly lines: SourceLines } | null,
): { readonly functions: readonly NumberedFunction[] }[] {
  const measured = result && matchFunctions(all.flat(), result).measured;
  let next = 0;
  return all.map((functions) => ({
    functions: functions.map((fn): NumberedFunction => {
      const at = next++;
      return {
        ...fn,
        number: at,
        measured: measured?.[at] ?? null,
        source: source && fn.file !== null && fn.file === source.file ? source.lines : null,
      };
    }),
  }));
}

/** The functions that --function names: by number, or by name as it is shown. */
function select(
  programs: readonly { readonly functions: readonly NumberedFunction[] }[],
  wanted: readonly string[] | undefined,
): (fn: NumberedFunction) => boolean {
  if (wanted === undefined) return () => true;
  const all = programs.flatMap(({ functions }) => functions);
  const chosen = new Set<NumberedFunction>();
  for (const one of wanted) {
    const number = /^#?(\d+)$/.exec(one)?.[1];
    const found = all.filter((fn) =>
      number === undefined ? fn.name === one || withoutPlace(fn.name) === one : fn.number === Number(number),
    );
    if (found.length === 0)
      throw usageError(
        number === undefined ? `there is no function ${JSON.stringify(one)}` : `there is no function ${one}`,
        number === undefined
          ? `there are ${listOf(all.map(({ name }) => name))}`
          : `they are numbered from 0 to ${all.length - 1}`,
      );
    for (const fn of found) chosen.add(fn);
  }
  return (fn) => chosen.has(fn);
}

function listOf(names: readonly string[]): string {
  const different = [...new Set(names)];
  return `${different.slice(0, 20).join(", ")}${different.length > 20 ? ", …" : ""}`;
}

function resultFacts(
  { path, content }: ReadResult,
  all: readonly ListedFunction[],
  listed: readonly ListedProgram[],
): NonNullable<Listing["result"]> {
  const shown = listed.flatMap(({ functions }) => functions);
  const fuel = shown.flatMap(({ measured }) => [...(measured?.pcs.values() ?? [])].map((pc) => pc.fuel));
  const { unmatched } = matchFunctions(all, content);
  const fuelOf = new Map<number, number>();
  for (const pc of content.pcs) fuelOf.set(pc.function, (fuelOf.get(pc.function) ?? 0) + pc.fuel);
  return {
    file: path,
    total: content.fuel.total,
    js: content.phases.js,
    listed: fuel.reduce((sum, one) => sum + one, 0),
    unmatched: unmatched.map(({ id, name }) => ({ name, fuel: fuelOf.get(id) ?? 0 })),
  };
}

function lastLine(programs: readonly ListedProgram[]): number {
  let last = 0;
  for (const { functions } of programs)
    for (const { source, instructions } of functions)
      if (source) for (const { line } of instructions) last = Math.max(last, line ?? 0);
  return last;
}
