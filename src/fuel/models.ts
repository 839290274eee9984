/**
 * Cost models: what an executed instruction costs, as data. Three have been measured on wasmtime itself
 * (versions 20 to 50; see test/fuel/cases.json), by the version in which they appeared. Common to the three: 0 for
 * nop, drop, block, loop, unreachable, return, else and end, 1 for every other instruction, 1 for entering a
 * function, nothing for code that cannot be reached. A JSON cost table makes any other.
 */
import { usageError } from "../base/diagnostics.ts";
import { findRow, opcodes } from "../wasm/opcodes.ts";

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
  /** How instantiation is charged (instantiation.ts); null: not at all, but for the start function's own code. */
  readonly startup: StartupRule | null;
}

/** What differs between versions that charge for instantiation. */
export interface StartupRule {
  /** Whether what is pending at the end of it counts. */
  readonly endCounts: boolean;
  /** Working on more elements of a table than this saves what is pending. */
  readonly tablesSavedAbove: number;
  /** Whether copying elements costs units, and whether these come before the elements' expressions. */
  readonly elements: "no units" | "units first" | "units last";
}

const free = ["nop", "drop", "block", "loop", "unreachable", "return", "else", "end"];
/** The legacy exceptions' delimiters, which wasmtime does not have, are as free as else and end. */
const legacyDelimiters = ["catch", "catch_all", "delegate"];
const bulkOperations = [
  "memory.copy",
  "memory.fill",
  "memory.init",
  "table.copy",
  "table.fill",
  "table.init",
  "table.grow",
];
/** Instructions whose work grows with their topmost operand. */
const sized = [...bulkOperations, "memory.grow"];

function model(
  name: string,
  units: readonly string[],
  freeFailure: number | null,
): Omit<CostModel, "startup"> {
  const cost = new Uint32Array(opcodes.length).fill(1);
  const perUnit = new Uint32Array(opcodes.length);
  opcodes.forEach((op, row) => {
    if (free.includes(op.name) || legacyDelimiters.includes(op.name)) cost[row] = 0;
    if (units.includes(op.name)) perUnit[row] = 1;
  });
  return { name, entry: 1, cost, perUnit, freeFailure };
}

/** Bulk operations cost 1, whatever their size. */
const flat = (name: string) => model(name, [], null);
/** Bulk operations cost 1 more per byte or element. */
const bulk = (name: string) => model(name, bulkOperations, null);
/** And memory.grow 1 more per page asked for; what fails to grow costs none. */
const grow = (name: string) => model(name, sized, 128);

/** First wasmtime version of each model, newest first. */
const generations = [
  { since: 49, make: grow },
  { since: 46, make: bulk },
  { since: 0, make: flat },
] as const;

/** The same for instantiation. */
const startups: readonly { readonly since: number; readonly rule: StartupRule | null }[] = [
  { since: 50, rule: { endCounts: true, tablesSavedAbove: 128, elements: "units last" } },
  { since: 49, rule: { endCounts: false, tablesSavedAbove: 128, elements: "units last" } },
  { since: 48, rule: { endCounts: false, tablesSavedAbove: 128, elements: "units first" } },
  { since: 46, rule: { endCounts: false, tablesSavedAbove: -1, elements: "no units" } },
  { since: 0, rule: null },
];

/** The newest wasmtime whose fuel has been measured. */
export const newestMeasured = 50;
export const oldestMeasured = 20;
export const defaultModelName = `wasmtime-${newestMeasured}`;

/**
 * The model named `wasmtime-<major>`, for any major; a version newer than the newest measured gets the newest model.
 * @throws Diagnostic (exit 2) on another name.
 */
export function modelNamed(name: string): CostModel {
  const match = /^wasmtime-(\d{1,6})$/.exec(name);
  if (!match) {
    throw usageError(
      `unknown fuel model "${name}"`,
      `supported: wasmtime-<major version> (default ${defaultModelName}), or the path of a JSON cost table`,
    );
  }
  const major = Number(match[1]);
  const startup = startups.find(({ since }) => major >= since)!.rule;
  return { ...generations.find(({ since }) => major >= since)!.make(name), startup };
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
 * @throws Diagnostic (exit 2) on anything unknown, so that a typing error is not a silent zero.
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
