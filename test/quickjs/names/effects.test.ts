/** What births.ts takes an opcode to do to the stack, against what the engine's table says it does. */
import { expect, test } from "vitest";
import type { Instruction } from "../../../src/quickjs/bytecode/disassemble.ts";
import type { Opcode } from "../../../src/quickjs/engines/opcodes/table.ts";
import { versions } from "../../../src/quickjs/engines/versions.ts";
import {
  constant,
  joined,
  keyOf,
  member,
  moves,
  Stack,
  unknown,
  type Value,
  variable,
} from "../../../src/quickjs/names/abstract-stack.ts";
import { effects, type Machine } from "../../../src/quickjs/names/effects.ts";

const deep = 20;

function depthAfter(opcode: Opcode): number {
  const stack = new Stack();
  for (let i = 0; i < deep; i++) stack.push(unknown);
  const nothing = () => {};
  const machine: Machine = {
    stack,
    receiver: unknown,
    atom: () => "a",
    functionConstant: () => unknown,
    load: () => unknown,
    store: nothing,
    nameAll: nothing,
    property: nothing,
    home: nothing,
    defineClass: () => {
      stack.drop(2);
      stack.push(unknown);
      stack.push(unknown);
    },
    called: nothing,
    passed: nothing,
    jump: nothing,
    plain: ({ operands }) => {
      stack.drop(opcode.pops + operands[0]!);
      for (let i = 0; i < opcode.pushes; i++) stack.push(unknown);
    },
  };
  const instruction: Instruction = { offset: 0, opcode, operands: [0, 0] };
  effects[opcode.name]!(machine, instruction);
  return stack.snapshot().length;
}

for (const engine of versions) {
  const named = (name: string) => engine.opcodes.find((opcode) => opcode.name === name);

  test(`${engine.id}: moves pop and push what the table says`, () => {
    for (const [name, [count, order]] of Object.entries(moves)) {
      if (!named(name)) continue;
      expect([name, count, order.length]).toEqual([name, named(name)!.pops, named(name)!.pushes]);
      expect(
        order.every((index) => index < count),
        name,
      ).toBe(true);
    }
  });

  test(`${engine.id}: effects change the depth as the table says`, () => {
    for (const name of Object.keys(effects)) {
      const opcode = named(name);
      if (!opcode) continue;
      expect([name, depthAfter(opcode!)]).toEqual([name, deep + opcode!.pushes - opcode!.pops]);
    }
  });
}

test("every move and effect is of an opcode that some engine has", () => {
  const known = new Set(versions.flatMap(({ opcodes }) => opcodes.map(({ name }) => name)));
  expect([...Object.keys(moves), ...Object.keys(effects)].filter((name) => !known.has(name))).toEqual([]);
});

test("a stack has no bottom, and joins from the top", () => {
  const stack = new Stack();
  expect(stack.pop()).toBe(unknown);
  stack.push(constant("a"));
  expect(stack.take(3)).toEqual([unknown, unknown, constant("a")]);
  const fn = (index: number): Value => ({ ...unknown, functions: [index] });
  expect(joined([constant("x"), fn(1), variable("a")], [fn(2), variable("b")])).toEqual([
    { ...unknown, functions: [1, 2] },
    unknown,
  ]);
});

test("paths and keys read as the source does", () => {
  expect(member(variable("a"), "b")).toEqual({ ...variable("a.b"), property: "b" });
  expect(member(variable("A"), "prototype").path).toBe("A");
  expect(member(unknown, "b")).toEqual({ ...unknown, property: "b" });
  expect([keyOf(constant("k")), keyOf(variable("Symbol.iterator")), keyOf(unknown)]).toEqual([
    "k",
    "[Symbol.iterator]",
    "",
  ]);
});
