/**
 * THE table of WebAssembly's instructions: one row each, and every loop over code (skip, charge, type, print)
 * reads it. Source: the core specification 3.0 with threads and relaxed SIMD, and the legacy exception
 * instructions that V8 still runs (marked by their names: try, catch, rethrow, delegate, catch_all).
 *
 * A row is [code, name, immediates, signature]. `code` is the byte, or prefix * 65536 + sub-opcode.
 * `signature` is "operands>results", deepest operand first, one letter a value:
 *   i i32 · l i64 · f f32 · d f64 · v v128 · a the address type of the memory · t that of the table
 * and "?" where the types depend on immediates or on the stack (stack-effects.ts and stack.ts have the case).
 */

/** What follows an opcode. Numbers, because the fast paths switch on them. */
export const Imm = {
  none: 0,
  /** One index or count: an unsigned LEB of 32 bits. */
  index: 1,
  /** Two indices. */
  index2: 2,
  /** A label: relative depth. */
  label: 3,
  /** br_table: a vector of labels and a default. */
  labels: 4,
  block: 5,
  /** Memory argument: alignment (bit 6: a memory index follows) and offset. */
  memarg: 6,
  /** Memory argument and a lane. */
  memargLane: 7,
  i32: 8,
  i64: 9,
  f32: 10,
  f64: 11,
  /** One byte: a lane, or the fence's zero. */
  byte: 12,
  /** Sixteen bytes: v128.const, shuffle. */
  bytes16: 13,
  heap: 14,
  types: 15,
  /** try_table: block type and catch clauses. */
  catches: 16,
  /** br_on_cast: flags, label, two heap types. */
  cast: 17,
} as const;

export type ImmediateKind = (typeof Imm)[keyof typeof Imm];

/** What an index immediate counts, for reindexing and printing. */
// biome-ignore format: a table
export type IndexSpace = "func" | "type" | "local" | "global" | "table" | "memory" | "data" | "elem" | "tag" | "label" | "count" | "field";

export interface Opcode {
  readonly code: number;
  readonly name: string;
  readonly imm: ImmediateKind;
  /** Index spaces of `index` and `index2` immediates, in order. */
  readonly spaces: readonly IndexSpace[];
  /** "operands>results" or "?". */
  readonly signature: string;
}

type Row = readonly [code: number, name: string, imm?: string, signature?: string];

// biome-ignore format: a table
const control: Row[] = [
  [0x00, "unreachable", "", "?"], [0x01, "nop", "", ">"], [0x02, "block", "block", "?"], [0x03, "loop", "block", "?"],
  [0x04, "if", "block", "?"], [0x05, "else", "", "?"], [0x06, "try", "block", "?"], [0x07, "catch", "tag", "?"],
  [0x08, "throw", "tag", "?"], [0x09, "rethrow", "label", "?"], [0x0a, "throw_ref", "", "?"], [0x0b, "end", "", "?"],
  [0x0c, "br", "label", "?"], [0x0d, "br_if", "label", "?"], [0x0e, "br_table", "labels", "?"], [0x0f, "return", "", "?"],
  [0x10, "call", "func", "?"], [0x11, "call_indirect", "type table", "?"], [0x12, "return_call", "func", "?"],
  [0x13, "return_call_indirect", "type table", "?"], [0x14, "call_ref", "type", "?"], [0x15, "return_call_ref", "type", "?"],
  [0x18, "delegate", "label", "?"], [0x19, "catch_all", "", "?"], [0x1a, "drop", "", "?"], [0x1b, "select", "", "?"],
  [0x1c, "select_typed", "types", "?"], [0x1f, "try_table", "catches", "?"],
  [0x20, "local.get", "local", "?"], [0x21, "local.set", "local", "?"], [0x22, "local.tee", "local", "?"],
  [0x23, "global.get", "global", "?"], [0x24, "global.set", "global", "?"], [0x25, "table.get", "table", "?"], [0x26, "table.set", "table", "?"],
];

