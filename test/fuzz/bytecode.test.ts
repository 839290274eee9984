/** Whatever the bytes are, reading a program ends soon, with a unit or with a Diagnostic; names never throw. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError, Diagnostic } from "../../src/base/diagnostics.ts";
import { instructions } from "../../src/quickjs/bytecode/disassemble.ts";
import { lineTable } from "../../src/quickjs/bytecode/line-table.ts";
import { readUnit } from "../../src/quickjs/bytecode/read-unit.ts";
import { engineById } from "../../src/quickjs/engines/versions.ts";
import { displayNames } from "../../src/quickjs/names/names-of-functions.ts";
import { compile } from "../support/compile.ts";

const payload = compile(`import * as x from "function.mjs"; export * from "function.mjs";
class A extends B { #p = () => 1; static { f(); } get [k]() { return this.#p; } constructor() { super(); this.z = function () {}; } }
const o = { m() { try { return tag\`a\${1}\`; } finally { o.q = async () => { for await (const v of w) yield_(v); }; } }, n: 12345678901234567890n, r: /x/g };
export default function* gen(a, b = () => 2) { yield* a ?? function () {}; o[a] ||= () => 1.5; }
`);
// all ones: no checksum
payload.fill(0xff, 1, 5);

const change = fc.record({ at: fc.nat(payload.length - 1), value: fc.nat(255) });

function check(bytes: Uint8Array): boolean {
  let unit: ReturnType<typeof readUnit>;
  try {
    unit = readUnit(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(Diagnostic);
    return false;
  }
  const engine = engineById(unit.engine);
  expect(displayNames(unit)).toHaveLength(unit.functions.length);
  for (const fn of unit.functions) {
    expect([...instructions(fn.code, engine.opcodes)].length).toBeLessThanOrEqual(fn.code.length);
    try {
      const table = lineTable(fn, engine.lines);
      for (let i = 1; i < table.length; i++) expect(table[i]!.offset).toBeGreaterThan(table[i - 1]!.offset);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
  }
  return true;
}

test("mutated programs", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const bytes = payload.slice();
      for (const { at, value } of changes) bytes[at] = value;
      if (check(bytes)) read++;
    }),
    { numRuns: 3000 },
  );
  // both outcomes were tried
  expect(read).toBeGreaterThan(100);
  expect(read).toBeLessThan(2900);
});

test("truncated programs never read", () => {
  expect(check(payload)).toBe(true);
  for (let length = 0; length < payload.length; length++) expect(check(payload.slice(0, length))).toBe(false);
});

test("numbers that promise much allocate nothing", () => {
  // a table of 2^28 atoms, an array of 2^32-1 values, a string of 2^30 characters
  const header = [26, 0xff, 0xff, 0xff, 0xff];
  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
  expect(check(Uint8Array.from([...header, ...huge]))).toBe(false);
  expect(check(Uint8Array.from([...header, 1, 1, ...huge, 0x61]))).toBe(false);
  expect(
    check(Uint8Array.from([...header, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...huge, 1, 0, 9, ...huge])),
  ).toBe(false);
  // arrays inside arrays, deeper than any stack
  const nest = new Uint8Array(200_000).map((_, i) => (i % 2 === 0 ? 9 : 1));
  expect(check(Uint8Array.from([...header, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, ...nest]))).toBe(
    false,
  );
});
