/**
 * Cost models: what an executed instruction costs, as data. Five have been measured on wasmtime itself (versions 20
 * to 50, every instruction: test/fuel/instructions.json), by the version in which they appeared. Common to them: 0 for
 * nop, drop, block, loop, unreachable, return, else and end, 1 for every other instruction, 1 for entering a
 * function, nothing for code that cannot be reached. A JSON cost table makes any other. What a version charges by no
 * rule that could be followed is named in its model too (uncounted.ts finds it).
 */
import { usageError } from "../base/diagnostics.ts";
import { findRow, opcodes, rowNamed } from "../wasm/opcodes.ts";
import { defaultModelName, newestMeasured, oldestMeasured } from "./measured.ts";

export interface CostModel {
  readonly name: string;
  /** Fuel of entering a function. */
  readonly entry: number;
  /** Fuel of an instruction, by its row in wasm/opcodes. */
  readonly cost: Uint32Array;
  /** Further fuel per byte, element or page that an instruction works on (its topmost operand), by row. */
  readonly perUnit: Uint32Array;
  /**
   * memory.grow and table.grow cost no units where they fail, except by a constant of at most this, which wasmtime
   * charges when it compiles. Null: they cost their units even so.
   */
  readonly freeFailure: number | null;
  /** What wasmtime charges otherwise than by this model, by the instruction that shows it. */
  readonly uncounted: ReadonlyMap<number, UncountedCode>;
  /** How instantiation is charged (instantiation.ts); null: not at all, but for the start function's own code. */
  readonly startup: StartupRule | null;
}

/** Why a module's fuel under a model may be another than wasmtime's. */
export type UncountedCode =
  /** What the callee of a call_ref consumes is forgotten when it returns. */
  | "call-ref"
  /** What a callee consumes is forgotten where an exception is caught that it let out. */
  | "caught-exception"
  /** An array's elements cost what happens to be unsaved when they are written. */
  | "array-unsaved"
  /** An array's elements cost 1 each, or 1 for each of their bytes, depending on their values and types. */
  | "array-bytes"
  /** A table.grow that fails loses what is unsaved. */
  | "failed-table-grow"
  /** A 64-bit table.grow that fails costs all that it asked for. */
  | "huge-table-grow"
  /** Growing by a small constant, which is charged when compiling: known to wasmtime, through a local or a block. */
  | "constant-grow"
  /** The length of an array in an initialiser is an imported global. */
  | "imported-length"
  /** wasmtime does not have the legacy exceptions. */
  | "legacy-exceptions";

/** What differs between versions that charge for instantiation. */
export interface StartupRule {
  /** Whether what is pending at the end of it counts. */
  readonly endCounts: boolean;
  /** Working on more elements of a table or an array than this saves what is pending. */
  readonly savedAbove: number;
  /** Whether copying elements costs units, and whether these come before the elements' expressions: many of them, or few. */
  readonly elements: "no units" | "units first" | "many last";
}

const words = (names: string) => names.split(" ");
const free = words("nop drop block loop unreachable return else end");
/** The legacy exceptions' delimiters, which wasmtime does not have, are as free as else and end. */
const legacyDelimiters = words("catch catch_all delegate");
const bulkOperations = words(
  "memory.copy memory.fill memory.init table.copy table.fill table.init table.grow",
);
const filledArrays = words("array.new array.new_default array.fill");
const arrayOperations = [
  ...filledArrays,
  ...words("array.new_data array.new_elem array.copy array.init_data array.init_elem"),
];
/** Instructions whose work grows with their topmost operand. */
const sized = [...bulkOperations, "memory.grow", ...arrayOperations];

interface Generation {
  /** First wasmtime version. */
  readonly since: number;
  /** Instructions that cost 1 more per byte, element or page. */
  readonly units: readonly string[];
  readonly freeFailure: number | null;
  readonly uncounted: Readonly<Partial<Record<UncountedCode, readonly string[]>>>;
}

const legacy = { "legacy-exceptions": words("try catch catch_all delegate rethrow") };
/** Calls after which wasmtime, up to 49, goes on with its own count instead of the callee's. */
const forgotten = { ...legacy, "call-ref": ["call_ref"], "caught-exception": ["try_table"] };
const grows = { "constant-grow": words("memory.grow table.grow") };

/** Newest first. */
const generations: readonly Generation[] = [
  { since: 50, units: sized, freeFailure: 128, uncounted: { ...legacy, ...grows } },
  { since: 49, units: sized, freeFailure: 128, uncounted: { ...forgotten, ...grows } },
  {
    since: 48,
    units: [...bulkOperations, ...arrayOperations],
    freeFailure: null,
    uncounted: { ...forgotten, "huge-table-grow": ["table.grow"] },
  },
  {
    since: 46,
    units: [...bulkOperations, ...arrayOperations],
    freeFailure: null,
    uncounted: { ...forgotten, "failed-table-grow": ["table.grow"], "array-bytes": arrayOperations },
  },
  { since: 0, units: [], freeFailure: null, uncounted: { ...forgotten, "array-unsaved": filledArrays } },
];

