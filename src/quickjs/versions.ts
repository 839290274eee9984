/**
 * What differs between engines, as data: one descriptor for each serialized form that is supported, found by
 * the first byte of a payload. The modules beside this one interpret descriptors and hold no version's facts.
 * Adding an engine is a generated table (scripts/opcodes.js), a generated layout (scripts/layouts.js) and an
 * entry in `versions`.
 */
import { unsupported } from "../base/diagnostics.ts";
import type { MemoryLayout } from "./layouts/layout.ts";
import { layoutNg26 } from "./layouts/ng26.ts";
import { ng26 } from "./opcodes/ng26.ts";
import { type EngineTable, type Opcode, opcodesOf } from "./opcodes/table.ts";

/** A bit field of a function's flags; a field named "" is skipped. */
export type FlagTuple = readonly [name: string, bits: number];

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
  /** Flag bits of a variable; one that is captured is followed by the number of its reference. */
  readonly variableFlags: readonly FlagTuple[];
  /** Flag bits of a captured variable. */
  readonly closureFlags: readonly FlagTuple[];
  /** A module's record says whether it awaits at its top level. */
  readonly topLevelAwait: boolean;
}

/** How a function's line table is coded (lines.ts). */
export interface LineFormat {
  /** A byte b > 0 advances the offset by (b-1) / range and the line by (b-1) % range + base. */
  readonly base: number;
  readonly range: number;
  /** Each entry has a column, in bytes of UTF-8. */
  readonly columns: boolean;
  /** On line 1 every column but the first is one less than elsewhere. */
  readonly firstLineShort: boolean;
}

/** One engine, as far as its programs and its memory are concerned. */
export interface EngineVersion {
  /** For messages and results: `quickjs-ng`. */
  readonly engine: string;
  /** First byte of a serialized program. */
  readonly version: number;
  readonly table: EngineTable;
  /** `table.opcodes` as objects, by code. */
  readonly opcodes: readonly Opcode[];
  readonly format: SerializedFormat;
  readonly memory: MemoryLayout;
  /** Opcodes that end an activation which is resumed later: the frame is kept. */
  readonly suspends: ReadonlySet<string>;
  readonly lines: LineFormat;
}

const quickjsNg26: EngineVersion = {
  engine: "quickjs-ng",
  version: ng26.version,
  table: ng26,
  opcodes: opcodesOf(ng26),
  format: {
    checksum: true,
    typedAtoms: true,
    functionFlags: [
      ["hasPrototype", 1],
      ["hasSimpleParameters", 1],
      ["isDerivedConstructor", 1],
      ["needsHomeObject", 1],
      ["kind", 2],
      ["newTargetAllowed", 1],
      ["superCallAllowed", 1],
      ["superAllowed", 1],
      ["argumentsAllowed", 1],
      ["backtraceBarrier", 1],
      ["hasDebug", 1],
    ],
    functionCounts: [
      "arguments",
      "variables",
      "definedArguments",
      "stack",
      "variableReferences",
      "closure",
      "constants",
      "code",
    ],
    variableFlags: [
      ["kind", 4],
      ["isConst", 1],
      ["isLexical", 1],
      ["isCaptured", 1],
    ],
    closureFlags: [
      ["type", 3],
      ["isConst", 1],
      ["isLexical", 1],
      ["kind", 4],
    ],
    topLevelAwait: true,
  },
  memory: layoutNg26,
  suspends: new Set(["initial_yield", "yield", "yield_star", "async_yield_star", "await"]),
  lines: {
    base: -1,
    range: 5,
    columns: true,
    firstLineShort: true,
  },
};

/** The supported engines. */
export const versions: readonly EngineVersion[] = [quickjsNg26];

/** The engine whose programs begin with byte `version`; refuses any other by name. */
export function engineVersion(version: number): EngineVersion {
  const found = versions.find((candidate) => candidate.version === version);
  if (found !== undefined) return found;
  const supported = versions.map((candidate) => `${candidate.engine} (version ${candidate.version})`);
  throw unsupported(
    `unsupported QuickJS bytecode version ${version}`,
    `supported: ${supported.join(", ")}`,
    "compile the program with a current Javy, or pass the matching --plugin",
  );
}
