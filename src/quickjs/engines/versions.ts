/**
 * What differs between engines, as data: one descriptor for each engine that is supported. The modules beside this
 * one interpret descriptors and hold no version's facts. Adding an engine is a generated table (scripts/opcodes.js),
 * a generated layout (scripts/layouts.js) and an entry in `versions`.
 *
 * The first byte of a serialized program does not always tell the engine: Bellard's 2020 to 2023 share it, and
 * quickjs-ng changed opcodes without changing it. identify.ts tells them apart by the module itself.
 * Sources: JS_WriteFunctionTag, JS_WriteObjectAtoms and compute_pc2line_info of each quickjs.c.
 */
import { unsupported } from "../../base/diagnostics.ts";
import { Kept } from "../../base/kept.ts";
import { layoutBellard2020 } from "./layouts/bellard2020.ts";
import { layoutBellard2020bignum } from "./layouts/bellard2020bignum.ts";
import { layoutBellard2021 } from "./layouts/bellard2021.ts";
import { layoutBellard2021bignum } from "./layouts/bellard2021bignum.ts";
import { layoutBellard2023 } from "./layouts/bellard2023.ts";
import { layoutBellard2024bignum } from "./layouts/bellard2024bignum.ts";
import { layoutBellard2025 } from "./layouts/bellard2025.ts";
import { layoutBellard2025dumps } from "./layouts/bellard2025dumps.ts";
import type { MemoryLayout } from "./layouts/layout.ts";
import { layoutNg19 } from "./layouts/ng19.ts";
import { layoutNg19dumps } from "./layouts/ng19dumps.ts";
import { layoutNg21 } from "./layouts/ng21.ts";
import { layoutNg21dumps } from "./layouts/ng21dumps.ts";
import { layoutNg23 } from "./layouts/ng23.ts";
import { layoutNg23dumps } from "./layouts/ng23dumps.ts";
import { layoutNg26 } from "./layouts/ng26.ts";
import { layoutNg26dumps } from "./layouts/ng26dumps.ts";
import { layoutNg28 } from "./layouts/ng28.ts";
import { layoutNg28dumps } from "./layouts/ng28dumps.ts";
import { bellard2021 } from "./opcodes/bellard2021.ts";
import { bellard2021bignum } from "./opcodes/bellard2021bignum.ts";
import { bellard2023 } from "./opcodes/bellard2023.ts";
import { bellard2024bignum } from "./opcodes/bellard2024bignum.ts";
import { bellard2025 } from "./opcodes/bellard2025.ts";
import { ng19 } from "./opcodes/ng19.ts";
import { ng19early } from "./opcodes/ng19early.ts";
import { ng21 } from "./opcodes/ng21.ts";
import { ng23 } from "./opcodes/ng23.ts";
import { ng26 } from "./opcodes/ng26.ts";
import { ng28 } from "./opcodes/ng28.ts";
import { type EngineTable, type Opcode, opcodesOf } from "./opcodes/table.ts";

/** A bit field of a function's flags; a field named "" is skipped. */
export type FlagTuple = readonly [name: string, bits: number];

/** Where a part of a function's debug information stands: numbers as LEB128, tables and source behind their length. */
export type DebugPart = "file" | "line" | "column" | "lineTable" | "columnTable" | "source" | "positions";

/** How a program is serialized. */
export interface SerializedFormat {
  /** A 32-bit checksum of all that follows it stands after the version byte. */
  readonly checksum: boolean;
  /** An entry of the atom table begins with its kind; 0 stands for a predefined atom given by number. */
  readonly typedAtoms: boolean;
  /** A function's 16 flag bits, from bit 0. */
  readonly functionFlags: readonly FlagTuple[];
  /** The LEB128 numbers after a function's name, in order. */
  readonly functionCounts: readonly string[];
  /** Flag bits of a variable; one that is captured is followed by the number of its reference, where there are any. */
  readonly variableFlags: readonly FlagTuple[];
  readonly variableReferences: boolean;
  /** Flag bits of a captured variable: where it comes from is `type`, or `isLocal` and `isArgument`. */
  readonly closureFlags: readonly FlagTuple[];
  /** The constant pool stands before the code, or after the debug information. */
  readonly constants: "before code" | "last";
  readonly debug: readonly DebugPart[];
  /** A module's record says whether it awaits at its top level. */
  readonly topLevelAwait: boolean;
  /** Big numbers are a length and bytes, or libbf's sign with exponent and mantissa. */
  readonly bigNumbers: "bytes" | "libbf";
}

/** How a function's line table is coded (lines.ts). */
export interface LineFormat {
  /** A byte b > 0 advances the offset by (b-1) / range and the line by (b-1) % range + base. */
  readonly base: number;
  readonly range: number;
  /** Each entry has a column, in bytes of UTF-8; or columns stand in a table of their own; or there are none. */
  readonly columns: "with lines" | "apart" | "none";
  /** What the engine calls the first column. */
  readonly firstColumn: 0 | 1;
  /** On line 1 every column but the first is one less than elsewhere. */
  readonly firstLineShort: boolean;
  /** The table begins with the function's own line and column, both 0-based LEB128s. */
  readonly beginsWithPosition: boolean;
}

