import { expect, test } from "vitest";
import { DecodeError } from "../../../src/base/diagnostics.ts";
import { atomOffsets, hasAtom, instructions } from "../../../src/quickjs/bytecode/disassemble.ts";
import { readUnit } from "../../../src/quickjs/bytecode/read-unit.ts";
import { engineById } from "../../../src/quickjs/engines/versions.ts";
import { compile } from "../../support/compile.ts";

const { opcodes } = engineById("ng26");
const code = (name: string) => opcodes.find((opcode) => opcode.name === name)!.code;
const listing = (bytes: number[]) =>
  [...instructions(Uint8Array.from(bytes), opcodes)].map(
    ({ offset, opcode, operands }) => `${offset} ${[opcode.name, ...operands].join(" ")}`,
  );

test("operands are decoded by format, short forms made explicit", () => {
  expect(
    listing([
      ...[code("push_i32"), 0xff, 0xff, 0xff, 0xff],
      ...[code("push_i8"), 0x80],
      code("push_minus1"),
      code("push_7"),
      ...[code("get_loc"), 0x01, 0x02],
      code("get_loc3"),
      code("get_loc0_loc1"),
      code("call2"),
      ...[code("call_method"), 5, 0],
      ...[code("define_method"), 7, 0, 0, 0x80, 4],
    ]),
  ).toEqual([
    "0 push_i32 -1",
    "5 push_i8 -128",
    "7 push_minus1 -1",
    "8 push_7 7",
    "9 get_loc 513",
    "12 get_loc3 3",
    "13 get_loc0_loc1 0",
    "14 call2 2",
    "15 call_method 5",
    "18 define_method 2147483655 4",
  ]);
});

test("a jump's operand is the code offset it goes to", () => {
  const nop = code("nop");
  expect(listing([nop, code("goto8"), 0xff, nop])).toEqual(["0 nop", "1 goto8 1", "3 nop"]);
  expect(listing([code("goto16"), 2, 0, nop])).toEqual(["0 goto16 3", "3 nop"]);
  expect(listing([code("if_false"), 4, 0, 0, 0, nop])).toEqual(["0 if_false 5", "5 nop"]);
  expect(listing([code("with_get_var"), 1, 0, 0, 0, 5, 0, 0, 0, 1, nop])).toEqual([
    "0 with_get_var 1 10 1",
    "10 nop",
  ]);
});

test("in real code every jump lands on an instruction", () => {
  const source = `export function f(n) {
    try { for (const x of [1, 2]) { if (x > n) continue; switch (x) { case 1: break; default: n++; } } }
    catch (e) { return e?.message ?? "x"; } finally { n = n && 0; } while (n < 200) n += n ? 1 : 2;
    ${"n = n * 2 - 1;".repeat(60)} do { n--; } while (n > 0); }`;
  let jumps = 0;
  for (const fn of readUnit(compile(source)).functions) {
    const all = [...instructions(fn.code, opcodes)];
    const starts = new Set(all.map(({ offset }) => offset));
    for (const { opcode, operands } of all)
      if (opcode.format.startsWith("label")) {
        jumps++;
        expect(starts, `${opcode.name} in ${fn.name}`).toContain(operands[0]);
      }
  }
  expect(jumps).toBeGreaterThan(15);
});

test("the walk over atoms agrees with the full one", () => {
  for (const fn of readUnit(compile("class A { m(o) { return o.x + this.y; } }\nA.z = { a: 1 };"))
    .functions) {
    const full = [...instructions(fn.code, opcodes)].filter(({ opcode }) => hasAtom(opcode));
    expect(atomOffsets(fn.code, opcodes)).toEqual(full.map(({ offset }) => offset + 1));
  }
});

test("an unknown opcode or an overrun is an error at its place", () => {
  const bad = (bytes: number[], offset: number) => {
    for (const walk of [instructions, atomOffsets])
      try {
        [...walk(Uint8Array.from(bytes), opcodes, 100)];
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
        expect((error as DecodeError).offset).toBe(100 + offset);
      }
  };
  bad([code("nop"), 0], 1);
  bad([code("nop"), code("nop"), 255], 2);
  bad([code("nop"), code("push_i32"), 1, 2, 3], 1);
});