// biome-ignore format: a table
const memory: Row[] = [
  [0x28, "i32.load", "mem", "a>i"], [0x29, "i64.load", "mem", "a>l"], [0x2a, "f32.load", "mem", "a>f"], [0x2b, "f64.load", "mem", "a>d"],
  [0x2c, "i32.load8_s", "mem", "a>i"], [0x2d, "i32.load8_u", "mem", "a>i"], [0x2e, "i32.load16_s", "mem", "a>i"], [0x2f, "i32.load16_u", "mem", "a>i"],
  [0x30, "i64.load8_s", "mem", "a>l"], [0x31, "i64.load8_u", "mem", "a>l"], [0x32, "i64.load16_s", "mem", "a>l"], [0x33, "i64.load16_u", "mem", "a>l"],
  [0x34, "i64.load32_s", "mem", "a>l"], [0x35, "i64.load32_u", "mem", "a>l"],
  [0x36, "i32.store", "mem", "ai>"], [0x37, "i64.store", "mem", "al>"], [0x38, "f32.store", "mem", "af>"], [0x39, "f64.store", "mem", "ad>"],
  [0x3a, "i32.store8", "mem", "ai>"], [0x3b, "i32.store16", "mem", "ai>"], [0x3c, "i64.store8", "mem", "al>"], [0x3d, "i64.store16", "mem", "al>"],
  [0x3e, "i64.store32", "mem", "al>"], [0x3f, "memory.size", "memory", ">a"], [0x40, "memory.grow", "memory", "a>a"],
  [0x41, "i32.const", "i32", ">i"], [0x42, "i64.const", "i64", ">l"], [0x43, "f32.const", "f32", ">f"], [0x44, "f64.const", "f64", ">d"],
];

/** Consecutive codes from `first` on that share a signature and have no immediates. */
function run(first: number, signature: string, prefix: string, names: string): Row[] {
  return names.split(" ").map((name, i) => [first + i, prefix + name, "", signature] as const);
}

const compare = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const compareFloat = "eq ne lt gt le ge";
const integer = "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr";

// biome-ignore format: a table
const numeric: Row[] = [
  ...run(0x45, "i>i", "i32.", "eqz"), ...run(0x46, "ii>i", "i32.", compare), ...run(0x50, "l>i", "i64.", "eqz"), ...run(0x51, "ll>i", "i64.", compare),
  ...run(0x5b, "ff>i", "f32.", compareFloat), ...run(0x61, "dd>i", "f64.", compareFloat),
  ...run(0x67, "i>i", "i32.", "clz ctz popcnt"), ...run(0x6a, "ii>i", "i32.", integer),
  ...run(0x79, "l>l", "i64.", "clz ctz popcnt"), ...run(0x7c, "ll>l", "i64.", integer),
  ...run(0x8b, "f>f", "f32.", "abs neg ceil floor trunc nearest sqrt"), ...run(0x92, "ff>f", "f32.", "add sub mul div min max copysign"),
  ...run(0x99, "d>d", "f64.", "abs neg ceil floor trunc nearest sqrt"), ...run(0xa0, "dd>d", "f64.", "add sub mul div min max copysign"),
  ...run(0xa7, "l>i", "i32.", "wrap_i64"), ...run(0xa8, "f>i", "i32.", "trunc_f32_s trunc_f32_u"), ...run(0xaa, "d>i", "i32.", "trunc_f64_s trunc_f64_u"),
  ...run(0xac, "i>l", "i64.", "extend_i32_s extend_i32_u"), ...run(0xae, "f>l", "i64.", "trunc_f32_s trunc_f32_u"), ...run(0xb0, "d>l", "i64.", "trunc_f64_s trunc_f64_u"),
  ...run(0xb2, "i>f", "f32.", "convert_i32_s convert_i32_u"), ...run(0xb4, "l>f", "f32.", "convert_i64_s convert_i64_u"), ...run(0xb6, "d>f", "f32.", "demote_f64"),
  ...run(0xb7, "i>d", "f64.", "convert_i32_s convert_i32_u"), ...run(0xb9, "l>d", "f64.", "convert_i64_s convert_i64_u"), ...run(0xbb, "f>d", "f64.", "promote_f32"),
  [0xbc, "i32.reinterpret_f32", "", "f>i"], [0xbd, "i64.reinterpret_f64", "", "d>l"], [0xbe, "f32.reinterpret_i32", "", "i>f"], [0xbf, "f64.reinterpret_i64", "", "l>d"],
  ...run(0xc0, "i>i", "i32.", "extend8_s extend16_s"), ...run(0xc2, "l>l", "i64.", "extend8_s extend16_s extend32_s"),
  [0xd0, "ref.null", "heap", "?"], [0xd1, "ref.is_null", "", "?"], [0xd2, "ref.func", "func", "?"], [0xd3, "ref.eq", "", "?"],
  [0xd4, "ref.as_non_null", "", "?"], [0xd5, "br_on_null", "label", "?"], [0xd6, "br_on_non_null", "label", "?"],
];

