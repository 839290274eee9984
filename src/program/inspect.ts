/**
 * What there is to know of a module without running it, as data: what it is, the engine in it, the JavaScript that it
 * carries, its imports, exports and sections. A part that is damaged is a problem beside the rest.
 */
import { decodeText } from "../base/bytes.ts";
import { named, unsupported } from "../base/diagnostics.ts";
import type { PluginAbi } from "../javy/abi.ts";
import { functionOf } from "../javy/link.ts";
import { entryPoints, type JavyModule } from "../javy/module.ts";
import { startOf } from "../quickjs/bytecode/line-table.ts";
import { lacksDebug } from "../quickjs/carry.ts";
import type { Dispatch } from "../quickjs/dispatch.ts";
import { type EngineVersion, engineById } from "../quickjs/engines/versions.ts";
import { displayNames } from "../quickjs/names/names-of-functions.ts";
import { FunctionPlaces, type Places } from "../quickjs/places.ts";
import { largestBranchTables, type TableFigures } from "../wasm/facts/branch-tables.ts";
import { functionNames } from "../wasm/names.ts";
import { customSection } from "../wasm/sections.ts";
import { type Limits, type Module, SectionId } from "../wasm/types.ts";
import type { HeldProgram, Problem } from "./held-programs.ts";
import { madeBy } from "./made-by.ts";
import type { Program } from "./program.ts";
import { lacking, whyNotRunnable } from "./runnable.ts";

export interface FunctionFacts {
  readonly name: string;
  /** Null where debug information was stripped. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** Of bytecode. */
  readonly bytes: number;
}

export interface ModuleFacts {
  /** `quickjs`: none of Javy's kinds, but QuickJS is in it. */
  readonly kind: JavyModule["kind"] | "quickjs";
  /** What made a module without QuickJS, where that is known: `Go 1.26.8`. */
  readonly madeBy: string | null;
  /** What a plugin is imported as, or what a dynamic module imports. */
  readonly namespace: string | null;
  readonly abi: PluginAbi | null;
  /** Likeliest first: several where the module does not tell. */
  readonly quickjs: readonly {
    readonly engine: string;
    readonly releases: string;
    readonly bytecodeVersion: number;
  }[];
  readonly dispatch: (Dispatch & { readonly name: string | null; readonly nextMostTargets: number }) | null;
  /** Where there is no dispatch: the br_tables with the most distinct targets. */
  readonly branchTables: readonly TableFigures[];
  /** The serialized program, where it stands in the file. */
  readonly payload: { readonly offset: number; readonly bytes: number } | null;
  readonly programs: readonly {
    readonly origin: HeldProgram["origin"];
    /** Compiled without files, lines and columns. */
    readonly stripped: boolean;
    readonly functions: readonly FunctionFacts[];
  }[];
  /** `javy_source`: its size unpacked and in the file, and whether it is text. */
  readonly source: {
    readonly bytes: number;
    readonly lines: number;
    readonly stored: number;
    readonly text: boolean;
  } | null;
  /** Exports that can be called without arguments. */
  readonly entryPoints: readonly string[];
  /** Exports made for a WIT world, with the JavaScript function that each calls. */
  readonly witExports: readonly { readonly name: string; readonly function: string }[];
  readonly exports: readonly { readonly name: string; readonly kind: string }[];
  readonly imports: readonly {
    readonly module: string;
    readonly names: readonly { readonly name: string; readonly kind: string }[];
  }[];
  readonly start: { readonly function: number; readonly name: string | null } | null;
  readonly memories: readonly {
    readonly imported: boolean;
    readonly minPages: number;
    readonly maxPages: number | null;
    readonly shared: boolean;
    readonly is64: boolean;
  }[];
  readonly wasmFunctions: { readonly imported: number; readonly defined: number; readonly named: number };
  /** Largest first; bytes with their headers. */
  readonly sections: readonly { readonly name: string; readonly bytes: number }[];
  readonly problems: readonly Problem[];
}

/**
 * What there is to know of a program's module. @throws Diagnostic (unsupported) where its code is not well typed: that cannot
 * be looked into. What merely does not run on this Node.js can.
 */
export function inspectProgram(program: Program): ModuleFacts {
  const invalid = whyNotRunnable(program.module);
  named(program.name, () => {
    if (invalid && lacking(program.module).length === 0) throw invalid;
  });
  return factsOf(program);
}

