/**
 * What a monitor can listen to, as data: every event with its modes, the variables that are bound at it and its
 * functions. Matching, checking, `info` and the tables of the documentation are made from this and nothing else.
 *
 * The opcode events are the rows of the opcode table in its order; what they bind follows from the row's kind and
 * signature by the rules below, which give the 310 events of Whamm 1.0 exactly as Whamm words them (odd types of
 * single ones included) and, in the same manner, results, SIMD and legacy exceptions, which Whamm has not.
 */
import { Kept } from "../base/kept.ts";
import { Imm, type Opcode, opcodes } from "../wasm/opcodes.ts";
import type { Type } from "./language-types.ts";

export const modes = ["before", "after", "alt", "entry", "exit", "at_target"] as const;
export type Mode = (typeof modes)[number];

/** A variable that is bound at an event. */
export interface Bound {
  /** `argN`, `resN`, `immN` and `localN` stand for every number that the event does not list by itself. */
  readonly name: string;
  /** null: it depends on the place, and a script states it by a bound: `call(arg0: i32)`. */
  readonly type: Type | null;
  /** Known for each place before the program runs. */
  readonly static: boolean;
  /** How it follows from others, in the language itself. */
  readonly derivation?: string;
  /** One line of help. */
  readonly help: string;
}

export interface Event {
  readonly provider: string;
  /** null for the events of a provider itself: wasm:report. */
  readonly package: string | null;
  readonly name: string;
  /** Empty: the event has none, and a rule names none. */
  readonly modes: readonly Mode[];
  /** Its own first, then those of its package and provider. */
  readonly variables: readonly Bound[];
  /** Functions of functions.ts that are in scope here only. */
  readonly functions: readonly string[];
  /** Row of its instruction in the opcode table, for opcode events. */
  readonly row?: number;
  readonly help: string;
}

/** Their places are Whamm's numbers of them. */
export const categories = [
  ...[
    "arith",
    "atomic",
    "compare",
    "const",
    "control",
    "convert",
    "exn",
    "gc",
    "global",
    "load",
    "local",
    "memory",
  ],
  ...["misc", "ref", "simd", "store", "table"],
];

/** By the first pattern that an opcode's name meets; what meets none computes. */
const categoryRules: readonly (readonly [RegExp, string])[] = [
  [/^(unreachable|nop|drop)$/, "misc"],
  [/^(throw|throw_ref|try|catch|catch_all|rethrow|delegate)$/, "exn"],
  [/^(table\.|elem\.|try_table)/, "table"],
  [/atomic/, "atomic"],
  [/^(v128|[if]\d+x\d+)\./, "simd"],
  [/^ref\.as_non_null$/, "convert"],
  [/^br_on|^(block|loop|if|else|end|br\w*|return\w*|call\w*|select\w*)$/, "control"],
  [/^(ref|struct|array|any|extern|i31)\./, "gc"],
  [/^local\./, "local"],
  [/^global\./, "global"],
  [/^(memory|data)\./, "memory"],
  [/\.load/, "load"],
  [/\.store/, "store"],
  [/\.const$/, "const"],
  [/\.(eqz?|ne|[lg][te](_[su])?)$/, "compare"],
  [/\.(wrap|trunc_[fs]|extend|convert|demote|promote|reinterpret)/, "convert"],
];

const categoryOf = (name: string): string =>
  categoryRules.find(([pattern]) => pattern.test(name))?.[1] ?? "arith";

/** Names of events that differ from the instruction's. */
const eventNames: Readonly<Record<string, string>> = { select_typed: "typed_select" };

const plain: readonly Mode[] = ["before", "after", "alt"];
const block: readonly Mode[] = ["before", "after", "alt", "entry", "exit"];
const branch: readonly Mode[] = [...plain, "at_target"];
const modesByName: Readonly<Record<string, readonly Mode[]>> = {
  ...{ block, loop: block, if: block, else: block, try_table: block, try: block },
  ...{ br: branch, br_if: branch, br_table: branch },
  ...{ unreachable: ["alt", "before"], end: ["before", "after"], catch: ["before", "after"] },
  ...{ catch_all: ["before", "after"], delegate: ["before"] },
};