/** 0xFB: garbage collection. */
// biome-ignore format: a table
const gc: Row[] = (
  [
    ["struct.new", "type"], ["struct.new_default", "type"], ["struct.get", "type field"], ["struct.get_s", "type field"], ["struct.get_u", "type field"],
    ["struct.set", "type field"], ["array.new", "type"], ["array.new_default", "type"], ["array.new_fixed", "type count"], ["array.new_data", "type data"],
    ["array.new_elem", "type elem"], ["array.get", "type"], ["array.get_s", "type"], ["array.get_u", "type"], ["array.set", "type"], ["array.len", ""],
    ["array.fill", "type"], ["array.copy", "type type"], ["array.init_data", "type data"], ["array.init_elem", "type elem"], ["ref.test", "heap"],
    ["ref.test_null", "heap"], ["ref.cast", "heap"], ["ref.cast_null", "heap"], ["br_on_cast", "cast"], ["br_on_cast_fail", "cast"],
    ["any.convert_extern", ""], ["extern.convert_any", ""], ["ref.i31", ""], ["i31.get_s", ""], ["i31.get_u", ""],
  ] as const
).map(([name, imm], sub) => [sub, name, imm, "?"] as const);

/** 0xFC: saturating conversions, bulk memory and table operations. */
// biome-ignore format: a table
const bulk: Row[] = [
  ...run(0, "f>i", "i32.", "trunc_sat_f32_s trunc_sat_f32_u"), ...run(2, "d>i", "i32.", "trunc_sat_f64_s trunc_sat_f64_u"),
  ...run(4, "f>l", "i64.", "trunc_sat_f32_s trunc_sat_f32_u"), ...run(6, "d>l", "i64.", "trunc_sat_f64_s trunc_sat_f64_u"),
  [8, "memory.init", "data memory", "?"], [9, "data.drop", "data", ">"], [10, "memory.copy", "memory memory", "?"], [11, "memory.fill", "memory", "aia>"],
  [12, "table.init", "elem table", "?"], [13, "elem.drop", "elem", ">"], [14, "table.copy", "table table", "?"], [15, "table.grow", "table", "?"],
  [16, "table.size", "table", ">t"], [17, "table.fill", "table", "?"],
];

const simdCompare = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";

