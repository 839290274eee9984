/**
 * What a check keeps of a run: its total, and its functions with their lines, opcodes beside them. Smaller than a result, and
 * all that a snapshot can hold, so that runs, results and snapshots compare with one another. The functions' own fuel
 * adds up to the total.
 */
import { compareText } from "../base/compare-text.ts";
import { internalError } from "../base/diagnostics.ts";
import { addFuel } from "../base/fuel.ts";
import { outerPhases, phaseName, phaseOf } from "../result/phases.ts";
import type { FunctionKind, LimitedAmount, Result } from "../result/result.ts";
import { type Toolchain, toolchainOf } from "./toolchain.ts";

export interface Measured {
  readonly toolchain: Toolchain;
  readonly total: number;
  /** Fuel before the first function of the program. */
  readonly startup: number;
  /** The fuel that the platform allows; null where no limit is known. */
  readonly limit: number | null;
  /** What was more than the platform allows. */
  readonly exceeded: readonly Exceeded[];
  /** JS opcodes that ran; null from a snapshot. */
  readonly dispatches: number | null;
  readonly functions: readonly MeasuredFunction[];
  /** Null from a snapshot. */
  readonly opcodes: readonly Counted[] | null;
  /**
   * Builtins and the engine's functions, where these have frames, with what they cost wherever they were called; null from a
   * snapshot. What JavaScript called of them is a part of its own fuel, too.
   */
  readonly natives: readonly Counted[] | null;
}

export interface Exceeded {
  readonly amount: LimitedAmount;
  /** In fuel or bytes. */
  readonly used: number;
  readonly atMost: number;
  /** Where the fuel's limit was passed; null for other amounts. Lines are 1-based. */
  readonly file: string | null;
  readonly line: number | null;
}

export interface MeasuredFunction {
  /** Its index in the result's functions; null from a snapshot. */
  readonly id: number | null;
  /** Without its place: `(anonymous)`, `(module)`. */
  readonly name: string;
  readonly kind: FunctionKind;
  readonly file: string | null;
  /** 1-based; null from a snapshot, too, which keeps the order of functions and not their places. */
  readonly line: number | null;
  readonly column: number | null;
  readonly calls: number;
  readonly self: number;
  /** Fuel of it and all it called; null from a snapshot. */
  readonly total: number | null;
  /** The most that a call cost itself; null where none completed, and from a snapshot. */
  readonly perCall: number | null;
  /** In the order of the source. */
  readonly lines: readonly MeasuredLine[];
  /** The offsets of the opcodes that ran, which tell code of another name; null where there are few, and from a snapshot. */
  readonly code: string | null;
}

export interface MeasuredLine {
  /** Null from a snapshot, as is the line. */
  readonly file: string | null;
  /** 1-based. */
  readonly line: number | null;
  readonly self: number;
}

/** What has a name, a count and a cost: an opcode, or a native function. */
export interface Counted {
  readonly name: string;
  readonly count: number;
  readonly fuel: number;
}

/** Opcodes that a function must have run to be known by them. */
const leastCode = 8;

/** What is kept of a result. `ignore`: files whose functions become one row a file. */
export function measure(result: Result, ignore: (file: string) => boolean = () => false): Measured {
  const { opcodes, phases, fuel, toolchain } = result;
  const rows = measuredFunctions(result).filter(({ self, calls }) => self > 0 || calls > 0);
  const measured: Measured = {
    ...{ toolchain: toolchainOf(toolchain), total: fuel.total, startup: phases.startup },
    ...{ limit: result.limits?.fuel ?? null, exceeded: exceededOf(result), dispatches: fuel.dispatches },
    functions: gathered(withPhases(rows, result), ignore).sort(inOrder),
    opcodes: opcodes.map(({ name, count, fuel }) => ({ name, count, fuel })),
    natives: rows.filter(isNative).map(({ name, calls, self }) => ({ name, count: calls, fuel: self })),
  };
  checkSum("the run", measured);
  return measured;
}

