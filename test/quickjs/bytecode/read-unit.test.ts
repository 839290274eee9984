import { expect, test } from "vitest";
import { type DecodeError, Diagnostic } from "../../../src/base/diagnostics.ts";
import { readUnit, sum } from "../../../src/quickjs/bytecode/read-unit.ts";
import { compile } from "../../support/compile.ts";

const source = `import { Shape as say } from "function.mjs";
import * as all from "function.mjs";
export { Shape as uno } from "function.mjs";
export * from "function.mjs";
const template = (tag) => tag\`a\${1}b\\n\`;
const constants = ["caf\u00e9", "\u4e2d\u6587", "x".repeat(300), 1.5, -7, 123456789012345678901234567890n, -3n, /a+b/gi, null];
export default async function main(a, b = 1) {
  const inner = function* deep(c) { return () => a + c; };
  return inner(b, say, all);
}
export class Shape { static #count = 0; get size() { return Shape.#count; } constructor() { super.toString(); } }
class Round extends Shape { constructor() { super(); } async *walk() { yield 1; } }
`;

test("a module's record, functions and everything between them", () => {
  // the only module that can be imported while compiling is this one
  const unit = readUnit(compile(source));
  expect(unit.engine).toBe("ng26");
  expect(unit.module).toMatchObject({
    name: "function.mjs",
    requests: ["function.mjs"],
    imports: [
      { name: "Shape", request: 0 },
      { name: "*", request: 0 },
    ],
    exportAll: [0],
    awaits: false,
  });
  const root = unit.functions[0]!;
  expect(unit.module!.exports.map(({ name, variable }) => [name, root.closure[variable]?.name])).toEqual(
    expect.arrayContaining([
      ["uno", undefined],
      ["default", "main"],
      ["Shape", "Shape"],
    ]),
  );
  const main = unit.functions.find((fn) => fn.name === "main")!;
  expect(main).toMatchObject({
    kind: "async",
    file: "function.mjs",
    line: 7,
    argumentCount: 2,
    hasPrototype: false,
  });
  expect(main.variables.slice(0, main.argumentCount)).toEqual(["a", "b"]);
  expect(main.variables).toContain("inner");
  expect(unit.functions.find((fn) => fn.name === "deep")).toMatchObject({
    kind: "generator",
    parent: main.index,
    variables: expect.arrayContaining(["c"]),
  });
  expect(unit.functions.some((fn) => fn.kind === "async generator")).toBe(true);
  expect(unit.functions.filter((fn) => fn.isDerivedConstructor)).toHaveLength(1);
});

test("functions are numbered in pre-order, by the constant pools", () => {
  const { functions } = readUnit(compile(source));
  const order: number[] = [];
  const visit = (index: number) => {
    order.push(index);
    for (const inner of functions[index]!.constants)
      if (inner >= 0) {
        expect(functions[inner]!.parent).toBe(index);
        visit(inner);
      }
  };
  visit(0);
  expect(order).toEqual(functions.map((fn) => fn.index));
  expect(functions[0]!.parent).toBe(-1);
});

test("code stands where codeStart says", () => {
  const payload = compile(source);
  for (const fn of readUnit(payload, 1000).functions)
    expect(payload.subarray(fn.codeStart - 1000, fn.codeStart - 1000 + fn.code.length)).toEqual(fn.code);
});

test("atoms are texts: own, predefined, integers, private names", () => {
  const { functions } = readUnit(
    compile("class A { #p = 1; m(o) { o.zzz = o.length; return o[1]; } }\n({ 1: 2, __proto__: 3 });"),
  );
  const texts = new Set(functions.flatMap((fn) => [...fn.atoms.values()]));
  expect(texts).toEqual(new Set(["A", "#p", "m", "zzz", "1"]));
});

test("a module that awaits says so", () => {
  expect(readUnit(compile("await 1;")).module!.awaits).toBe(true);
});

test("the checksum is the engine's own", () => {
  // programs of every length modulo 4 were made by the engine
  const lengths = new Set<number>();
  for (const name of ["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg"]) {
    const payload = compile(`globalThis.${name} = 1;`);
    lengths.add(payload.length % 4);
    expect(sum(payload.subarray(5))).toBe(
      new DataView(payload.buffer, payload.byteOffset).getUint32(1, true),
    );
  }
  expect(lengths.size).toBe(4);
});

test("malformed programs are refused where they go wrong", () => {
  const payload = compile("function f() {}");
  const at = (bytes: Uint8Array, message: RegExp, offset?: number) => {
    try {
      readUnit(bytes, 0x100);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(Diagnostic);
      expect((error as Diagnostic).message).toMatch(message);
      if (offset !== undefined) expect((error as DecodeError).offset).toBe(0x100 + offset);
    }
  };
  const patched = (offset: number, value: number) => {
    const copy = payload.slice();
    copy.fill(0xff, 1, 5);
    copy[offset] = value;
    return copy;
  };
  at(new Uint8Array(0), /unexpected end/, 0);
  at(patched(0, 99), /version 99/);
  const flipped = payload.slice();
  flipped[payload.length - 1]! ^= 1;
  at(flipped, /checksum/, 1);
  at(payload.subarray(0, 3), /unexpected end/, 3);
  at(patched(5, 0x7f), /kind of atom|unexpected end|unknown kind/);
  // all ones instead of a checksum is accepted, as the engine does
  expect(readUnit(patched(1, 0xff)).functions).toHaveLength(2);
});