/** One engine, as far as its programs and its memory are concerned. */
export interface EngineVersion {
  /** Its name here: `ng26`, `bellard2021bignum`. */
  readonly id: string;
  /** For messages and results: `quickjs-ng`. */
  readonly engine: string;
  /** Which of its releases, for messages. */
  readonly releases: string;
  /** First byte of a serialized program. */
  readonly version: number;
  readonly table: EngineTable;
  /** `table.opcodes` as objects, by code. */
  readonly opcodes: readonly Opcode[];
  readonly format: SerializedFormat;
  readonly memory: MemoryLayout;
  /** Opcodes that end an activation which is resumed later: the frame is kept. */
  readonly suspends: ReadonlySet<string>;
  /** Opcodes that the engine writes over others in memory (inline caches), with what stood there. */
  readonly caches: ReadonlyMap<string, string>;
  readonly lines: LineFormat;
}

const suspends = new Set(["initial_yield", "yield", "yield_star", "async_yield_star", "await"]);

/** The flags of a function up to the debug bit. */
const commonFlags: readonly FlagTuple[] = [
  ["hasPrototype", 1],
  ["hasSimpleParameters", 1],
  ["isDerivedConstructor", 1],
  ["needsHomeObject", 1],
  ["kind", 2],
  ["newTargetAllowed", 1],
  ["superCallAllowed", 1],
  ["superAllowed", 1],
  ["argumentsAllowed", 1],
];

const bellardFormat: SerializedFormat = {
  checksum: false,
  typedAtoms: false,
  functionFlags: [...commonFlags, ["hasDebug", 1], ["backtraceBarrier", 1]],
  functionCounts: ["arguments", "variables", "definedArguments", "stack", "closure", "constants", "code"],
  variableFlags: [
    ["kind", 4],
    ["isConst", 1],
    ["isLexical", 1],
    ["isCaptured", 1],
  ],
  variableReferences: false,
  closureFlags: [
    ["isLocal", 1],
    ["isArgument", 1],
    ["isConst", 1],
    ["isLexical", 1],
    ["kind", 4],
  ],
  constants: "last",
  debug: ["file", "line", "lineTable"],
  topLevelAwait: false,
  bigNumbers: "libbf",
};

const bellardLines: LineFormat = {
  base: -1,
  range: 5,
  columns: "none",
  firstColumn: 1,
  firstLineShort: false,
  beginsWithPosition: false,
};

/** quickjs-ng 19 and 21. */
const ngFormat: SerializedFormat = {
  ...bellardFormat,
  typedAtoms: true,
  functionFlags: [...commonFlags, ["backtraceBarrier", 1], ["hasDebug", 1]],
  constants: "before code",
  debug: ["file", "line", "column", "lineTable", "source"],
  topLevelAwait: true,
  bigNumbers: "bytes",
};

/** quickjs-ng 26 and 28. */
const ng26Format: SerializedFormat = {
  ...ngFormat,
  checksum: true,
  functionCounts: [
    ...["arguments", "variables", "definedArguments", "stack"],
    ...["variableReferences", "closure", "constants", "code"],
  ],
  variableReferences: true,
  closureFlags: [
    ["type", 3],
    ["isConst", 1],
    ["isLexical", 1],
    ["kind", 4],
  ],
};

const ngLines: LineFormat = {
  base: -1,
  range: 5,
  columns: "with lines",
  firstColumn: 1,
  firstLineShort: true,
  beginsWithPosition: false,
};

const inlineCaches = new Map([
  ["get_field_ic", "get_field"],
  ["get_field2_ic", "get_field2"],
  ["put_field_ic", "put_field"],
]);

function engine(
  id: string,
  releases: string,
  table: EngineTable,
  memory: MemoryLayout,
  rest: Pick<EngineVersion, "engine" | "format" | "lines"> & Partial<EngineVersion>,
): EngineVersion {
  const { version } = table;
  const opcodes = new Kept(() => opcodesOf(table));
  return {
    ...{ id, releases, version, table, memory, suspends, caches: new Map() },
    // a run needs those of one engine or two
    get opcodes() {
      return opcodes.value;
    },
    ...rest,
  };
}

const bellard = { engine: "quickjs", format: bellardFormat, lines: bellardLines };
const ng = { engine: "quickjs-ng", format: ngFormat, lines: ngLines };
const newerNg = { ...ng, format: ng26Format };
const ng23Form = { ...ng, format: { ...ng26Format, checksum: false } };

/** Known from memory: no module with a serialized program of it has been seen. */
const bellard2025Form = {
  ...bellard,
  format: { ...bellardFormat, topLevelAwait: true, bigNumbers: "bytes" },
  lines: { ...bellardLines, columns: "with lines", beginsWithPosition: true },
} as const satisfies Partial<EngineVersion>;