/** 0xFD: SIMD and relaxed SIMD. Gaps in the numbering are the specification's. */
// biome-ignore format: a table
const simd: Row[] = [
  ...["load", "load8x8_s", "load8x8_u", "load16x4_s", "load16x4_u", "load32x2_s", "load32x2_u", "load8_splat", "load16_splat", "load32_splat", "load64_splat"].map(
    (name, i): Row => [i, `v128.${name}`, "mem", "a>v"],
  ),
  [11, "v128.store", "mem", "av>"], [12, "v128.const", "16", ">v"], [13, "i8x16.shuffle", "16", "vv>v"], [14, "i8x16.swizzle", "", "vv>v"],
  [15, "i8x16.splat", "", "i>v"], [16, "i16x8.splat", "", "i>v"], [17, "i32x4.splat", "", "i>v"], [18, "i64x2.splat", "", "l>v"], [19, "f32x4.splat", "", "f>v"], [20, "f64x2.splat", "", "d>v"],
  [21, "i8x16.extract_lane_s", "byte", "v>i"], [22, "i8x16.extract_lane_u", "byte", "v>i"], [23, "i8x16.replace_lane", "byte", "vi>v"],
  [24, "i16x8.extract_lane_s", "byte", "v>i"], [25, "i16x8.extract_lane_u", "byte", "v>i"], [26, "i16x8.replace_lane", "byte", "vi>v"],
  [27, "i32x4.extract_lane", "byte", "v>i"], [28, "i32x4.replace_lane", "byte", "vi>v"], [29, "i64x2.extract_lane", "byte", "v>l"], [30, "i64x2.replace_lane", "byte", "vl>v"],
  [31, "f32x4.extract_lane", "byte", "v>f"], [32, "f32x4.replace_lane", "byte", "vf>v"], [33, "f64x2.extract_lane", "byte", "v>d"], [34, "f64x2.replace_lane", "byte", "vd>v"],
  ...run(35, "vv>v", "i8x16.", simdCompare), ...run(45, "vv>v", "i16x8.", simdCompare), ...run(55, "vv>v", "i32x4.", simdCompare),
  ...run(65, "vv>v", "f32x4.", compareFloat), ...run(71, "vv>v", "f64x2.", compareFloat),
  [77, "v128.not", "", "v>v"], ...run(78, "vv>v", "v128.", "and andnot or xor"), [82, "v128.bitselect", "", "vvv>v"], [83, "v128.any_true", "", "v>i"],
  ...[8, 16, 32, 64].map((bits, i): Row => [84 + i, `v128.load${bits}_lane`, "memlane", "av>v"]), ...[8, 16, 32, 64].map((bits, i): Row => [88 + i, `v128.store${bits}_lane`, "memlane", "av>"]),
  [92, "v128.load32_zero", "mem", "a>v"], [93, "v128.load64_zero", "mem", "a>v"], [94, "f32x4.demote_f64x2_zero", "", "v>v"], [95, "f64x2.promote_low_f32x4", "", "v>v"],
  ...run(96, "v>v", "i8x16.", "abs neg popcnt"), ...run(99, "v>i", "i8x16.", "all_true bitmask"), ...run(101, "vv>v", "i8x16.", "narrow_i16x8_s narrow_i16x8_u"),
  ...run(103, "v>v", "f32x4.", "ceil floor trunc nearest"), ...run(107, "vi>v", "i8x16.", "shl shr_s shr_u"),
  ...run(110, "vv>v", "i8x16.", "add add_sat_s add_sat_u sub sub_sat_s sub_sat_u"), ...run(116, "v>v", "f64x2.", "ceil floor"),
  ...run(118, "vv>v", "i8x16.", "min_s min_u max_s max_u"), [122, "f64x2.trunc", "", "v>v"], [123, "i8x16.avgr_u", "", "vv>v"],
  ...run(124, "v>v", "i16x8.", "extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u"), ...run(126, "v>v", "i32x4.", "extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u"),
  ...run(128, "v>v", "i16x8.", "abs neg"), [130, "i16x8.q15mulr_sat_s", "", "vv>v"], ...run(131, "v>i", "i16x8.", "all_true bitmask"),
  ...run(133, "vv>v", "i16x8.", "narrow_i32x4_s narrow_i32x4_u"), ...run(135, "v>v", "i16x8.", "extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u"),
  ...run(139, "vi>v", "i16x8.", "shl shr_s shr_u"), ...run(142, "vv>v", "i16x8.", "add add_sat_s add_sat_u sub sub_sat_s sub_sat_u"), [148, "f64x2.nearest", "", "v>v"],
  ...run(149, "vv>v", "i16x8.", "mul min_s min_u max_s max_u"), [155, "i16x8.avgr_u", "", "vv>v"],
  ...run(156, "vv>v", "i16x8.", "extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u extmul_high_i8x16_u"),
  ...run(160, "v>v", "i32x4.", "abs neg"), ...run(163, "v>i", "i32x4.", "all_true bitmask"),
  ...run(167, "v>v", "i32x4.", "extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u"), ...run(171, "vi>v", "i32x4.", "shl shr_s shr_u"),
  [174, "i32x4.add", "", "vv>v"], [177, "i32x4.sub", "", "vv>v"], ...run(181, "vv>v", "i32x4.", "mul min_s min_u max_s max_u dot_i16x8_s"),
  ...run(188, "vv>v", "i32x4.", "extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u"),
  ...run(192, "v>v", "i64x2.", "abs neg"), ...run(195, "v>i", "i64x2.", "all_true bitmask"),
  ...run(199, "v>v", "i64x2.", "extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u"), ...run(203, "vi>v", "i64x2.", "shl shr_s shr_u"),
  [206, "i64x2.add", "", "vv>v"], [209, "i64x2.sub", "", "vv>v"], ...run(213, "vv>v", "i64x2.", "mul eq ne lt_s gt_s le_s ge_s"),
  ...run(220, "vv>v", "i64x2.", "extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u"),
  ...run(224, "v>v", "f32x4.", "abs neg"), [227, "f32x4.sqrt", "", "v>v"], ...run(228, "vv>v", "f32x4.", "add sub mul div min max pmin pmax"),
  ...run(236, "v>v", "f64x2.", "abs neg"), [239, "f64x2.sqrt", "", "v>v"], ...run(240, "vv>v", "f64x2.", "add sub mul div min max pmin pmax"),
  ...run(248, "v>v", "i32x4.", "trunc_sat_f32x4_s trunc_sat_f32x4_u"), ...run(250, "v>v", "f32x4.", "convert_i32x4_s convert_i32x4_u"),
  ...run(252, "v>v", "i32x4.", "trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero"), ...run(254, "v>v", "f64x2.", "convert_low_i32x4_s convert_low_i32x4_u"),
  [256, "i8x16.relaxed_swizzle", "", "vv>v"], ...run(257, "v>v", "i32x4.", "relaxed_trunc_f32x4_s relaxed_trunc_f32x4_u relaxed_trunc_f64x2_s_zero relaxed_trunc_f64x2_u_zero"),
  ...run(261, "vvv>v", "f32x4.", "relaxed_madd relaxed_nmadd"), ...run(263, "vvv>v", "f64x2.", "relaxed_madd relaxed_nmadd"),
  [265, "i8x16.relaxed_laneselect", "", "vvv>v"], [266, "i16x8.relaxed_laneselect", "", "vvv>v"], [267, "i32x4.relaxed_laneselect", "", "vvv>v"], [268, "i64x2.relaxed_laneselect", "", "vvv>v"],
  ...run(269, "vv>v", "f32x4.", "relaxed_min relaxed_max"), ...run(271, "vv>v", "f64x2.", "relaxed_min relaxed_max"),
  [273, "i16x8.relaxed_q15mulr_s", "", "vv>v"], [274, "i16x8.relaxed_dot_i8x16_i7x16_s", "", "vv>v"], [275, "i32x4.relaxed_dot_i8x16_i7x16_add_s", "", "vvv>v"],
];