/** The same, for code that may be anything. */
export function factsOf(program: Program): ModuleFacts {
  const { module, kind, programs } = program;
  const source = sourceFacts(module, kind);
  const names = functionNames(module);
  const { dispatch } = programs;
  const places = program.places();
  const own = kind.kind !== "dynamic";
  const tables = own || dispatch ? largestBranchTables(program.engine!.module, dispatch ? 2 : 5) : [];
  const engineNames = program.engine?.names ?? new Map<number, string>();
  return {
    kind: kindOf(kind, dispatch !== null, source !== null),
    madeBy: dispatch === null && own ? (madeBy(module)?.what ?? null) : null,
    namespace: kind.kind === "plugin" || kind.kind === "dynamic" ? kind.namespace : null,
    abi: kind.kind === "plugin" ? kind.abi : null,
    quickjs: releasesOf(programs.engines),
    dispatch: dispatch && {
      ...dispatch,
      name: engineNames.get(dispatch.function) ?? null,
      nextMostTargets: tables.find(({ offset }) => offset !== dispatch.offset)?.targets ?? 0,
    },
    branchTables: dispatch ? [] : tables,
    payload: programs.payload,
    programs: programs.held.map((held) => ({
      origin: held.origin,
      stripped: held.unit.functions.some(lacksDebug),
      functions: functionFacts(held, places),
    })),
    source,
    entryPoints: entryPoints(module),
    witExports: witExports(module, kind),
    exports: module.exports.map(({ name, kind: what }) => ({ name, kind: what })),
    imports: importFacts(module),
    start: module.start === null ? null : { function: module.start, name: names.get(module.start) ?? null },
    memories: memoryFacts(module),
    wasmFunctions: {
      imported: module.importedFunctions,
      defined: module.bodies.length,
      named: names.size,
    },
    sections: sectionFacts(module),
    problems: source?.text === false ? [...programs.problems, damagedSource] : programs.problems,
  };
}

/** A segment may look like bytecode in any module: with no engine and no source, it is none. */
function kindOf({ kind }: JavyModule, hasEngine: boolean, hasSource: boolean): ModuleFacts["kind"] {
  if (kind === "static" && !hasEngine && !hasSource) return "other";
  return kind === "other" && hasEngine ? "quickjs" : kind;
}

/** Each once: builds of one release differ in what their memory looks like only. */
function releasesOf(engines: readonly EngineVersion[]): ModuleFacts["quickjs"] {
  const facts = engines.map(({ engine, releases, version }) => ({
    engine,
    releases,
    bytecodeVersion: version,
  }));
  const same = (a: (typeof facts)[number], b: (typeof facts)[number]) =>
    a.engine === b.engine && a.releases === b.releases && a.bytecodeVersion === b.bytecodeVersion;
  return facts.filter((one, i) => facts.findIndex((other) => same(one, other)) === i);
}

function functionFacts({ unit }: HeldProgram, places: Places): FunctionFacts[] {
  const { lines } = engineById(unit.engine);
  const names = displayNames(unit, places);
  return unit.functions.map((fn, i) => {
    const { own } = new FunctionPlaces(unit, fn, startOf(fn, lines), places);
    return {
      name: names[i]!,
      ...(own ?? { file: null, line: null, column: null }),
      bytes: fn.code.length,
    };
  });
}

function sourceFacts(module: Module, kind: JavyModule): ModuleFacts["source"] {
  const source = kind.kind === "dynamic" || kind.kind === "static" ? kind.source : null;
  if (source === null) return null;
  return {
    bytes: Buffer.byteLength(source),
    lines: source.split("\n").length - (source.endsWith("\n") ? 1 : 0),
    stored: customSection(module, "javy_source")?.bytes.length ?? 0,
    text: !/[\0\ufffd]/.test(source),
  };
}

const damagedSource: Problem = {
  part: "source",
  error: unsupported("what javy_source holds is neither compressed nor plain text"),
};

/** `do-it` of a WIT world calls the JavaScript function `doIt`, whose name is a passive segment of its own. */
function witExports(module: Module, { kind }: JavyModule): ModuleFacts["witExports"] {
  if (kind !== "dynamic" && kind !== "static") return [];
  const segments = new Set(
    module.data
      .filter(({ mode, bytes }) => mode === "passive" && bytes.end - bytes.start < 1000)
      .map(({ bytes }) => decodeText(module.bytes.subarray(bytes.start, bytes.end))),
  );
  return entryPoints(module).flatMap((name) => {
    const called = [functionOf(name), name].find((candidate) => segments.has(candidate));
    return called === undefined ? [] : [{ name, function: called }];
  });
}

function importFacts(module: Module): ModuleFacts["imports"] {
  const modules = [...new Set(module.imports.map((entry) => entry.module))];
  return modules.map((from) => ({
    module: from,
    names: module.imports
      .filter((entry) => entry.module === from)
      .map(({ name, description }) => ({ name, kind: description.kind })),
  }));
}

function memoryFacts(module: Module): ModuleFacts["memories"] {
  const imported = module.imports.filter(({ description }) => description.kind === "memory").length;
  return module.memories.map(({ min, max, shared, is64 }: Limits, i) => ({
    imported: i < imported,
    minPages: Number(min),
    maxPages: max === null ? null : Number(max),
    shared,
    is64,
  }));
}

function sectionFacts(module: Module): ModuleFacts["sections"] {
  return module.sections
    .map(({ id, name, start, end }) => ({
      name: id === SectionId.custom ? `custom ${name}` : sectionName(id),
      bytes: end - start,
    }))
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

function sectionName(id: number): string {
  return Object.entries(SectionId).find(([, value]) => value === id)?.[0] ?? `section ${id}`;
}