function modelOf(name: string, major: number): CostModel {
  const { units, freeFailure, uncounted } = generations.find(({ since }) => major >= since)!;
  const startup = startups.find(({ since }) => major >= since)!.rule;
  const cost = new Uint32Array(opcodes.length).fill(1);
  const perUnit = new Uint32Array(opcodes.length);
  for (const one of [...free, ...legacyDelimiters]) cost[rowNamed(one)] = 0;
  for (const one of units) perUnit[rowNamed(one)] = 1;
  const rows = Object.entries(uncounted).flatMap(([code, names]) =>
    names.map((one) => [rowNamed(one), code as UncountedCode] as const),
  );
  return { name, entry: 1, cost, perUnit, freeFailure, uncounted: new Map(rows), startup };
}

/** How instantiation is charged, by the first version; newest first. */
const startups: readonly { readonly since: number; readonly rule: StartupRule | null }[] = [
  { since: 50, rule: { endCounts: true, savedAbove: 128, elements: "many last" } },
  { since: 49, rule: { endCounts: false, savedAbove: 128, elements: "many last" } },
  { since: 48, rule: { endCounts: false, savedAbove: 128, elements: "units first" } },
  { since: 46, rule: { endCounts: false, savedAbove: -1, elements: "no units" } },
  { since: 0, rule: null },
];

/**
 * The model named `wasmtime-<major>`, for any major; a version newer than the newest measured gets the newest model.
 * @throws Diagnostic (usage) on another name.
 */
export function modelNamed(name: string): CostModel {
  const match = /^wasmtime-(\d{1,6})$/.exec(name);
  if (!match) {
    throw usageError(
      `unknown fuel model "${name}"`,
      `supported: wasmtime-<major version> (default ${defaultModelName}), or the path of a JSON cost table`,
    );
  }
  return modelOf(name, Number(match[1]));
}

/** True where the model is an assumption: its wasmtime is newer than what was measured. */
export function isAssumed(name: string): boolean {
  const major = /^wasmtime-(\d+)$/.exec(name)?.[1];
  return major !== undefined && (Number(major) > newestMeasured || Number(major) < oldestMeasured);
}

/** A cost table as a user writes it. Every key is optional; what is not named costs as in `base`. */
interface CostTable {
  readonly name?: unknown;
  readonly base?: unknown;
  readonly entry?: unknown;
  readonly cost?: unknown;
  readonly perUnit?: unknown;
}

/**
 * Reads a JSON cost table:
 * `{"name": "mine", "base": "wasmtime-50", "entry": 1, "cost": {"call": 5}, "perUnit": {"memory.copy": 2}}`.
 * @throws Diagnostic (usage) on anything unknown, so that a typing error is not a silent zero.
 */
export function modelFromTable(text: string, file: string): CostModel {
  let table: CostTable;
  try {
    table = JSON.parse(text) as CostTable;
  } catch (error) {
    throw usageError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (table === null || typeof table !== "object" || Array.isArray(table))
    throw usageError(`${file} is not a JSON cost table`, shape);
  const unknown = Object.keys(table).filter(
    (key) => !["name", "base", "entry", "cost", "perUnit"].includes(key),
  );
  if (unknown.length > 0) throw usageError(`${file}: unknown key "${unknown[0]}"`, shape);
  if (table.name !== undefined && typeof table.name !== "string")
    throw usageError(`${file}: "name" is not a string`, shape);
  const base = modelNamed(table.base === undefined ? defaultModelName : String(table.base));
  const cost = base.cost.slice();
  const perUnit = base.perUnit.slice();
  fill(cost, table.cost, file, "cost", () => true);
  fill(perUnit, table.perUnit, file, "perUnit", (name) => sized.includes(name));
  return {
    name: table.name ?? file,
    entry: table.entry === undefined ? base.entry : amount(table.entry, file, "entry"),
    cost,
    perUnit,
    freeFailure: base.freeFailure,
    uncounted: base.uncounted,
    startup: base.startup,
  };
}

const shape =
  'a cost table looks like {"name": "mine", "base": "wasmtime-50", "entry": 1, "cost": {"call": 5}, "perUnit": {"memory.copy": 2}}';

function fill(
  into: Uint32Array,
  costs: unknown,
  file: string,
  key: string,
  allowed: (name: string) => boolean,
): void {
  if (costs === undefined) return;
  if (costs === null || typeof costs !== "object" || Array.isArray(costs))
    throw usageError(`${file}: "${key}" is not an object`, shape);
  for (const [name, value] of Object.entries(costs)) {
    const row = findRow(name);
    if (row === undefined) throw usageError(`${file}: "${key}" names an unknown instruction: ${name}`);
    if (!allowed(name))
      throw usageError(
        `${file}: ${name} has no size to charge for`,
        `instructions with one: ${sized.join(", ")}`,
      );
    into[row] = amount(value, file, `${key}.${name}`);
  }
}

function amount(value: unknown, file: string, where: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 1_000_000) {
    throw usageError(
      `${file}: ${where} is ${JSON.stringify(value)}; a cost is an integer from 0 to 1,000,000`,
    );
  }
  return value;
}

/** What tells two models apart, whatever they are called: equal for equal costs. */
export function costKey({ name, entry, cost, perUnit, uncounted, ...rest }: CostModel): string {
  return JSON.stringify([name, entry, [...cost], [...perUnit], [...uncounted], rest]);
}
