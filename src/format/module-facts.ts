/**
 * What `info` prints of a module: a list of facts, what could not be read, what `run` would say, the sections by size
 * and the JavaScript functions. 80 columns wherever words can be broken; names from the module are made inert.
 */

import { headline } from "../base/diagnostics.ts";
import { grouped, percent, plural } from "../base/numbers.ts";
import type { Problem } from "../program/held-programs.ts";
import type { FunctionFacts, ModuleFacts } from "../program/inspect.ts";
import { pad } from "./cells.ts";
import { inertText } from "./inert.ts";
import { withoutPlace } from "./labels.ts";
import { rowsJson } from "./rows.ts";
import { renderTable } from "./summary/aligned-table.ts";
import { wrapped } from "./wrap.ts";

/** A module with its name, and what running it would take. */
export interface NamedFacts extends ModuleFacts {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly run: {
    readonly ready: boolean;
    /** What it takes, or why it does not work. */
    readonly message: string;
    readonly details: readonly string[];
  };
}

const TABLES = new Set(["functions", "sections", "exports", "branchTables", "memories", "quickjs"]);

/** All of it as a JSON document. */
export function writeFactsJson(facts: NamedFacts): string {
  const { name, bytes, sha256, kind, problems, run, ...rest } = facts;
  const said = problems.map(({ part, error }) => ({
    ...{ part, message: headline(error), details: error.details },
  }));
  return rowsJson({ name, bytes, sha256, kind, ...rest, problems: said, run }, TABLES);
}

/** Cells of a fact's title. */
const TITLE = 11;

/** The facts for people, each line ended. */
export function renderFacts(facts: NamedFacts, width: number): string {
  const indent = " ".repeat(TITLE);
  const rows = [...factRows(facts)].flatMap(([title, text]) => {
    const [first = indent, ...more] = wrapped(inertText(text), indent, width);
    return [title.padEnd(TITLE) + first.slice(TITLE), ...more];
  });
  const problems = facts.problems.map(({ part, error }) => [
    problemTitles[part],
    // the tables are listed above
    ...[
      headline(error),
      ...error.details.filter((line) => part !== "dispatch" || !/^(found: )?function /.test(line)),
    ].flatMap((line) => wrapped(inertText(line), "  ", width)),
  ]);
  const of = (wanted: string) =>
    facts.programs.filter(({ origin }) => origin === wanted).flatMap(({ functions }) => functions);
  const [payload, memory] = [of("payload"), of("memory")];
  const programs = [
    ...(payload.length > 0 ? [programLines("function", payload, 0, width)] : []),
    ...(memory.length > 0
      ? [programLines("function in memory before the run", memory, payload.length, width)]
      : []),
  ];
  const sections = [rows, ...problems, sectionLines(facts), ...programs];
  return sections.map((lines) => lines.map((line) => `${line.trimEnd()}\n`).join("")).join("\n");
}

const problemTitles: Readonly<Record<Problem["part"], string>> = {
  dispatch: "interpreter: not located",
  engine: "engine: not known",
  program: "program: not readable",
  memory: "memory: not readable",
  source: "source: not readable",
};

const hex = (offset: number): string => `0x${offset.toString(16)}`;

function* factRows(facts: NamedFacts): Generator<readonly [title: string, text: string]> {
  yield ["module", `${facts.name}, ${grouped(facts.bytes)} bytes`];
  yield ["sha256", facts.sha256];
  yield ["kind", kindText(facts)];
  if (facts.abi) yield ["abi", abiText(facts.abi)];
  yield* engineRows(facts);
  yield ["program", programText(facts)];
  if (facts.kind === "dynamic" || facts.kind === "static") yield ["source", sourceText(facts.source)];
  const { entryPoints, witExports, exports, imports, start, memories, wasmFunctions } = facts;
  yield ["callable", listed(entryPoints) || "no export without arguments"];
  if (witExports.length > 0)
    yield ["wit", witExports.map((entry) => `${entry.name} calls ${entry.function}`).join(", ")];
  yield ["exports", listed(exports.map(({ name, kind }) => `${name} (${kind})`)) || "none"];
  for (const [i, { module, names }] of imports.entries())
    yield [i === 0 ? "imports" : "", `${module}: ${listed(names.map(({ name }) => name))}`];
  if (imports.length === 0) yield ["imports", "none"];
  if (start) yield ["start", `function ${start.function} ${start.name ?? ""}`];
  yield ["memory", memories.map(memoryText).join("; ") || "none"];
  yield [
    "functions",
    `${grouped(wasmFunctions.defined)} in the module, ${grouped(wasmFunctions.imported)} imported, ${grouped(wasmFunctions.named)} with names`,
  ];
  for (const [i, line] of [facts.run.message, ...facts.run.details].entries())
    yield [i === 0 ? "run" : "", line];
}

/** Names that are listed for people; --json has all. */
const most = 40;