/** The seven widths of an atomic read-modify-write, in the order of the encoding: [type, width suffix]. */
// biome-ignore format: a table
const atomicWidths = [["i32", ""], ["i64", ""], ["i32", "8"], ["i32", "16"], ["i64", "8"], ["i64", "16"], ["i64", "32"]] as const;

function atomic(first: number, operation: string): Row[] {
  return atomicWidths.map(([type, width], i) => {
    const value = type === "i32" ? "i" : "l";
    const access = operation === "load" || operation === "store";
    const name = access
      ? `${type}.atomic.${operation}${width}${width && operation === "load" ? "_u" : ""}`
      : `${type}.atomic.rmw${width}.${operation}${width ? "_u" : ""}`;
    const signature =
      operation === "load"
        ? `a>${value}`
        : operation === "store"
          ? `a${value}>`
          : operation === "cmpxchg"
            ? `a${value}${value}>${value}`
            : `a${value}>${value}`;
    return [first + i, name, "mem", signature] as const;
  });
}

/** 0xFE: threads. */
// biome-ignore format: a table
const threads: Row[] = [
  [0, "memory.atomic.notify", "mem", "ai>i"], [1, "memory.atomic.wait32", "mem", "ail>i"], [2, "memory.atomic.wait64", "mem", "all>i"], [3, "atomic.fence", "byte", ">"],
  ...atomic(0x10, "load"), ...atomic(0x17, "store"), ...atomic(0x1e, "add"), ...atomic(0x25, "sub"), ...atomic(0x2c, "and"), ...atomic(0x33, "or"),
  ...atomic(0x3a, "xor"), ...atomic(0x41, "xchg"), ...atomic(0x48, "cmpxchg"),
];

