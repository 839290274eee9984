#!/usr/bin/env node
/**
 * A small module for every row of THE table of instructions (src/wasm/opcodes.ts), whose export `f` executes that
 * instruction once, and more for what grows with a size, can fail, or moves control between functions. They are
 * measured on wasmtime (record-instructions.py), and the meter is held against the figures (test/fuel). A case is
 * known by its name alone: the same table gives the same modules.
 *
 *   node scripts/instruction-cases.js      all cases, as JSON: [{"name": "i32.add", "stops": false, "wasm": "<base64>"}, …]; needs dist/
 */
import { pathToFileURL } from "node:url";
import {
  ANYREF,
  arrays,
  EXTERNREF,
  FUNCREF,
  G,
  I32,
  I64,
  kinds,
  moduleOf,
  numbers,
  PACKED,
  STRUCT,
  s,
  THROWS,
  u,
  vector,
  WORKS,
} from "./instruction-module.js";

/**
 * Code is bytes in lists of lists. A variant of an instruction is a label, the code, and what its module needs.
 * @typedef {number | readonly Code[]} Code
 * @typedef {readonly [label: string, code: readonly Code[], needs?: Needs]} Variant
 * @typedef {(name: string, ...immediates: readonly (number | readonly number[])[]) => number[]} Op
 * @typedef {import("../src/wasm/opcodes.ts").Opcode} Row
 * @typedef {import("./instruction-module.js").Needs} Needs
 * @typedef {import("./instruction-module.js").Kind} Kind
 */

/** @type {(code: Code) => number[]} */
const flat = (code) => (typeof code === "number" ? [code] : code.flatMap(flat));

const SET = 0x21;
const GET = 0x20;
const DROP = 0x1a;
const i32 = (/** @type {number} */ value) => [0x41, ...s(value)];
const i64 = (/** @type {number} */ value) => [0x42, ...s(value)];
/**
 * Operands by the table's letters: 1 for numbers, which no division minds, 8 for addresses, which are aligned.
 * @type {Readonly<Record<string, readonly number[]>>}
 */