function listed(names: readonly string[]): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(", ")}${more > 0 ? ` and ${grouped(more)} more` : ""}`;
}

function kindText({ kind, namespace, programs, madeBy }: ModuleFacts): string {
  switch (kind) {
    case "plugin":
      return `Javy plugin, imported as ${namespace ?? "its users say (it does not)"}`;
    case "dynamic":
      return `dynamic Javy module, imports the plugin ${namespace}`;
    case "static":
      return "static Javy module: its engine is in it";
    case "quickjs":
      return programs.length > 0
        ? "QuickJS with a program in memory, as Javy made it before 1.0, or another embedder"
        : "QuickJS, not embedded by Javy";
    case "other":
      return madeBy === null
        ? "not a Javy module, and no QuickJS was found in it"
        : `not a Javy module, and no QuickJS was found in it: it is ${madeBy}`;
  }
}

function abiText({ realloc, run, compile }: NonNullable<ModuleFacts["abi"]>): string {
  return [
    realloc,
    `${run.name} with ${run.parameters} arguments`,
    compile ? `${compile.name} giving ${compile.words} words` : "does not compile",
  ].join(", ");
}

function* engineRows({
  quickjs,
  dispatch,
  branchTables,
  kind,
  namespace,
}: ModuleFacts): Generator<readonly [string, string]> {
  if (quickjs.length > 0) {
    const texts = quickjs.map(
      ({ engine, releases, bytecodeVersion }) =>
        `${engine} ${releases} (bytecode version ${bytecodeVersion})`,
    );
    yield ["engine", texts.join(", or ")];
  }
  if (dispatch) {
    const { function: index, name, offset, entries, targets, nextMostTargets, shape, loads } = dispatch;
    const where = kind === "dynamic" ? ` of the plugin ${namespace}` : "";
    yield [
      "dispatch",
      `function ${index}${name === null ? "" : ` ${name}`}${where}: br_table at ${hex(offset)}, ${entries} entries, ${targets} distinct targets (next most: ${nextMostTargets})`,
    ];
    yield ["pc load", `${shape}: i32.load8_u at ${loadsText(loads)}`];
  }
  for (const [i, table] of branchTables.entries()) yield [i === 0 ? "br_tables" : "", tableText(table)];
}

/** Computed gotos have one in every handler. */
function loadsText(loads: readonly number[]): string {
  const first = loads.slice(0, 8).map(hex).join(", ");
  return loads.length > 8 ? `${first} and ${grouped(loads.length - 8)} more` : first;
}

function tableText({
  function: index,
  offset,
  entries,
  targets,
}: ModuleFacts["branchTables"][number]): string {
  return `function ${index}: at ${hex(offset)}, ${entries} entries, ${targets} distinct targets`;
}

function programText({ kind, payload, programs }: ModuleFacts): string {
  const held = (origin: string) => programs.filter((program) => program.origin === origin);
  const inMemory = held("memory").reduce((sum, { functions }) => sum + functions.length, 0);
  if (payload) {
    const read = held("payload")[0];
    const functions = plural(read?.functions.length ?? 0, "function");
    const lines = read?.stripped ? ", stripped of their lines" : "";
    const what = read ? functions + lines : "not readable, see below";
    return `${grouped(payload.bytes)} bytes of bytecode at ${hex(payload.offset)}: ${what}`;
  }
  if (kind === "plugin")
    return inMemory > 0 ? `none; JavaScript of its own in memory: ${plural(inMemory, "function")}` : "none";
  if (inMemory > 0) return `in memory before the run: ${plural(inMemory, "function")}`;
  if (kind === "other") return "no JavaScript";
  return kind === "dynamic"
    ? "no segment that looks like bytecode"
    : "no bytecode segment, none in memory before the run: it is made while it runs";
}

function sourceText(source: ModuleFacts["source"]): string {
  if (!source) return "not embedded (no javy_source)";
  return `javy_source: ${plural(source.lines, "line")}, ${grouped(source.bytes)} bytes (${grouped(source.stored)} in the file)`;
}

function memoryText({ imported, minPages, maxPages, shared, is64 }: ModuleFacts["memories"][number]): string {
  const size = (pages: number) => `${plural(pages, "page")} (${grouped(pages * 64)} KiB)`;
  return [
    imported ? `imported, at least ${size(minPages)}` : `${size(minPages)} at first`,
    ...(maxPages === null ? [] : [`at most ${size(maxPages)}`]),
    ...(shared ? ["shared"] : []),
    ...(is64 ? ["64-bit addresses"] : []),
  ].join(", ");
}

function sectionLines({ sections, bytes }: NamedFacts): string[] {
  return [
    `${pad("bytes", 13, "right")}      %  section`,
    ...sections.map(
      (section) =>
        `${pad(grouped(section.bytes), 13, "right")}  ${pad(percent(section.bytes, bytes), 5, "right")}  ${inertText(section.name)}`,
    ),
  ];
}

function programLines(
  title: string,
  functions: readonly FunctionFacts[],
  first: number,
  width: number,
): string[] {
  const rows = functions.map(({ name, file, line, column, bytes }, i) => ({
    cells: [String(first + i), grouped(bytes)],
    name: line === null ? inertText(name) : withoutPlace(inertText(name)),
    place: line === null ? "" : inertText(`${file}:${line}${column === null ? "" : `:${column}`}`),
  }));
  const plain = (text: string) => text;
  return renderTable(
    [
      { title: "#", gap: 6 },
      { title: "bytes", gap: 2 },
    ],
    rows,
    { title, placeTitle: "", paintName: plain, dim: plain, width, cuts: true },
  );
}
