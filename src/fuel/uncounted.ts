/**
 * Where a module's fuel under a model may not be wasmtime's. Most of what a version charges by no followable rule
 * shows in the code: it is looked for there, and found wherever it stands, whether or not it is ever executed. So no
 * reasons mean that the count is exact (what an embedder stops and what the hardware traps aside), and a reason means
 * only that it can be another. Which instructions to look at is data of the model (models.ts).
 */
import { ByteReader } from "../base/bytes.ts";
import { bodiesContaining } from "../wasm/facts/containing.ts";
import { type FunctionFlow, functionFlow, type Instruction, type Value } from "../wasm/facts/dataflow.ts";
import { initialisers } from "../wasm/facts/initialisers.ts";
import { lebAt, skipBlockType, skipImmediates } from "../wasm/instructions.ts";
import { opcodes, rowNamed } from "../wasm/opcodes.ts";
import type { Module } from "../wasm/types.ts";
import { CodeWalk, codeOf } from "../wasm/walk.ts";
import type { CostModel, UncountedCode } from "./models.ts";

/** A reason for which fuel may differ, with the places that show it. */
export interface Uncounted {
  readonly code: UncountedCode;
  /** How many instructions show it. */
  readonly count: number;
  /** The first of them; null where it stands in an initialiser. */
  readonly first: {
    /** Absolute function index. */
    readonly func: number;
    /** Absolute byte offset of the opcode in the file. */
    readonly offset: number;
  } | null;
}

/**
 * The reasons for which a module's fuel under `model` may be another than wasmtime's; none where it is exact. Pure.
 * @throws DecodeError on code that cannot be read.
 */
export function uncounted(module: Module, model: CostModel): readonly Uncounted[] {
  const found = new Map<UncountedCode, Uncounted>();
  const add = (code: UncountedCode, first: Uncounted["first"]) => {
    const known = found.get(code);
    found.set(code, known ? { ...known, count: known.count + 1 } : { code, count: 1, first });
  };
  const watched = new Uint8Array(opcodes.length);
  for (const row of model.uncounted.keys()) watched[row] = 1;

  for (const body of bodiesContaining(module, watched)) {
    const func = module.importedFunctions + body;
    for (const code = codeOf(module, func); code.advanceTo(watched); ) {
      const reason = model.uncounted.get(code.row)!;
      if (applies[reason]({ module, model, func, code })) add(reason, { func, offset: code.at });
    }
  }
  if (model.startup !== null) for (const code of inInitialisers(module, model)) add(code, null);
  return [...found.values()];
}

/** A watched instruction: the one at which the walk is. */
interface Site {
  readonly module: Module;
  readonly model: CostModel;
  readonly func: number;
  readonly code: CodeWalk;
}

const always = () => true;

/** Whether a watched instruction shows the reason, as it stands. */
const applies: Readonly<Record<UncountedCode, (site: Site) => boolean>> = {
  "call-ref": always,
  "caught-exception": catchesCalls,
  "array-unsaved": always,
  "array-bytes": ({ module, code }) => costsBytes(module, code.row, lebAt(code.bytes, code.immediates)),
  "failed-table-grow": always,
  "huge-table-grow": ({ module, code }) =>
    module.tables[lebAt(code.bytes, code.immediates)]?.limits.is64 ?? false,
  "constant-grow": growsByHiddenConstant,
  "imported-length": always,
  "legacy-exceptions": always,
};

const END = rowNamed("end");
const openers = ["block", "loop", "if", "try_table"].map(rowNamed);
const calls = ["call", "call_indirect", "call_ref"].map(rowNamed);

/** Whether a try_table has clauses and a call inside: what it throws itself is counted. */
function catchesCalls({ code: { bytes, immediates, next, end } }: Site): boolean {
  if (lebAt(bytes, skipBlockType(bytes, immediates)) === 0) return false;
  const inner = new CodeWalk(bytes, next, end);
  for (let depth = 1; depth > 0 && inner.advance(); ) {
    if (calls.includes(inner.row)) return true;
    if (openers.includes(inner.row)) depth += 1;
    else if (inner.row === END) depth -= 1;
  }
  return false;
}