/** A variable of an event; the last two are one line of help and how it is derived. */
export const bound = (
  name: string,
  type: Type | null,
  isStatic: boolean,
  help: string,
  derivation?: string,
): Bound => ({
  ...{ name, type, static: isStatic, help },
  ...(derivation !== undefined && { derivation }),
});

const argN = bound("argN", null, false, "operand N of the instruction, 0 is the top of the stack");
const resN = bound(
  "resN",
  null,
  false,
  "result N of the instruction, 0 is the top of the stack; after it only",
);
const arg = (n: number, type: Type | null) =>
  bound(`arg${n}`, type, false, `operand ${n}, 0 is the top of the stack`);
const res = (n: number, type: Type) =>
  bound(`res${n}`, type, false, `result ${n}, 0 is the top; after it only`);
const imm = (n: number, type: Type | null, help = `immediate ${n}, as encoded`) =>
  bound(`imm${n}`, type, true, help);
const immN = (type: Type | null) => bound("immN", type, true, "immediate N, as encoded");

const target = [
  bound("target_imp_module", "str", true, "module that the called function is imported from, or empty"),
  bound(
    "target_fn_name",
    "str",
    true,
    "name of the called function: its import's, or that of the name section",
  ),
  bound("target_fn_type", "str", true, '"import" or "local"'),
];
const throughTable = [
  bound("table_entry_idx", "i32", false, "index in the table", "arg0"),
  bound("target_funcref", "funcref", false, "what the table holds there"),
  bound(
    ...([
      "resolved_fid",
      "i32",
      false,
      "index of the function that the table holds, -1 where unknown",
    ] as const),
    "resolve_funcref(target_funcref, table_entry_idx)",
  ),
];
const resolved = bound("resolved_fid", "i32", true, "index of the function where it is known here, else -1");
const typeIndex = bound("tid", "u32", true, "index of the type", "imm0");

/** Variables of events that the opcode's signature does not give, in Whamm's order. */
const special: Readonly<Record<string, readonly Bound[]>> = {
  ...each("block loop select select_typed br_on_null drop throw_ref", [argN]),
  if: [arg(0, "u32")],
  throw: [argN, imm(0, "u32", "index of the tag")],
  br: [imm(0, "u32", "depth of the label")],
  br_if: [arg(0, "u32"), imm(0, "u32", "depth of the label")],
  br_table: [
    arg(0, "u32"),
    immN("u32"),
    bound("targets", { kind: "map", key: "u32", value: "u32" }, true, "depth of the label of each index"),
    bound("default_target", "u32", true, "depth of the default label"),
    bound("num_targets", "u32", true, "how many labels there are besides the default"),
    bound(
      ...(["target", "u32", false, "index of the label that is taken; num_targets is the default"] as const),
      "arg0 < num_targets ? arg0 : num_targets",
    ),
  ],
  call: [argN, imm(0, "u32", "index of the called function"), resN, ...target],
  return_call: [argN, imm(0, "u32", "index of the called function"), ...target],
  ...each("call_indirect return_call_indirect", [
    ...[arg(0, "i32"), argN, imm(0, "u32", "index of the type"), imm(1, "u32", "index of the table"), resN],
    ...throughTable,
  ]),
  ...each("call_ref return_call_ref", [imm(0, "u32", "index of the type"), argN, resolved]),
  ...each("local.get global.get data.drop elem.drop table.size", [imm(0, "u32")]),
  ...each("local.set local.tee global.set", [arg(0, null), imm(0, "u32")]),
  "table.get": [imm(0, "u32"), arg(0, "i32"), ...throughTable],
  "table.set": [imm(0, "u32"), argN, resolved],
  "memory.size": [imm(0, "u32"), res(0, "i32")],
  "memory.grow": [
    bound("failed", "bool", false, "memory could not grow; after it only", "res0 == -1"),
    ...[arg(0, "u32"), imm(0, "u32"), res(0, "i32")],
  ],
  ...each("ref.is_null ref.eq any.convert_extern extern.convert_any i31.get_s i31.get_u ref.as_non_null", [
    argN,
  ]),
  "ref.func": [
    imm(0, "u32", "index of the function"),
    bound("resolved_fid", "i32", true, "index of the function", "imm0 as i32"),
  ],
  br_on_non_null: [imm(0, "u32"), argN],
  ...each("struct.new array.get array.get_s array.get_u array.set array.len array.fill", [
    ...[imm(0, "u32"), typeIndex, argN],
  ]),
  "struct.new_default": [imm(0, "u32"), typeIndex],
  ...each("struct.get struct.get_s struct.get_u struct.set", [
    ...[imm(0, "u32"), imm(1, "u32"), typeIndex],
    ...[bound("field_idx", "u32", true, "index of the field", "imm1"), argN],
  ]),
  "array.new": [imm(0, "u32"), typeIndex, arg(0, "u32"), argN],
  "array.new_default": [imm(0, "u32"), typeIndex, arg(0, "u32")],
  ...each("array.new_fixed array.init_data array.init_elem", [imm(0, "u32"), typeIndex, imm(1, "u32"), argN]),
  ...each("array.new_data array.new_elem", [
    ...[imm(0, "u32"), typeIndex, imm(1, "u32"), arg(0, "i32"), arg(1, "i32")],
  ]),
  "array.copy": [imm(0, "u32"), imm(1, "u32"), argN],
  ...each("ref.test ref.test_null ref.cast ref.cast_null", [immN(null), argN]),
  ...each("br_on_cast br_on_cast_fail", [imm(0, "u32"), imm(1, null), imm(2, null), argN]),
  "ref.i31": [arg(0, "i32")],
  ...each("memory.init table.init table.copy", [
    ...[imm(0, "u32"), imm(1, "u32"), arg(0, "i32"), arg(1, "i32"), arg(2, "i32")],
  ]),
  ...each("memory.copy memory.fill", [imm(0, "u32"), arg(0, "i32"), arg(1, "i32"), arg(2, "i32")]),
  ...each("table.grow table.fill", [imm(0, "u32"), argN]),
  ...each("catch", [imm(0, "u32", "index of the tag")]),
  ...each("rethrow delegate", [imm(0, "u32", "depth of the label")]),
};

