/**
 * The module of an instruction's case: `f` with the code to measure, three functions to call, a table, a memory,
 * globals of 10, passive segments, and where the code needs them a tag and the types of garbage collection. As bytes, by hand:
 * no assembler of texts knows every instruction.
 */

/**
 * What a module and a series of variants need: `stops`, `f` does not return; `wide`, operands of 64 bits.
 * @typedef {object} Needs
 * @property {readonly number[]} [locals] types
 * @property {readonly string[]} [needs] gc, tag, shared, memory64, table64, full: see moduleOf
 * @property {boolean} [stops]
 * @property {boolean} [wide]
 * @property {string} [label]
 * @property {readonly number[]} [sizes]
 */

/**
 * Unsigned LEB128.
 * @param {number} value
 */
export const u = (value) => {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return [...bytes, value];
};
/**
 * Signed LEB128 of a number of 32 bits at most.
 * @type {(value: number) => number[]}
 */
export const s = (value) =>
  value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...s(value >> 7)];
/** @type {(items: readonly (number | readonly number[])[]) => number[]} */
export const vector = (items) => [...u(items.length), ...items.flat()];
/** @type {(bytes: readonly number[]) => number[]} */
const sized = (bytes) => [...u(bytes.length), ...bytes];
/** @type {(string: string) => number[]} */
const text = (string) => sized([...Buffer.from(string)]);

export const [I32, I64, FUNCREF, EXTERNREF, ANYREF, I31REF] = [0x7f, 0x7e, 0x70, 0x6f, 0x6e, 0x6c];

/** The types of every module: () -> (), and where it needs them a struct and arrays. */
const functionType = [0x60, 0, 0];
export const STRUCT = 1;
export const PACKED = 2;
/** The arrays by what they hold: their elements' storage types, and as indices behind the other types. */
const storage = {
  i8: 0x78,
  i16: 0x77,
  i32: I32,
  i64: I64,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: FUNCREF,
  externref: EXTERNREF,
  anyref: ANYREF,
  i31ref: I31REF,
};
/** @typedef {keyof typeof storage} Kind */
export const kinds = /** @type {Kind[]} */ (Object.keys(storage));
export const numbers = kinds.filter((kind) => !kind.endsWith("ref"));
/** @type {Readonly<Record<string, number>>} */
export const arrays = Object.fromEntries(kinds.map((kind, i) => [kind, 3 + i]));
const gcTypes = [
  [0x5f, 1, I32, 1],
  [0x5f, 1, storage.i8, 1],
  ...kinds.map((kind) => [0x5e, storage[kind], 1]),
];

/** Elements of table 0; bytes of the passive data, at least. */
const tableSize = 400;
const dataBytes = 129 * 16;
/** Functions: f is 0; g does nothing, works costs 5, throws throws tag 0 with 5 pending. */
export const [G, WORKS, THROWS] = [1, 2, 3];

/**
 * A module around the code of `f`. `needs`: gc, tag, shared (memory), memory64, table64, full (memory and table that
 * cannot grow).
 * @param {Needs & { code: readonly number[] }} what
 */
export function moduleOf({ code, locals = [], needs = [] }) {
  const has = (/** @type {string} */ need) => needs.includes(need);
  /** @type {(body: readonly number[], own?: readonly number[]) => number[]} */
  const function_ = (body, own = []) =>
    sized([...vector(own.map((type) => [...u(1), ...[type].flat()])), ...body, 0x0b]);
  const works = Array(5).fill([0x41, 0, 0x1a]).flat();
  /** @type {(id: number, content: readonly number[]) => number[]} */
  const section = (id, content) => [id, ...sized(content)];
  /** @type {(min: number, max: number | null, flags: number) => number[]} */
  const limits = (min, max, flags) => (max === null ? [flags, ...u(min)] : [flags | 1, ...u(min), ...u(max)]);
  const memory = has("shared") ? limits(1, 1, 2) : limits(1, has("full") ? 1 : null, has("memory64") ? 4 : 0);
  const table = limits(tableSize, has("full") ? tableSize : null, has("table64") ? 4 : 0);
  const functions = [
    function_(code, locals),
    function_([]),
    function_(works),
    function_(has("tag") ? [...works, 0x08, 0] : []),
  ];
  return [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([functionType, ...(has("gc") ? gcTypes : [])])),
    ...section(3, vector(functions.map(() => [0]))),
    ...section(4, vector([[FUNCREF, ...table]])),
    ...section(5, vector([memory])),
    ...(has("tag") ? section(13, vector([[0, 0]])) : []),
    ...section(
      6,
      vector([
        [I32, 1, 0x41, ...s(10), 0x0b],
        [I64, 1, 0x42, ...s(10), 0x0b],
        [I32, 0, 0x41, ...s(10), 0x0b],
        [I64, 0, 0x42, ...s(10), 0x0b],
      ]),
    ),
    ...section(7, vector([[...text("f"), 0, 0]])),
    // functions that code refers to, and a passive list of as many as the table holds
    ...section(
      9,
      vector([
        [3, 0, ...vector([[G], [WORKS], [THROWS]])],
        [1, 0, ...vector(Array(tableSize).fill([G]))],
      ]),
    ),
    ...section(12, u(1)),
    ...section(10, vector(functions)),
    ...section(11, vector([[1, ...sized(Array(dataBytes).fill(0))]])),
  ];
}