const I8 = 0x78;
const ARRAY_COPY = rowNamed("array.copy");

/** Whether an array's elements can cost as many units as they have bytes: not those of one byte, nor references unless copied. */
function costsBytes({ types }: Module, row: number, type: number): boolean {
  const array = types[type];
  const element = array?.kind === "array" ? array.fields[0] : undefined;
  if (element === undefined || element === I8) return false;
  const number = element > 0x76 && element < 0x80;
  return number || row === ARRAY_COPY;
}

const CONSTANTS = ["i32.const", "i64.const"].map(rowNamed);
const LOCAL_GET = rowNamed("local.get");
const LOCAL_TEE = rowNamed("local.tee");
const GLOBAL_GET = rowNamed("global.get");

/**
 * Whether a grow's operand can only be one small constant that does not stand right before it: there the meter sees it
 * too. wasmtime knows it through locals and blocks, and as the value of a global that never changes.
 */
function growsByHiddenConstant({ module, model, func, code: { row, at } }: Site): boolean {
  const limit = model.freeFailure;
  if (limit === null || model.perUnit[row] === 0) return false;
  const flow = functionFlow(module, func);
  const operand = flow.at(at)?.operands.at(-1);
  if (!operand) return false;
  const sources = sourcesOf(module.bytes, flow, operand);
  const [only] = sources;
  if (sources.size !== 1 || !only || only === "other") return false;
  const constant = constantOf(module, only);
  const before = skipImmediates(module.bytes, only.immediates, only.row) === at && only.row !== GLOBAL_GET;
  return constant !== null && constant > 0n && constant <= BigInt(limit) && !before;
}

/** The instructions that made a value, through joins and locals; "other" for what no instruction made. */
function sourcesOf(bytes: Uint8Array, flow: FunctionFlow, value: Value): Set<Instruction | "other"> {
  const sources = new Set<Instruction | "other">();
  const seen = new Set<Value | Instruction>();
  const follow = (value: Value): void => {
    const key = value.kind === "instruction" ? value.instruction : value;
    if (seen.has(key)) return;
    seen.add(key);
    if (value.kind === "join") return value.inputs.forEach(follow);
    if (value.kind === "unknown") return void sources.add("other");
    const { instruction } = value;
    if (instruction.row === LOCAL_TEE) return follow(instruction.operands[0]!);
    if (instruction.row !== LOCAL_GET) return void sources.add(instruction);
    for (const definition of flow.definitions(instruction, lebAt(bytes, instruction.immediates))) {
      if (definition === "entry") sources.add("other");
      else follow(definition.operands[0]!);
    }
  };
  follow(value);
  return sources;
}

/** The value of a constant, or of an own global that never changes and begins as one. */
function constantOf(module: Module, { row, immediates }: Instruction): bigint | null {
  if (CONSTANTS.includes(row)) {
    const r = new ByteReader(module.bytes);
    r.at = immediates;
    return r.bigLeb(64, true);
  }
  if (row !== GLOBAL_GET) return null;
  const index = lebAt(module.bytes, immediates);
  if (module.globals[index]?.mutable !== false) return null;
  return initialisers(module).globals[index - module.importedGlobals]?.value ?? null;
}

/** The reasons that initialisers show, once for each instruction. */
function inInitialisers(module: Module, model: CostModel): UncountedCode[] {
  const { globals, tables, elements, data } = initialisers(module);
  const expressions = [
    ...globals,
    ...tables,
    ...elements.flatMap(({ offset, expressions }) => [offset, ...(expressions ?? [])]),
    ...data.map(({ offset }) => offset),
  ];
  const withArrays = expressions.flatMap((one) => (one !== null && one.arrays.size > 0 ? [one] : []));
  return withArrays.flatMap(({ rows, arrays }) =>
    [...arrays].flatMap(([i, { type, length }]): UncountedCode[] => {
      const row = rows[i]!;
      const byBytes = model.uncounted.get(row) === "array-bytes" && costsBytes(module, row, type);
      return [
        ...(length.value === null ? ["imported-length" as const] : []),
        ...(byBytes ? ["array-bytes" as const] : []),
      ];
    }),
  );
}