const functionsByName: Readonly<Record<string, readonly string[]>> = {
  ...each("call return_call", ["alt_call_by_id", "alt_call_by_name"]),
  ...each("call_indirect return_call_indirect table.get", ["resolve_funcref"]),
  ...each("memory.init memory.copy memory.fill", ["dup_at"]),
};

function each<T>(names: string, value: T): Record<string, T> {
  return Object.fromEntries(names.split(" ").map((name) => [name, value]));
}

const letterTypes: Readonly<Record<string, Type | null>> = {
  i: "i32",
  l: "i64",
  f: "f32",
  d: "f64",
  v: null,
};

/** Operands and results from an opcode's signature: addresses are u32, and so are operands of unsigned ones. */
function fromSignature({ name, signature, imm: kind }: Opcode): Bound[] {
  const [operands = "", results = ""] = signature.split(">");
  const unsigned = /^i32\.(lt|gt|le|ge|div|rem)_u$|_i32_u$/.test(name)
    ? "u32"
    : /^i64\.(lt|gt|le|ge)_u$|_i64_u$/.test(name)
      ? "u64"
      : undefined;
  const type = (letter: string) => (letter === "a" || letter === "t" ? "u32" : (letterTypes[letter] ?? null));
  const args = [...operands].reverse().map((letter, n) => arg(n, unsigned ?? type(letter)));
  const gives = [...results].filter((letter) => letter !== "v").map((letter, n) => res(n, type(letter)!));
  const constant = /^([if]\d\d)\.const$/.exec(name)?.[1] as Type | undefined;
  const immediates = constant ? [imm(0, constant, "the constant")] : kind === Imm.byte ? [imm(0, "u32")] : [];
  return [...args, ...immediates, ...gives];
}

/** What loads, stores and atomics bind besides: where they go, and how wide. */
function memoryVariables({ name, signature, imm: kind }: Opcode): Bound[] {
  if (kind !== Imm.memarg && kind !== Imm.memargLane) return [];
  const depth = signature.split(">")[0]!.length - 1;
  const size = accessSize(name);
  return [
    ...(size === undefined ? [] : [bound("data_size", "u32", true, "bytes that are accessed", String(size))]),
    bound("addr", "u32", false, "the address operand", `arg${depth}`),
    bound("is_write", "bool", true, "whether memory is written", String(writes(name))),
    bound("memory", "u32", true, "index of the memory"),
    bound("align", "u32", true, "alignment, as encoded: a power of two's exponent"),
    bound("effective_addr", "u32", false, "address operand plus offset", "addr + offset as u32"),
    bound("offset", "u64", true, "constant offset"),
  ];
}

