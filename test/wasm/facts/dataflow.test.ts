/** Where values come from: through the stack, blocks and joins; and which definitions of a local reach a use. */
import { describe, expect, test } from "vitest";
import { decodeModule } from "../../../src/wasm/decode.ts";
import { body, encodeSections, entry } from "../../../src/wasm/encode.ts";
import {
  type FunctionFlow,
  functionFlow,
  type Instruction,
  type Value,
} from "../../../src/wasm/facts/dataflow.ts";
import { lebAt } from "../../../src/wasm/instructions.ts";
import { Imm, opcodes } from "../../../src/wasm/opcodes.ts";
import type { Module } from "../../../src/wasm/types.ts";
import { assemble, everything, isValid } from "../../support/binaryen.ts";

interface Flow extends FunctionFlow {
  readonly module: Module;
}

/** The flow of the last function of a module; `$a` and `$b` are parameters, `$x` and `$y` locals. */
function flowOf(code: string, more = ""): Flow {
  const module = assemble(
    `(module (memory 1) ${more} (func (export "f") (param $a i32) (param $b i32) (local $x i32) (local $y i32) ${code}))`,
    everything,
  );
  return flowIn(module, module.functions.length - 1);
}

function flowIn(module: Module, index: number): Flow {
  const flow = functionFlow(module, index);
  return {
    module,
    instructions: flow.instructions,
    at: (offset) => flow.at(offset),
    definitions: (use, local) => flow.definitions(use, local),
  };
}

const nameOf = ({ row }: Instruction) => opcodes[row]!.name;

/** An instruction as its name, with its index or (small) constant where it has one. */
function show({ module }: Flow, instruction: Instruction): string {
  const { imm } = opcodes[instruction.row]!;
  const isSingle = imm === Imm.i32 || imm === Imm.index;
  return nameOf(instruction) + (isSingle ? ` ${lebAt(module.bytes, instruction.immediates)}` : "");
}

function showValue(flow: Flow, value: Value): string {
  if (value.kind === "unknown") return "unknown";
  if (value.kind === "instruction") return show(flow, value.instruction);
  return `[${value.inputs.map((input) => showValue(flow, input)).join(" | ")}]`;
}

/** Operands of every instruction of that name, in the order of the code. */
const operands = (flow: Flow, name: string) =>
  flow.instructions
    .filter((one) => nameOf(one) === name)
    .map((one) => one.operands.map((value) => showValue(flow, value)));

/** Indices of the locals. */
const [a, x, y] = [0, 2, 3];

/** What the definitions of `local` set that reach the last local.get of it. */
function definitions(flow: Flow, local: number): string[] {
  const use = flow.instructions.findLast((one) => show(flow, one) === `local.get ${local}`)!;
  return flow
    .definitions(use, local)
    .map((one) => (one === "entry" ? one : showValue(flow, one.operands[0]!)))
    .sort();
}