const operands = {
  i: i32(1),
  l: i64(1),
  f: [0x43, 0, 0, 0x80, 0x3f],
  d: [0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
  v: [0xfd, 12, ...Array(16).fill(1)],
  a: i32(8),
};

/**
 * All cases; `stops`: `f` does not return.
 * @param {readonly Row[]} opcodes the rows of the table
 */
export function instructionCases(opcodes) {
  const rows = new Map(opcodes.map((row) => [row.name, row]));
  /** @type {Op} */
  const op = (name, ...immediates) => {
    const { code } = /** @type {Row} */ (rows.get(name));
    return [...(code < 256 ? [code] : [Math.floor(code / 65536), ...u(code % 65536)]), ...immediates.flat()];
  };
  const byName = irregular(op);
  /** @type {{ name: string, bytes: Uint8Array, stops: boolean }[]} */
  const cases = [];
  /** @type {(name: string, code: readonly Code[], rest?: Needs) => void} */
  const add = (name, code, rest = {}) =>
    cases.push({
      name,
      bytes: Uint8Array.from(moduleOf({ code: code.flatMap(flat), ...rest })),
      stops: rest.stops ?? false,
    });
  const drops = (/** @type {number} */ count) => Array(count).fill(DROP);

  for (const row of opcodes) {
    const { name } = row;
    const own = byName[name];
    if (own) {
      for (const [label, code, rest] of own) add(label ? `${name} ${label}` : name, code, rest);
    } else if (row.signature === "?") {
      throw new Error(`${name} has neither a signature nor a case of its own`);
    } else {
      const [takes, gives] = row.signature.split(">");
      /** @type {Readonly<Record<string, readonly number[]>>} */
      const immediate = { memory: [0], data: [0], elem: [0], table: [0], none: [] };
      const [space] = row.spaces;
      const written = space ? immediate[space] : immediatesByKind(row);
      const needs = name.startsWith("memory.atomic.wait") ? ["shared"] : [];
      add(name, [...[...takes].map((letter) => operands[letter]), op(name, written), drops(gives.length)], {
        needs,
      });
    }
  }
  for (const [name, code, rest] of controlCases(op)) add(name, code, rest);
  return cases;
}

/**
 * Immediates of the instructions that have a signature and no index.
 * @param {Row} row
 */
function immediatesByKind({ name, code, signature }) {
  if (/\.const$/.test(name)) return operands[signature.slice(-1)].slice(code < 256 ? 1 : 2);
  if (/^v128\.(load|store)\d+_lane$/.test(name)) return [0, 0, 0];
  // an atomic access has its natural alignment
  if (/\.atomic\./.test(name)) return [atomicAlignment(name), 0];
  if (/(load|store)\d*(x\d)?(_splat|_zero|_[su])?$/.test(name)) return [0, 0];
  if (/shuffle$/.test(name)) return Array(16).fill(0);
  if (/_lane(_[su])?$/.test(name) || name === "atomic.fence") return [0];
  return [];
}

/** @param {string} name */
function atomicAlignment(name) {
  const bits =
    /(8|16|32)(_u)?$/.exec(name)?.[1] ??
    /rmw(8|16|32)\./.exec(name)?.[1] ??
    (/wait32|notify/.test(name) ? 32 : name.includes("wait64") || name.startsWith("i64") ? 64 : 32);
  return Math.log2(Number(bits) / 8);
}

/** Sizes as constants, on both sides of 128, and as what is known at run time only. */
const sizes = [0, 1, 10, 128, 129, 300];
const arraySizes = [0, 10, 129];
const globalGet = (/** @type {number} */ index) => [0x23, index];

/**
 * Variants of an instruction whose topmost operand is a size: `before` makes the others, `after` ends it.
 * @type {(before: Code, instruction: Code, after: Code, rest?: Needs) => Variant[]}
 */
const bySize = (before, instruction, after, rest = {}) => {
  const wide = rest.wide;
  const number = wide ? i64 : i32;
  const prefix = rest.label ? `${rest.label} ` : "";
  /** @type {Variant[]} */
  const cases = (rest.sizes ?? sizes).map((size) => [
    `${prefix}of ${size}`,
    [before, number(size), instruction, after],
    rest,
  ]);
  cases.push([`${prefix}of a global's 10`, [before, globalGet(wide ? 1 : 0), instruction, after], rest]);
  return cases;
};

/**
 * Variants of a grow that fails: known when compiled, through the stack or a local, or at run time only.
 * @param {Code} instruction
 * @param {Code} operand
 * @param {boolean} wide
 * @param {Needs} rest
 * @returns {Variant[]}
 */
function failing(instruction, operand, wide, rest) {
  const number = wide ? i64 : i32;
  const code = (/** @type {Code} */ size) => [operand, size, instruction, DROP];
  const local = { ...rest, locals: [wide ? I64 : I32] };
  /** @type {Variant[]} */
  const how = [
    ...[1, 128, 129, 1000].map((size) => /** @type {Variant} */ ([`of ${size}`, code(number(size)), rest])),
    ["of a global's 10", code(globalGet(wide ? 1 : 0)), rest],
    ["of a local's 10", [number(10), SET, 0, ...code([GET, 0])], local],
    ["of a local's 300", [number(300), SET, 0, ...code([GET, 0])], local],
    ["of a teed 10", code([...number(10), 0x22, 0]), local],
    ["of a local's 0", code([GET, 0]), local],
    ["of 10 behind a nop", code([...number(10), 0x01]), rest],
    ["of 10 behind a block", code([...number(10), 0x02, 0x40, 0x0b]), rest],
    ["of 10 behind a dropped 7", code([...number(10), ...number(7), DROP]), rest],
    ["of a block's 10", code([0x02, wide ? I64 : I32, ...number(10), 0x0b]), rest],
    ["of a br_if's 10", code([0x02, wide ? I64 : I32, ...number(10), ...globalGet(0), 0x0d, 0, 0x0b]), rest],
    ["of an immutable global's 10", code(globalGet(wide ? 3 : 2)), rest],
    ["of a sum", code([...number(10), ...number(0), wide ? 0x7c : 0x6a]), rest],
    [
      "of one of two",
      code([...globalGet(0), 0x04, wide ? I64 : I32, ...number(10), 0x05, ...number(10), 0x0b]),
      rest,
    ],
    ["of a looped local's 10", [number(10), SET, 0, 0x03, 0x40, ...code([GET, 0]), 0x0b], local],
    // as 64 bits these are more than any budget
    ...(wide ? [] : [/** @type {Variant} */ (["of -1", code(number(-1)), rest])]),
  ];
  return how.map(([label, code, needs]) => [`failing ${wide ? "64-bit " : ""}${label}`, code, needs ?? {}]);
}

/**
 * The variants of the instructions whose operands no signature tells, by name.
 * @param {Op} op
 * @returns {Readonly<Record<string, readonly Variant[]>>}
 */
function irregular(op) {
  /** @type {(code: readonly Code[], rest?: Needs) => Variant[]} */
  const one = (code, rest = {}) => [["", code, rest]];
  const ref = (name = "ref.func") => (name === "ref.func" ? op(name, u(G)) : op(name, [FUNCREF]));
  const end = op("end");
  const block = op("block", [0x40]);
  const gc = { needs: ["gc"] };
  const tag = { needs: ["tag"] };
  const thrown = { ...tag, stops: true };
  const struct = [i32(1), op("struct.new", u(STRUCT))];
  const packed = [i32(1), op("struct.new", u(PACKED))];
  const array = (/** @type {Kind} */ kind, length = 200) => [
    i32(length),
    op("array.new_default", u(arrays[kind])),
  ];
  const i31 = [i32(1), op("ref.i31")];
  const legacy = [op("try", [0x40]), op("nop"), op("catch_all"), end];
  /** try_table () -> () with catch_all to label 0. */
  const tryTable = op("try_table", [0x40, ...vector([[2, 0]])]);
  /** @type {Readonly<Record<Kind, Code>>} */
  const fill = {
    ...{
      i8: i32(1),
      i16: i32(1),
      i32: i32(1),
      i64: i64(1),
      f32: operands.f,
      f64: operands.d,
      v128: operands.v,
    },
    ...{ funcref: ref(), externref: op("ref.null", [EXTERNREF]), anyref: i31, i31ref: i31 },
  };
  /** @type {(kinds: readonly Kind[], make: (kind: Kind) => readonly [Code, Code, Code?]) => Variant[]} */
  const arrayCases = (kinds, make) =>
    kinds.flatMap((kind) => {
      const [before, instruction, after = []] = make(kind);
      return bySize(before, instruction, after, { ...gc, label: kind, sizes: arraySizes });
    });

  return {
    unreachable: one([op("unreachable")], { stops: true }),
    block: one([block, end]),
    loop: one([op("loop", [0x40]), end]),
    if: [
      ["taken", [i32(1), op("if", [0x40]), end]],
      ["not taken", [i32(0), op("if", [0x40]), end]],
    ],
    else: one([i32(0), op("if", [0x40]), op("else"), end]),
    try: one(legacy, tag),
    catch: one([op("try", [0x40]), op("throw", [0]), op("catch", [0]), end], tag),
    throw: [
      ["", [op("throw", [0])], thrown],
      ["with more before it", [i32(1), DROP, op("throw", [0])], thrown],
    ],
    rethrow: one([op("try", [0x40]), op("throw", [0]), op("catch_all"), op("rethrow", [0]), end], thrown),
    throw_ref: one([op("ref.null", [0x69]), op("throw_ref")], thrown),
    end: one([block, end]),
    br: one([block, op("br", [0]), end]),
    br_if: [
      ["taken", [block, i32(1), op("br_if", [0]), end]],
      ["not taken", [block, i32(0), op("br_if", [0]), end]],
    ],
    br_table: one([block, i32(0), op("br_table", vector([[0]]), [0]), end]),
    return: one([op("return")]),
    call: one([op("call", u(G))]),
    call_indirect: one([i32(0), ref(), op("table.set", [0]), i32(0), op("call_indirect", [0], [0])]),
    return_call: one([op("return_call", u(G))]),
    return_call_indirect: one([
      i32(0),
      ref(),
      op("table.set", [0]),
      i32(0),
      op("return_call_indirect", [0], [0]),
    ]),
    call_ref: one([ref(), op("call_ref", [0])]),
    return_call_ref: one([ref(), op("return_call_ref", [0])]),
    delegate: one(
      [op("try", [0x40]), op("try", [0x40]), op("nop"), op("delegate", [0]), op("catch_all"), end],
      tag,
    ),
    catch_all: one([op("try", [0x40]), op("throw", [0]), op("catch_all"), end], tag),
    drop: one([i32(1), DROP]),
    select: one([i32(1), i32(2), i32(1), op("select"), DROP]),
    select_typed: one([i32(1), i32(2), i32(1), op("select_typed", vector([[I32]])), DROP]),
    try_table: one([block, tryTable, end, end], tag),
    "local.get": one([GET, 0, DROP], { locals: [I32] }),
    "local.set": one([i32(1), SET, 0], { locals: [I32] }),
    "local.tee": one([i32(1), op("local.tee", [0]), DROP], { locals: [I32] }),
    "global.get": one([op("global.get", [0]), DROP]),
    "global.set": one([i32(1), op("global.set", [0])]),
    "table.get": one([i32(0), op("table.get", [0]), DROP]),
    "table.set": one([i32(0), ref(), op("table.set", [0])]),
    "memory.grow": [
      ...bySize([], op("memory.grow", [0]), DROP),
      ...bySize([], op("memory.grow", [0]), DROP, { needs: ["memory64"], wide: true, label: "64-bit" }),
      ...failing(op("memory.grow", [0]), [], false, { needs: ["full"] }),
      ...failing(op("memory.grow", [0]), [], true, { needs: ["full", "memory64"] }),
    ],
    "memory.size": one([op("memory.size", [0]), DROP]),
    "memory.init": bySize([i32(8), i32(0)], op("memory.init", [0], [0]), []),
    "memory.copy": [
      ...bySize([i32(8), i32(16)], op("memory.copy", [0], [0]), []),
      ...bySize([i64(8), i64(16)], op("memory.copy", [0], [0]), [], {
        needs: ["memory64"],
        wide: true,
        label: "64-bit",
      }),
    ],
    "memory.fill": [
      ...bySize([i32(8), i32(0)], op("memory.fill", [0]), []),
      ...bySize([i64(8), i32(0)], op("memory.fill", [0]), [], {
        needs: ["memory64"],
        wide: true,
        label: "64-bit",
      }),
    ],
    "table.init": bySize([i32(0), i32(0)], op("table.init", [1], [0]), []),
    "table.copy": [
      ...bySize([i32(0), i32(5)], op("table.copy", [0], [0]), []),
      ...bySize([i64(0), i64(5)], op("table.copy", [0], [0]), [], {
        needs: ["table64"],
        wide: true,
        label: "64-bit",
      }),
    ],
    "table.grow": [
      ...bySize([ref()], op("table.grow", [0]), DROP),
      ...bySize([ref("ref.null")], op("table.grow", [0]), DROP, { label: "with null" }),
      ...bySize([ref()], op("table.grow", [0]), DROP, { needs: ["table64"], wide: true, label: "64-bit" }),
      ...failing(op("table.grow", [0]), ref(), false, { needs: ["full"] }),
      ...failing(op("table.grow", [0]), ref(), true, { needs: ["full", "table64"] }),
    ],
    "table.fill": [
      ...bySize([i32(0), ref()], op("table.fill", [0]), []),
      ...bySize([i32(0), ref("ref.null")], op("table.fill", [0]), [], { label: "with null" }),
      ...bySize([i64(0), ref()], op("table.fill", [0]), [], {
        needs: ["table64"],
        wide: true,
        label: "64-bit",
      }),
    ],
    "ref.null": one([ref("ref.null"), DROP]),
    "ref.is_null": one([ref(), op("ref.is_null"), DROP]),
    "ref.func": one([ref(), DROP]),
    "ref.eq": one([i31, i31, op("ref.eq"), DROP], gc),
    "ref.as_non_null": one([ref(), op("ref.as_non_null"), DROP]),
    br_on_null: [
      ["taken", [block, ref("ref.null"), op("br_on_null", [0]), DROP, end]],
      ["not taken", [block, ref(), op("br_on_null", [0]), DROP, end]],
    ],
    br_on_non_null: [
      ["taken", [op("block", [FUNCREF]), ref(), op("br_on_non_null", [0]), ref("ref.null"), end, DROP]],
      [
        "not taken",
        [op("block", [FUNCREF]), ref("ref.null"), op("br_on_non_null", [0]), ref("ref.null"), end, DROP],
      ],
    ],
    "struct.new": one([struct, DROP], gc),
    "struct.new_default": one([op("struct.new_default", u(STRUCT)), DROP], gc),
    "struct.get": one([struct, op("struct.get", u(STRUCT), [0]), DROP], gc),
    "struct.get_s": one([packed, op("struct.get_s", u(PACKED), [0]), DROP], gc),
    "struct.get_u": one([packed, op("struct.get_u", u(PACKED), [0]), DROP], gc),
    "struct.set": one([struct, i32(1), op("struct.set", u(STRUCT), [0])], gc),
    "array.new": [
      ...arrayCases(kinds, (kind) => [fill[kind], op("array.new", u(arrays[kind])), DROP]),
      ["i32 of 10 zeros", [i32(0), i32(10), op("array.new", u(arrays.i32)), DROP], gc],
    ],
    "array.new_default": arrayCases(kinds, (kind) => [[], op("array.new_default", u(arrays[kind])), DROP]),
    "array.new_fixed": [0, 1, 10, 300].map((length) => [
      `of ${length}`,
      [...Array(length).fill(i32(1)), op("array.new_fixed", u(arrays.i32), u(length)), DROP],
      gc,
    ]),
    "array.new_data": arrayCases(numbers, (kind) => [
      i32(0),
      op("array.new_data", u(arrays[kind]), [0]),
      DROP,
    ]),
    "array.new_elem": arrayCases(["funcref"], (kind) => [
      i32(0),
      op("array.new_elem", u(arrays[kind]), [1]),
      DROP,
    ]),
    "array.get": one([array("i32"), i32(0), op("array.get", u(arrays.i32)), DROP], gc),
    "array.get_s": one([array("i8"), i32(0), op("array.get_s", u(arrays.i8)), DROP], gc),
    "array.get_u": one([array("i8"), i32(0), op("array.get_u", u(arrays.i8)), DROP], gc),
    "array.set": one([array("i32"), i32(0), i32(1), op("array.set", u(arrays.i32))], gc),
    "array.len": one([array("i32"), op("array.len"), DROP], gc),
    "array.fill": [
      ...arrayCases(kinds, (kind) => [[array(kind), i32(0), fill[kind]], op("array.fill", u(arrays[kind]))]),
      ["i32 of 10 zeros", [array("i32"), i32(0), i32(0), i32(10), op("array.fill", u(arrays.i32))], gc],
    ],
    "array.copy": arrayCases(kinds, (kind) => [
      [array(kind), i32(0), array(kind), i32(5)],
      op("array.copy", u(arrays[kind]), u(arrays[kind])),
    ]),
    "array.init_data": arrayCases(numbers, (kind) => [
      [array(kind), i32(0), i32(0)],
      op("array.init_data", u(arrays[kind]), [0]),
    ]),
    "array.init_elem": arrayCases(["funcref"], (kind) => [
      [array(kind), i32(0), i32(0)],
      op("array.init_elem", u(arrays[kind]), [1]),
    ]),
    "ref.test": one([i31, op("ref.test", [0x6c]), DROP], gc),
    "ref.test_null": one([i31, op("ref.test_null", [0x6c]), DROP], gc),
    "ref.cast": one([i31, op("ref.cast", [0x6c]), DROP], gc),
    "ref.cast_null": one([i31, op("ref.cast_null", [0x6c]), DROP], gc),
    br_on_cast: one(
      [
        op("block", [0x6c]),
        op("block", [ANYREF]),
        i31,
        op("br_on_cast", [3, 1, ANYREF, 0x6c]),
        end,
        DROP,
        op("ref.null", [0x6c]),
        end,
        DROP,
      ],
      gc,
    ),
    br_on_cast_fail: one(
      [op("block", [ANYREF]), i31, op("br_on_cast_fail", [3, 0, ANYREF, 0x6c]), end, DROP],
      gc,
    ),
    "any.convert_extern": one([op("ref.null", [EXTERNREF]), op("any.convert_extern"), DROP], gc),
    "extern.convert_any": one([i31, op("extern.convert_any"), DROP], gc),
    "ref.i31": one([i31, DROP], gc),
    "i31.get_s": one([i31, op("i31.get_s"), DROP], gc),
    "i31.get_u": one([i31, op("i31.get_u"), DROP], gc),
  };
}

/**
 * What moves control between functions, where wasmtime has lost fuel.
 * @param {Op} op
 * @returns {Variant[]}
 */
function controlCases(op) {
  const end = op("end");
  const block = op("block", [0x40]);
  const tag = { needs: ["tag"] };
  const thrown = { ...tag, stops: true };
  const work = [i32(1), DROP, i32(1), DROP];
  const catching = op("try_table", [0x40, ...vector([[2, 0]])]);
  const uncatching = op("try_table", [0x40, ...vector([])]);
  const inTry = (/** @type {Code[]} */ ...code) => [...work, block, catching, ...code, end, end, ...work];
  return [
    ["call of work", [...work, op("call", u(WORKS)), ...work]],
    ["call_ref of work", [...work, op("ref.func", u(WORKS)), op("call_ref", [0]), ...work]],
    [
      "call_ref of work, twice",
      [op("ref.func", u(WORKS)), op("call_ref", [0]), op("ref.func", u(WORKS)), op("call_ref", [0])],
    ],
    ["call_ref, then call", [op("ref.func", u(WORKS)), op("call_ref", [0]), op("call", u(G))]],
    [
      "call_ref, then a trap",
      [op("ref.func", u(WORKS)), op("call_ref", [0]), op("unreachable")],
      { stops: true },
    ],
    ["return_call of work", [...work, op("return_call", u(WORKS))]],
    ["return_call_ref of work", [...work, op("ref.func", u(WORKS)), op("return_call_ref", [0])]],
    ["throw caught where thrown", inTry(...work, op("throw", [0])), tag],
    ["throw caught in the caller", inTry(op("call", u(THROWS))), tag],
    ["throw caught in the caller of call_ref", inTry(op("ref.func", u(THROWS)), op("call_ref", [0])), tag],
    ["throw through try_table without clauses", [...work, uncatching, op("call", u(THROWS)), end], thrown],
    ["throw that nobody catches", [...work, op("call", u(THROWS))], thrown],
    ["try_table around a call that does not throw", inTry(op("call", u(WORKS))), tag],
    ["try_table around nothing that calls", inTry(...work), tag],
  ];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { opcodes } = await import(new URL("../dist/wasm/opcodes.js", import.meta.url).href);
  const cases = instructionCases(opcodes).map(({ bytes, ...rest }) => ({
    ...rest,
    wasm: Buffer.from(bytes).toString("base64"),
  }));
  process.stdout.write(`${JSON.stringify(cases)}\n`);
}