// biome-ignore format: a table
const immediateKinds: Readonly<Record<string, ImmediateKind>> = {
  "": Imm.none, label: Imm.label, labels: Imm.labels, block: Imm.block, mem: Imm.memarg, memlane: Imm.memargLane,
  i32: Imm.i32, i64: Imm.i64, f32: Imm.f32, f64: Imm.f64, byte: Imm.byte, "16": Imm.bytes16, heap: Imm.heap, types: Imm.types,
  catches: Imm.catches, cast: Imm.cast,
};

function opcode(prefix: number, [code, name, imm = "", signature = "?"]: Row): Opcode {
  const kind = immediateKinds[imm];
  const spaces =
    kind === undefined ? (imm.split(" ") as IndexSpace[]) : kind === Imm.label ? (["label"] as const) : [];
  return {
    code: prefix === 0 ? code : prefix * 65536 + code,
    name,
    imm: kind ?? (spaces.length === 1 ? Imm.index : Imm.index2),
    spaces,
    signature,
  };
}

/** Every instruction, in the order of its code. */
export const opcodes: readonly Opcode[] = [
  ...[...control, ...memory, ...numeric].map((row) => opcode(0, row)),
  ...gc.map((row) => opcode(0xfb, row)),
  ...bulk.map((row) => opcode(0xfc, row)),
  ...simd.map((row) => opcode(0xfd, row)),
  ...threads.map((row) => opcode(0xfe, row)),
];

/**
 * Opcodes get a dense number, their row in `opcodes`, so that tables over them are typed arrays.
 * `rowOfByte[byte]` is that row, 255 * 2 + 1 where the byte is no opcode or a prefix; `rowOfPrefixed[prefix]` likewise by sub-opcode.
 */
export const noRow = 0xffff;
export const rowOfByte = new Uint16Array(256).fill(noRow);
export const rowsOfPrefix: readonly Uint16Array[] = [0xfb, 0xfc, 0xfd, 0xfe].map(() =>
  new Uint16Array(512).fill(noRow),
);
/** Immediate kind by row. */
export const immediateOfRow = new Uint8Array(opcodes.length);

opcodes.forEach((op, row) => {
  immediateOfRow[row] = op.imm;
  if (op.code < 256) rowOfByte[op.code] = row;
  else rowsOfPrefix[Math.floor(op.code / 65536) - 0xfb]![op.code % 65536] = row;
});

const rowsByName = new Map(opcodes.map((op, row) => [op.name, row]));

/** Row of an instruction by its name; throws where there is none. */
export function rowNamed(name: string): number {
  const row = rowsByName.get(name);
  if (row === undefined) throw new RangeError(`no WebAssembly instruction is named ${name}`);
  return row;
}

/** Row of an instruction by its name, or undefined: for names that a user gave. */
export function findRow(name: string): number | undefined {
  return rowsByName.get(name);
}