describe("operands", () => {
  test("through the stack, deepest first", () => {
    const flow = flowOf(
      "(i32.store (i32.load8_u (local.get $a)) (local.tee $x (i32.sub (local.get $b) (i32.const 7))))",
    );
    expect(operands(flow, "i32.store")).toEqual([["i32.load8_u", "local.tee 2"]]);
    expect(operands(flow, "local.tee")).toEqual([["i32.sub"]]);
    expect(operands(flow, "i32.sub")).toEqual([["local.get 1", "i32.const 7"]]);
    expect(operands(flow, "i32.load8_u")).toEqual([["local.get 0"]]);
    expect(operands(flow, "local.get")).toEqual([[], []]);
  });

  test("of calls, by their types", () => {
    const flow = flowOf(
      `(local.set $x (call $g (i32.const 1) (i32.const 2)))
      (local.set $y (call_indirect $t (type $v) (i32.const 3) (i32.const 4) (i32.const 5)))`,
      "(type $v (func (param i32 i32) (result i32))) (table $t 1 funcref) (func $g (type $v) (unreachable))",
    );
    expect(operands(flow, "call")).toEqual([["i32.const 1", "i32.const 2"]]);
    expect(operands(flow, "call_indirect")).toEqual([["i32.const 3", "i32.const 4", "i32.const 5"]]);
    expect(operands(flow, "local.set")).toEqual([["call 0"], ["call_indirect"]]);
  });

  // biome-ignore format: a table
  test.each<[what: string, code: string, sets: string[]]>([
    ["what falls out of a block joins what branches out", "(local.set $x (block $l (result i32) (drop (br_if $l (i32.const 1) (local.get $a))) (i32.const 2)))", ["[i32.const 1 | i32.const 2]"]],
    ["a br_table carries its value to every label", `(local.set $x (block $l (result i32)
      (local.set $y (block $m (result i32) (br_table $m $l (i32.const 2) (local.get $b)))) (i32.const 3)))`, ["[i32.const 2]", "[i32.const 2 | i32.const 3]"]],
    ["if and else join", "(local.set $x (if (result i32) (local.get $a) (then (i32.const 1)) (else (i32.const 2))))", ["[i32.const 1 | i32.const 2]"]],
    ["an arm that does not reach its end adds nothing", "(local.set $x (if (result i32) (local.get $a) (then (return)) (else (i32.const 2))))", ["[i32.const 2]"]],
    ["a loop's result is not what goes round", "(local.set $x (loop $l (result i32) (br_if $l (local.get $a)) (i32.const 3)))", ["[i32.const 3]"]],
    ["a tee's result is the tee", "(local.set $x (local.tee $y (i32.const 3)))", ["local.tee 3"]],
  ])("%s", (_, code, sets) => expect(operands(flowOf(code), "local.set")).toEqual(sets.map((one) => [one])));

  test("references go along with the branches that test them", () => {
    const flow = flowOf(
      `(drop (block $n (result (ref any)) (br_on_non_null $n (global.get $g)) (unreachable)))
      (block $z (drop (br_on_null $z (global.get $h))))
      (drop (block $c (result (ref i31)) (drop (br_on_cast $c anyref (ref i31) (global.get $g))) (unreachable)))
      (drop (block $d (result anyref) (drop (br_on_cast_fail $d anyref (ref i31) (global.get $h))) (unreachable)))`,
      "(global $g (mut anyref) (ref.null any)) (global $h (mut anyref) (ref.null any))",
    );
    expect(operands(flow, "drop").flat()).toEqual([
      "[global.get 0]",
      "global.get 1",
      "global.get 0",
      "[global.get 0]",
      "global.get 1",
      "[global.get 1]",
    ]);
    for (const name of ["br_on_non_null", "br_on_cast"])
      expect(operands(flow, name)).toEqual([["global.get 0"]]);
    for (const name of ["br_on_null", "br_on_cast_fail"])
      expect(operands(flow, name)).toEqual([["global.get 1"]]);
  });

  test("behind a try_table, code that only a catch clause leads to is reached, with an unknown value", () => {
    const flow = flowOf(
      `(local.set $x (block $h (result i32) (try_table (catch $e $h) (throw $e (i32.const 1))) (unreachable)))
      (local.set $y (i32.const 2)) (drop (local.get $y)) (drop (local.get $x)) (drop (local.get $a))`,
      "(tag $e (param i32))",
    );
    expect(operands(flow, "local.set")).toEqual([["[unknown]"], ["i32.const 2"]]);
    expect([a, x, y].map((local) => definitions(flow, local))).toEqual([
      ["entry"],
      ["[unknown]"],
      ["i32.const 2"],
    ]);
  });
});