/** Every function of a result, natives too, in the result's order. */
export function measuredFunctions({ functions, files, pcs }: Result): MeasuredFunction[] {
  const lines = new Map<number, Map<string, MeasuredLine>>();
  const code = new Map<number, number[]>();
  for (const pc of pcs) {
    const offsets = code.get(pc.function);
    if (offsets) offsets.push(pc.offset);
    else code.set(pc.function, [pc.offset]);
    if (pc.file === null || pc.line === null) continue;
    const own = lines.get(pc.function) ?? new Map<string, MeasuredLine>();
    const key = `${pc.file}:${pc.line}`;
    const self = addFuel(own.get(key)?.self ?? 0, pc.fuel);
    lines.set(pc.function, own.set(key, { file: files[pc.file]!, line: pc.line, self }));
  }
  return functions.map((row): MeasuredFunction => {
    const offsets = code.get(row.id) ?? [];
    return {
      ...{ id: row.id, name: bareName(row.name), kind: row.kind, calls: row.calls, self: row.self },
      ...{ line: row.line, column: row.column, total: row.total, perCall: row.max },
      file: row.file === null ? null : files[row.file]!,
      lines: [...(lines.get(row.id)?.values() ?? [])].sort(byPlace),
      code: row.kind === "js" && offsets.length >= leastCode ? offsets.join(" ") : null,
    };
  });
}

const isNative = ({ kind }: MeasuredFunction): boolean => kind === "builtin" || kind === "engine";

/**
 * Functions whose own fuel adds up to the total, the same ones whatever frames the result has: of a program with an engine its
 * JavaScript, which has in its own fuel the natives that it called, and the phases outside of it; else all there are.
 */
function withPhases(rows: readonly MeasuredFunction[], { phases, toolchain }: Result): MeasuredFunction[] {
  if (toolchain.quickjs === null) return [...rows];
  const outside = outerPhases.filter((phase) => phases[phase] > 0);
  const rest = { file: null, line: null, column: null, perCall: null, lines: [], code: null } as const;
  return [
    ...rows.filter(({ kind }) => kind === "js"),
    ...outside.map((phase): MeasuredFunction => {
      const row = rows.find((one) => phaseOf(one) === phase);
      const [self, id] = [phases[phase], row?.id ?? null];
      return { id, name: phaseName(phase), kind: "phase", calls: 0, self, total: self, ...rest };
    }),
  ];
}

/** @throws Diagnostic (internal) unless the functions' own fuel adds up to the total. */
export function checkSum(what: string, { total, functions }: Measured): void {
  const sum = functions.reduce((all, { self }) => addFuel(all, self), 0);
  if (sum !== total) throw internalError(`the functions of ${what} add up to ${sum}, not to ${total}`);
}

/** `(anonymous app.js:3:9)` moves with each line above it. */
function bareName(name: string): string {
  return name.replace(/^\((anonymous|module) .*\)$/s, "($1)");
}

function exceededOf({ limits, files }: Result): Exceeded[] {
  if (!limits) return [];
  const [top] = limits.passed ?? [];
  return limits.exceeded.map((amount) => {
    const isFuel = amount === "fuel" && top !== undefined && top.file !== null;
    const place = { file: isFuel ? files[top.file!]! : null, line: isFuel ? top.line : null };
    return { amount, used: limits.used[amount], atMost: limits[amount]!, ...place };
  });
}

/** The functions of ignored files as one row a file. Their calls have no sum that means something. */
function gathered(
  functions: readonly MeasuredFunction[],
  ignore: (file: string) => boolean,
): MeasuredFunction[] {
  const kept: MeasuredFunction[] = [];
  const rows = new Map<string, MeasuredFunction>();
  for (const fn of functions) {
    if (fn.file === null || !ignore(fn.file)) {
      kept.push(fn);
      continue;
    }
    const { file, kind } = fn;
    const self = addFuel(rows.get(file)?.self ?? 0, fn.self);
    const rest = {
      id: null,
      name: "(ignored)",
      line: null,
      column: null,
      calls: 0,
      total: null,
      perCall: null,
    };
    rows.set(file, { ...rest, kind, file, self, lines: [], code: null });
  }
  return [...kept, ...rows.values()];
}

function byPlace(a: MeasuredLine, b: MeasuredLine): number {
  return compareText(a.file ?? "", b.file ?? "") || (a.line ?? 0) - (b.line ?? 0);
}

/** By file and name; functions of one name in the order of the source. The same everywhere, whatever the locale. */
export function inOrder(a: MeasuredFunction, b: MeasuredFunction): number {
  return (
    compareText(a.file ?? "", b.file ?? "") ||
    compareText(a.kind, b.kind) ||
    compareText(a.name, b.name) ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0)
  );
}