/**
 * The supported engines. quickjs-ng that was compiled without NDEBUG (as by rquickjs 0.8 and 0.9) keeps lists of strings for
 * its dumps, which moves fields: a layout of its own. So has QuickJS 2020-11-08, whose runtime is shorter.
 */
export const versions: readonly EngineVersion[] = [
  ...[
    { id: "bellard2021", layout: layoutBellard2021 },
    { id: "bellard2020", layout: layoutBellard2020 },
  ].map(({ id, layout }) => engine(id, "2020-11-08 and 2021-03-27", bellard2021, layout, bellard)),
  ...[
    { id: "bellard2021bignum", layout: layoutBellard2021bignum },
    { id: "bellard2020bignum", layout: layoutBellard2020bignum },
  ].map(({ id, layout }) =>
    engine(id, "2020-11-08 to 2023-12-09 with big numbers", bellard2021bignum, layout, bellard),
  ),
  engine("bellard2023", "2023-12-09", bellard2023, layoutBellard2023, bellard),
  engine("bellard2024bignum", "2024-02-14 as rquickjs has it", bellard2024bignum, layoutBellard2024bignum, {
    ...bellard,
    format: {
      ...bellardFormat,
      functionFlags: [...bellardFormat.functionFlags, ["isEval", 1]],
      debug: ["file", "line", "lineTable", "column", "columnTable"],
      topLevelAwait: true,
    },
    lines: { ...bellardLines, columns: "apart", firstColumn: 0 },
  }),
  engine("bellard2025", "2025-09-13", bellard2025, layoutBellard2025, bellard2025Form),
  engine("bellard2025dumps", "2025-09-13", bellard2025, layoutBellard2025dumps, bellard2025Form),
  engine("ng19early", "0.7", ng19early, layoutNg19dumps, { ...ng, caches: inlineCaches }),
  engine("ng19", "0.8", ng19, layoutNg19, { ...ng, caches: inlineCaches }),
  engine("ng19dumps", "0.8", ng19, layoutNg19dumps, { ...ng, caches: inlineCaches }),
  engine("ng21", "0.10 and 0.11", ng21, layoutNg21, ng),
  engine("ng21dumps", "0.10 and 0.11", ng21, layoutNg21dumps, ng),
  engine("ng23", "0.12", ng23, layoutNg23, ng23Form),
  engine("ng23dumps", "0.12", ng23, layoutNg23dumps, ng23Form),
  engine("ng26", "0.15", ng26, layoutNg26, newerNg),
  engine("ng26dumps", "0.15", ng26, layoutNg26dumps, newerNg),
  engine("ng28", "0.16", ng28, layoutNg28, newerNg),
  engine("ng28dumps", "0.16", ng28, layoutNg28dumps, newerNg),
];

/**
 * For a QuickJS of no release that is known: opcodes are numbers, of one byte each as far as anybody can tell. Its
 * layout is never used.
 */
export const unknownEngine: EngineVersion = engine(
  "unknown",
  "of an unknown release",
  {
    version: 0,
    opcodes: Array.from({ length: 256 }, (_, code) => [`op#${code}`, 1, 0, 0, "none"] as const),
    ...{ formats: ["none"], atoms: [], firstPrivateAtom: 1, firstSymbolAtom: 1, tags: [] },
  },
  layoutBellard2021,
  { ...bellard, suspends: new Set() },
);

/** The same engine, for bytecode of the compiler of positions: they stand in the place of each function's source. */
export function withPositions(engine: EngineVersion): EngineVersion {
  const debug = engine.format.debug.map((part) => (part === "source" ? "positions" : part));
  return { ...engine, format: { ...engine.format, debug } };
}

/** The engine with this id. */
export function engineById(id: string): EngineVersion {
  if (id === unknownEngine.id) return unknownEngine;
  const found = versions.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no engine ${id}`);
  return found;
}

/** The engines whose programs begin with byte `version`; refuses an unknown one by name. */
export function enginesOfVersion(version: number): readonly EngineVersion[] {
  const found = versions.filter((candidate) => candidate.version === version);
  if (found.length > 0) return found;
  throw unsupported(
    `unsupported QuickJS bytecode version ${version}`,
    `supported: ${supportedVersions()}`,
    "compile the program with a Javy of one of these, or pass the matching --plugin",
  );
}

/** `quickjs 1, 2, 5, 67; quickjs-ng 19, 21, 23, 26, 28`, for messages. */
export function supportedVersions(): string {
  const names = [...new Set(versions.map(({ engine: name }) => name))];
  return names
    .map((name) => {
      const bytes = versions.filter((one) => one.engine === name).map((one) => one.version);
      return `${name} ${[...new Set(bytes)].sort((a, b) => a - b).join(", ")}`;
    })
    .join("; ");
}