describe("definitions that reach a use", () => {
  const drop = "(drop (local.get $x))";
  const [set1, set2] = ["(local.set $x (i32.const 1))", "(local.set $x (i32.const 2))"];
  // biome-ignore format: a table
  test.each<[what: string, code: string, expected: string[]]>([
    ["none but the entry", drop, ["entry"]],
    ["the last set, not another local's", `${set1} ${set2} (local.set $y (i32.const 3)) ${drop}`, ["i32.const 2"]],
    ["a tee", `(drop (local.tee $x (i32.const 1))) ${drop}`, ["i32.const 1"]],
    ["not what comes later", `${drop} ${set1}`, ["entry"]],
    ["both arms of an if", `(if (local.get $a) (then ${set1}) (else ${set2})) ${drop}`, ["i32.const 1", "i32.const 2"]],
    ["an if without else", `(if (local.get $a) (then ${set1})) ${drop}`, ["entry", "i32.const 1"]],
    ["an arm that leaves", `(if (local.get $a) (then ${set1} (return))) ${drop}`, ["entry"]],
    ["not the other arm's", `(if (local.get $a) (then ${set1}) (else ${drop}))`, ["entry"]],
    ["around a loop", `${set1} (loop $l ${drop} ${set2} (br_if $l (local.get $a)))`, ["i32.const 1", "i32.const 2"]],
    ["around an endless loop", `(loop $l ${drop} ${set2} (br $l))`, ["entry", "i32.const 2"]],
    ["a loop without a branch back", `${set1} (loop $l ${drop} ${set2})`, ["i32.const 1"]],
    ["behind a br_if", `(block $l (br_if $l (local.get $a)) ${set1}) ${drop}`, ["entry", "i32.const 1"]],
    ["from every label of a br_table", `(block $m (block $l (br_table $l $m (local.get $a))) ${set1}) ${drop}`, ["entry", "i32.const 1"]],
    ["out of nested loops", `(loop $l (loop $m ${set1} (br_if $m (local.get $a))) (br_if $l (local.get $a))) ${drop}`, ["i32.const 1"]],
  ])("%s", (_, code, expected) => expect(definitions(flowOf(code), x)).toEqual(expected));
});

test("blocks with parameters and several results", () => {
  const i32 = 0x7f;
  const set = [0x21, 2, 0x21, 3];
  // A block that takes two and gives two, a loop that goes round with two, an if whose `then` passes its two on, one without else; a value below a block.
  // biome-ignore format: bytes
  const code = [
    0x41, 1, 0x41, 2, 0x02, 1, ...set, 0x41, 3, 0x41, 4, 0x0b, ...set,
    0x41, 5, 0x41, 6, 0x03, 1, ...set, 0x41, 7, 0x41, 8, 0x20, 0, 0x0d, 0, 0x0b, ...set,
    0x41, 9, 0x41, 10, 0x20, 0, 0x04, 1, 0x05, ...set, 0x41, 11, 0x41, 12, 0x0b, ...set,
    0x41, 13, 0x41, 14, 0x20, 0, 0x04, 1, ...set, 0x41, 15, 0x41, 16, 0x0b, ...set,
    0x41, 17, 0x02, 0x40, 0x41, 18, 0x1a, 0x0b, 0x21, 2, 0x0b,
  ];
  const bytes = encodeSections([
    { id: 1, payload: Uint8Array.of(2, 0x60, 2, i32, i32, 0, 0x60, 2, i32, i32, 2, i32, i32) },
    { id: 3, payload: Uint8Array.of(1, 0) },
    {
      id: 10,
      payload: entry((w) => {
        w.leb(1);
        w.copy(body([[2, i32]], (inner) => inner.copy(Uint8Array.from(code))));
      }),
    },
  ]);
  expect(isValid(bytes)).toBe(true);
  const module = decodeModule(bytes);
  const flow = flowIn(module, 0);
  expect(
    operands(flow, "local.set")
      .flat()
      .map((text) => text.replaceAll("i32.const ", "")),
  ).toEqual([
    ...["2", "1", "[4]", "[3]"],
    ...["[6 | 8]", "[5 | 7]", "[8]", "[7]"],
    ...["10", "9", "[10 | 12]", "[9 | 11]"],
    ...["14", "13", "[16 | 14]", "[15 | 13]"],
    "17",
  ]);
});

test("a label that does not exist, an end too many and an unknown instruction are refused", () => {
  const refused = (...code: number[]) => {
    const bytes = encodeSections([
      { id: 1, payload: Uint8Array.of(1, 0x60, 0, 0) },
      { id: 3, payload: Uint8Array.of(1, 0) },
      { id: 10, payload: Uint8Array.of(1, code.length + 1, 0, ...code) },
    ]);
    return expect(() => functionFlow(decodeModule(bytes), 0).instructions);
  };
  refused(0x0c, 7, 0x0b).toThrow(
    expect.objectContaining({ message: "label 7 does not exist", offset: 0x17 }),
  );
  refused(0x0b, 0x0b).toThrow(expect.objectContaining({ message: "end without a block", offset: 0x18 }));
  refused(0x0b, 0x05).toThrow(expect.objectContaining({ message: "else outside a block", offset: 0x18 }));
  refused(0xff, 0x0b).toThrow(expect.objectContaining({ message: "unknown instruction 0xff", offset: 0x17 }));
});