function writes(name: string): boolean {
  return /store|rmw/.test(name);
}

/** Bytes of an access; undefined where the instruction waits or notifies. */
export function accessSize(name: string): number | undefined {
  if (/notify|wait/.test(name)) return undefined;
  const narrow = /(?:load|store|rmw)(\d+)(?:x(\d))?/.exec(name);
  if (narrow) return (Number(narrow[1]) * Number(narrow[2] ?? 1)) / 8;
  return /^v128/.test(name) ? 16 : Number(name.slice(1, 3)) / 8;
}

/** Prefixed opcodes as Whamm numbers them: 0xFC0B. */
const bytecodeOf = ({ code }: Opcode) =>
  code < 256 ? code : Math.floor(code / 65536) * 256 + (code % 65536);

const local = bound(
  "localN",
  null,
  false,
  "parameter or local N of the function; stated by a bound: wasm(local0: i32)",
);
const wasmVariables: readonly Bound[] = [
  bound("fid", "u32", true, "index of the function, imported ones counted"),
  bound("fname", "str", true, "name of the function in the name section, or empty"),
  bound("pc", "u32", true, "byte offset of the instruction in the function's body"),
  bound("opidx", "u32", true, "ordinal of the instruction in the function"),
  bound("at_func_end", "bool", true, "whether the instruction is the function's last"),
  bound("fuel", "u64", false, "fuel that the program has consumed before this place"),
  local,
];

function opcodeEvent(op: Opcode, row: number): Event {
  const name = eventNames[op.name] ?? op.name;
  const category = categoryOf(op.name);
  const own = special[op.name] ?? fromSignature(op);
  return {
    ...{ provider: "wasm", package: "opcode", name, row },
    modes: modesByName[op.name] ?? plain,
    variables: [
      bound("opname", "str", true, "name of the instruction", JSON.stringify(name)),
      bound("bytecode", "u16", true, "the opcode; prefixed ones as 0xFC0B", String(bytecodeOf(op))),
      bound("category_id", "u32", true, "number of the category", String(categories.indexOf(category))),
      bound("category_name", "str", true, "category of the instruction", JSON.stringify(category)),
      ...memoryVariables(op),
      ...own,
      ...wasmVariables,
    ],
    functions: [...(functionsByName[op.name] ?? []), "drop_args"],
    help: `the instruction ${op.name}`,
  };
}

const beyondWhamm = /^(v128|[if]\d+x\d+)\.|^(try|catch|catch_all|rethrow|delegate)$/;
function other(packageName: string | null, name: string, help: string, more: readonly Bound[] = []): Event {
  const variables = [...more, ...wasmVariables];
  return { provider: "wasm", package: packageName, name, modes: [], variables, functions: [], help };
}

const instructionCount = bound("instr_count", "u32", true, "instructions of the block");

/** Made when somebody asks: few runs have a monitor. */
const kept = new Kept((): readonly Event[] => {
  const withRows = opcodes.map((op, row) => ({ op, row }));
  const inWhammsOrder = [
    ...withRows.filter(({ op }) => !beyondWhamm.test(op.name)),
    ...withRows.filter(({ op }) => beyondWhamm.test(op.name)),
  ];
  return [
    other(null, "begin", "before the program runs"),
    other(null, "end", "after the program has run, before the report"),
    other(null, "report", "writes the report, in place of the usual one"),
    ...inWhammsOrder.map(({ op, row }) => opcodeEvent(op, row)),
    other("func", "entry", "a function is entered"),
    other("func", "exit", "a function is left, by any way but a trap or an exception"),
    other("block", "start", "a straight run of instructions begins"),
    other("block", "end", "a straight run of instructions ends", [instructionCount]),
  ];
});

/** Every event of the provider `wasm`, in the order in which rules expand. */
export const wasmEvents = (): readonly Event[] => kept.value;
