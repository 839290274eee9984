/**
 * What runs before the program: known strings are made in the order of their numbers, then maps, initial values that
 * take code, and statements, in the order of the script. In functions of limited size, which the last one calls.
 */
import { type ByteWriter, encodeText } from "../../base/bytes.ts";
import type { AddedFunction, AddedGlobal } from "../../probe/additions.ts";
import { emit } from "../../wasm/emit.ts";
import { F32, F64, I32, I64, type ValType } from "../../wasm/types.ts";
import { flatten, type MapType, type Value } from "../language-types.ts";
import type { Expr, Routine, Statement, Variable } from "../tree.ts";
import { visitStatements } from "../visit.ts";
import type { CodeWriter, Environment } from "./code.ts";
import { addedFunction, type Shared } from "./environment.ts";
import type { Cells } from "./state.ts";

/**
 * One thing to be done; `cells` are those of its place. `entries`: what is in a map from the start, by the text of the keys;
 * left out where that is nothing.
 */
export type Startup = {
  readonly cells: Cells;
} & (
  | { readonly map: Variable; readonly entries?: ReadonlyMap<string, Value> | undefined }
  | { readonly variable: Variable; readonly value: Expr }
  | { readonly statements: readonly Statement[] }
);

const perFunction = 1000;

/** The functions in the order of their numbers, the first of which is `first`; the last one is to be called. */
export function startupFunctions(
  shared: Shared,
  startup: readonly Startup[],
  first: number,
): AddedFunction[] {
  const functions = startup.map((one) => addedFunction(shared, [], [], one.cells, (code) => run(code, one)));
  return inOrder(functions, first);
}

/** The same for what makes strings, in the order of their numbers: once everything else that is written knows its own. */
export function stringFunctions(shared: Shared, strings: readonly string[], first: number): AddedFunction[] {
  const functions = inGroups(strings, perFunction).map((group) =>
    addedFunction(shared, [], [], new Map(), (_, env) => {
      for (const text of group) makeString(env, text);
    }),
  );
  return inOrder(functions, first);
}

/**
 * The functions that set the state back to what it was before the program ran: values, maps and what takes code to
 * make. Statements that call a library are not run again, since that keeps what it has, and so do variables that got their
 * value from one.
 */
export function resetFunctions(shared: Shared, startup: readonly Startup[], first: number): AddedFunction[] {
  const { globals } = shared.state;
  const lasting = new Set([...shared.state.lasting, ...startup.flatMap((one) => fromLibraries(shared, one))]);
  const functions: AddedFunction[] = [];
  for (let from = 0; from < globals.length; from += perFunction)
    functions.push({
      ...{ params: [], results: [] },
      write: (w, indices) => {
        for (const [n, global] of globals.slice(from, from + perFunction).entries()) {
          if (lasting.has(from + n)) continue;
          pushInitial(w, global);
          emit(w, "global.set", indices.global(from + n));
        }
      },
    });
  for (const one of startup) {
    const again =
      "statements" in one ? { ...one, statements: one.statements.filter((each) => !usesLibrary(each)) } : one;
    functions.push(addedFunction(shared, [], [], one.cells, (code) => run(code, again)));
  }
  return inOrder(functions, first);
}

/** Numbers of the globals of variables that statements set by what a library gives. */
function fromLibraries({ scriptCells }: Shared, one: Startup): number[] {
  if (!("statements" in one)) return [];
  return one.statements.flatMap((statement) => {
    if (statement.kind !== "assign" || statement.place.kind === "entry" || !usesLibrary(statement)) return [];
    const { variable } = statement.place;
    const first = one.cells.get(variable) ?? scriptCells.get(variable);
    return first === undefined ? [] : flatten(variable.type).map((_, n) => first + n);
  });
}

/** Whether a statement calls a library, or a function of the script that does. */
function usesLibrary(statement: Statement): boolean {
  const seen = new Set<Routine>();
  let uses = false;
  const look = (statements: readonly Statement[]) =>
    visitStatements(statements, (expr) => {
      if (expr.kind !== "call") return;
      const { callee } = expr;
      if (callee.kind === "library") uses = true;
      if (callee.kind !== "routine" || seen.has(callee.routine)) return;
      seen.add(callee.routine);
      look(callee.routine.body);
    });
  look([statement]);
  return uses;
}

const constants = new Map<ValType, string>([
  [I32, "i32.const"],
  [I64, "i64.const"],
  [F32, "f32.const"],
  [F64, "f64.const"],
]);

function pushInitial(w: ByteWriter, global: AddedGlobal): void {
  emit(w, constants.get(global.type)!, "initial" in global ? global.initial! : 0);
}

/** Functions, and one behind them that calls them in their order. */
function inOrder(functions: AddedFunction[], first: number): AddedFunction[] {
  if (functions.length === 0) return [];
  const numbers = functions.map((_, n) => first + n);
  const groups = inGroups(numbers, perFunction).map(caller);
  if (groups.length === 1) return [...functions, ...groups];
  const groupNumbers = groups.map((_, n) => first + functions.length + n);
  return [...functions, ...groups, caller(groupNumbers)];
}

/** One function that calls others by their numbers, in their order. */
export function caller(numbers: readonly number[]): AddedFunction {
  return {
    ...{ params: [], results: [] },
    write: (w, indices) => {
      for (const n of numbers) emit(w, "call", indices.function(n));
    },
  };
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  for (let from = 0; from < items.length; from += size) groups.push(items.slice(from, from + size));
  return groups;
}

function run(code: CodeWriter, one: Startup): void {
  if ("map" in one) {
    code.newMap(one.map.type as MapType);
    code.set(one.map);
    for (const [key, value] of one.entries ?? []) code.setConstant(one.map, key, value);
  } else if ("variable" in one) {
    code.expression(one.value);
    code.set(one.variable);
  } else code.body(one.statements);
}

/** Eight bytes at a time, lowest first. */
function makeString(env: Environment, text: string): void {
  const bytes = encodeText(text);
  for (let at = 0; at < bytes.length; at += 8) {
    const piece = bytes.subarray(at, at + 8);
    emit(
      env.w,
      "i64.const",
      piece.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n),
    );
    emit(env.w, "i32.const", piece.length);
    env.support("str_push");
  }
  env.support("str_done");
  emit(env.w, "drop");
}
