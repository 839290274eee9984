/** Where values come from, on small functions: constants stand for definitions, and a `global.set` asks for its operand. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteReader } from "../../../src/base/bytes.ts";
import { DecodeError } from "../../../src/base/diagnostics.ts";
import { decodeModule } from "../../../src/wasm/decode.ts";
import {
  type FunctionFlow,
  functionFlow,
  type Instruction,
  type Value,
} from "../../../src/wasm/facts/dataflow.ts";
import { lebAt } from "../../../src/wasm/instructions.ts";
import { opcodes } from "../../../src/wasm/opcodes.ts";
import type { Module } from "../../../src/wasm/types.ts";
import { assemble, everything } from "../../support/binaryen.ts";
import { Machine, Thrown, Trap } from "../../support/interpreter.ts";
import { arbitraryProgram } from "../../support/programs.ts";

const nameOf = ({ row }: Instruction) => opcodes[row]!.name;

/** Where a value comes from, through joins, local.get and local.tee: constants as numbers, else names; sorted. */
function sources(module: Module, flow: FunctionFlow, start: Value): string[] {
  const found = new Set<string>();
  const seen = new Set<Value | Instruction>();
  const follow = (value: Value) => {
    if (seen.has(value)) return;
    seen.add(value);
    if (value.kind === "unknown") found.add("unknown");
    else if (value.kind === "join") value.inputs.forEach(follow);
    else {
      const { instruction } = value;
      if (seen.has(instruction)) return;
      seen.add(instruction);
      const name = nameOf(instruction);
      if (name === "i32.const") {
        const r = new ByteReader(module.bytes);
        r.at = instruction.immediates;
        found.add(String(r.sleb()));
      } else if (name === "local.tee") instruction.operands.forEach(follow);
      else if (name === "local.get") {
        for (const definition of flow.definitions(instruction, lebAt(module.bytes, instruction.immediates))) {
          if (definition === "entry") found.add("entry");
          else definition.operands.forEach(follow);
        }
      } else found.add(name);
    }
  };
  follow(start);
  return [...found].sort();
}

/** Sources of what reaches each `global.set` of f, in the order of the code. */
function asked(code: string, more = ""): string[][] {
  const module = assemble(
    `(module (memory 1) (global $g (mut i32) (i32.const 0)) ${more}
    (func $f (param $p i32) (param $q i32) (result i32) (local $x i32) (local $y i32) ${code} (i32.const 99)))`,
    everything,
  );
  const flow = functionFlow(module, module.functions.length - 1);
  return flow.instructions
    .filter((instruction) => nameOf(instruction) === "global.set")
    .map(({ operands }) => sources(module, flow, operands[0]!));
}

describe("values on the stack", () => {
  test("operands are deepest first", () => {
    const module = assemble(`(module (func (result i32) (i32.sub (i32.const 5) (i32.const 3))))`);
    const flow = functionFlow(module, 0);
    const sub = flow.instructions.find((one) => nameOf(one) === "i32.sub")!;
    expect(sub.operands.map((operand) => sources(module, flow, operand))).toEqual([["5"], ["3"]]);
  });

  test.each<[string, string, string[]]>([
    ["a block's result", `(global.set $g (block (result i32) (i32.const 1)))`, ["1"]],
    [
      "a block's result, or what a branch carries",
      `(global.set $g
        (block $b (result i32) (drop (br_if $b (i32.const 1) (local.get $p))) (i32.const 2)))`,
      ["1", "2"],
    ],
    [
      "both arms of an if",
      `(global.set $g (if (result i32) (local.get $p) (then (i32.const 1)) (else (i32.const 2))))`,
      ["1", "2"],
    ],
    [
      "an arm that does not end",
      `(global.set $g
        (if (result i32) (local.get $p) (then (i32.const 1)) (else (return (i32.const 2)))))`,
      ["1"],
    ],
    [
      "a loop's result, not what goes around",
      `(global.set $g
        (loop $l (result i32) (br_if $l (local.get $p)) (i32.const 3)))`,
      ["3"],
    ],
    [
      "every branch of a br_table",
      `(global.set $g (block $a (result i32)
        (drop (block $b (result i32) (br_table $a $b (i32.const 1) (local.get $p)))) (i32.const 2)))`,
      ["1", "2"],
    ],
    [
      "nested blocks",
      `(global.set $g (block $a (result i32) (block $b (result i32)
        (br_if $a (i32.const 1) (local.get $p)))))`,
      ["1"],
    ],
    ["a call", `(global.set $g (call $h))`, ["call"]],
    ["a load", `(global.set $g (i32.load8_u offset=3 (local.get $p)))`, ["i32.load8_u"]],
  ])("%s", (_, code, expected) => {
    expect(asked(code, "(func $h (result i32) (i32.const 1))")).toEqual([expected]);
  });
});

describe("values in locals", () => {
  test.each<[string, string, string[][]]>([
    ["a parameter", `(global.set $g (local.get $p))`, [["entry"]]],
    [
      "the last of several sets",
      `(local.set $x (i32.const 1)) (local.set $x (i32.const 2)) (global.set $g (local.get $x))`,
      [["2"]],
    ],
    [
      "before the next set",
      `(local.set $x (i32.const 1)) (global.set $g (local.get $x)) (local.set $x (i32.const 2))`,
      [["1"]],
    ],
    [
      "from local to local",
      `(local.set $x (i32.const 1)) (local.set $y (local.get $x)) (global.set $g (local.get $y))`,
      [["1"]],
    ],
    ["tee", `(drop (local.tee $x (i32.const 4))) (global.set $g (local.get $x))`, [["4"]]],
    [
      "another local's set is not meant",
      `(local.set $y (i32.const 1)) (global.set $g (local.get $p))`,
      [["entry"]],
    ],
    [
      "either arm of an if",
      `(if (local.get $p) (then (local.set $x (i32.const 1))) (else (local.set $x (i32.const 2))))
        (global.set $g (local.get $x))`,
      [["1", "2"]],
    ],
    [
      "an if without else",
      `(local.set $x (i32.const 1)) (if (local.get $p) (then (local.set $x (i32.const 2))))
        (global.set $g (local.get $x))`,
      [["1", "2"]],
    ],
    [
      "an arm that returns",
      `(local.set $x (i32.const 1)) (if (local.get $p) (then (local.set $x (i32.const 2)) (return (i32.const 0))))
        (global.set $g (local.get $x))`,
      [["1"]],
    ],
    [
      "inside an arm, only what came before",
      `(local.set $x (i32.const 1))
        (if (local.get $p) (then (global.set $g (local.get $x))) (else (local.set $x (i32.const 2))))`,
      [["1"]],
    ],
    [
      "around a loop",
      `(local.set $x (i32.const 1))
        (loop $l (global.set $g (local.get $x)) (local.set $x (i32.const 2)) (br_if $l (local.get $p)))`,
      [["1", "2"]],
    ],
    [
      "a loop that is left in the middle",
      `(local.set $x (i32.const 1))
        (block $b (loop $l (br_if $b (local.get $p)) (local.set $x (i32.const 2)) (br $l))) (global.set $g (local.get $x))`,
      [["1", "2"]],
    ],
    [
      "two loops",
      `(local.set $x (i32.const 1)) (loop $a (loop $b (global.set $g (local.get $x)) (local.set $x (i32.const 2))
        (br_if $b (local.get $p))) (local.set $x (i32.const 3)) (br_if $a (local.get $q)))`,
      [["1", "2", "3"]],
    ],
    [
      "every way to a label of a br_table",
      `(block $out (block $two (block $one
          (br_table $one $two $out (local.get $p)))
        (local.set $x (i32.const 1)) (br $out)) (local.set $x (i32.const 2)))
        (global.set $g (local.get $x))`,
      [["1", "2", "entry"]],
    ],
    [
      "a br_table inside a loop",
      `(loop $l (block $b (block $a (global.set $g (local.get $x)) (br_table $a $b (local.get $p)))
        (local.set $x (i32.const 1)) (br $l)) (local.set $x (i32.const 2)) (br_if $l (local.get $q)))`,
      [["1", "2", "entry"]],
    ],
    [
      "through the operand of a branch",
      `(local.set $x (block $b (result i32) (br $b (i32.const 7)))) (global.set $g (local.get $x))`,
      [["7"]],
    ],
  ])("%s", (_, code, expected) => {
    expect(asked(code)).toEqual(expected);
  });
});

describe("exceptions and references", () => {
  const flowOf = (code: string) => asked(code, `(tag $e (param i32)) (func $h) (type $s (struct))`);

  test("what a catch clause brings is unknown, and joins what else gets there", () => {
    const caught = `(block $b (result i32) (try_table (catch $e $b) (call $h)) (i32.const 1))`;
    expect(flowOf(`(global.set $g ${caught})`)).toEqual([["1", "unknown"]]);
  });

  test("code that only a catch clause leads to is reached", () => {
    expect(
      flowOf(`(local.set $x (i32.const 4))
        (block $b (try_table (catch_all $b) (call $h)) (return (i32.const 1))) (global.set $g (local.get $x))`),
    ).toEqual([["4"]]);
  });

  test("values beside a reference that is tested", () => {
    expect(
      flowOf(`(global.set $g (block $b (result i32)
        (drop (br_on_null $b (i32.const 5) (ref.null $s))) (drop) (i32.const 6)))`),
    ).toEqual([["5", "6"]]);
  });
});

describe("code that cannot be reached", () => {
  // binaryen leaves such code out, so these are bytes: f has an i32 parameter and a local.
  function bytes(...code: number[]): string[][] {
    const module = assemble(
      `(module (global $g (mut i32) (i32.const 0)) (func (param i32) (local i32) (unreachable)))`,
    );
    const body = [1, 1, 0x7f, ...code, 0x0b];
    const code_ = [1, body.length, ...body];
    const section = module.sections.find(({ id }) => id === 10)!;
    const edited = decodeModule(
      Uint8Array.from([...module.bytes.subarray(0, section.start), 10, code_.length, ...code_]),
    );
    expect(WebAssembly.validate(edited.bytes as BufferSource)).toBe(true);
    const flow = functionFlow(edited, 0);
    return flow.instructions
      .filter((instruction) => nameOf(instruction) === "global.set")
      .map(({ operands }) => sources(edited, flow, operands[0]!));
  }
  const [block, iff, end, br, set, get, global, constant] = [0x02, 0x04, 0x0b, 0x0c, 0x21, 0x20, 0x24, 0x41];

  test("defines nothing behind it", () => {
    // local.set 1 (1); block; br 0; local.set 1 (2); end; global.set (local.get 1)
    expect(
      bytes(constant!, 1, set!, 1, block!, 0x40, br!, 0, constant!, 2, set!, 1, end!, get!, 1, global!, 0),
    ).toEqual([["1"]]);
  });

  test("also when there is an if in it, with and without else", () => {
    const tail = [constant!, 2, set!, 1, end!, get!, 1, global!, 0];
    const head = [constant!, 1, set!, 1, block!, 0x40, br!, 0];
    expect(bytes(...head, constant!, 0, iff!, 0x40, end!, ...tail)).toEqual([["1"]]);
    expect(bytes(...head, constant!, 0, iff!, 0x40, 0x05, end!, ...tail)).toEqual([["1"]]);
    expect(bytes(...head, constant!, 0, iff!, 0x40, 0x05, constant!, 3, set!, 1, end!, ...tail)).toEqual([
      ["1"],
    ]);
  });

  test("a loop without a way out", () => {
    // block; loop; br 0; end; local.set 1 (2); end; global.set (local.get 1): never reached.
    expect(
      bytes(block!, 0x40, 0x03, 0x40, br!, 0, end!, constant!, 2, set!, 1, end!, get!, 1, global!, 0),
    ).toEqual([[]]);
  });
});

describe("any program", () => {
  /** Each execution of `local.get` gets its value from one of the definitions that are said to reach it. */
  test("definitions that reach a use in a run are among those found", () => {
    fc.assert(
      fc.property(arbitraryProgram("none", 300), (program) => {
        const module = decodeModule(program.bytes);
        const flows = module.bodies.map((_, i) => functionFlow(module, module.importedFunctions + i));
        const at = new Map(
          flows.flatMap((flow) => flow.instructions.map((one) => [one.offset, { one, flow }])),
        );
        const frames: Map<number, number | "entry">[] = [];
        const machine = new Machine(module, {
          imports: { h: (x) => [((x as number) * 3 + 1) | 0], base: 5 },
          enter: () => void frames.push(new Map()),
          leave: () => void frames.pop(),
          step: (offset) => {
            const found = at.get(offset);
            expect(found, `the instruction at ${offset} is executed`).toBeDefined();
            const { one, flow } = found!;
            const name = nameOf(one);
            if (!name.startsWith("local.")) return;
            const local = lebAt(module.bytes, one.immediates);
            if (name !== "local.get") {
              frames.at(-1)!.set(local, offset);
              return;
            }
            const definitions = flow.definitions(one, local).map((d) => (d === "entry" ? d : d.offset));
            expect(definitions).toContain(frames.at(-1)!.get(local) ?? "entry");
          },
        });
        try {
          machine.run("f", ...program.args);
        } catch (error) {
          if (!(error instanceof Trap || error instanceof Thrown)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });

  /** Whatever an instruction's operands come from, in the order in which it is followed: offsets, "unknown", "entry". */
  function origins(module: Module, flow: FunctionFlow, of: Instruction): (number | string)[] {
    const found: (number | string)[] = [];
    const seen = new Set<Value | Instruction>();
    const queue = [...of.operands];
    const follow = (instruction: Instruction) => {
      if (seen.has(instruction)) return;
      seen.add(instruction);
      found.push(instruction.offset);
      queue.push(...instruction.operands);
      if (nameOf(instruction) !== "local.get") return;
      for (const definition of flow.definitions(instruction, lebAt(module.bytes, instruction.immediates)))
        definition === "entry" ? found.push(definition) : follow(definition);
    };
    if (nameOf(of) === "local.get") follow(of);
    for (let value = queue.pop(); value; value = queue.pop()) {
      if (seen.has(value)) continue;
      seen.add(value);
      if (value.kind === "instruction") follow(value.instruction);
      else if (value.kind === "join") queue.push(...value.inputs);
      else found.push("unknown");
    }
    return found;
  }

  test.each(["none", "legacy"] as const)(
    "asked for one instruction, a flow says the same of it (%s)",
    (exceptions) => {
      const sizes: number[] = [];
      fc.assert(
        fc.property(arbitraryProgram(exceptions, 200), fc.noBias(fc.nat()), (program, place) => {
          const module = decodeModule(program.bytes);
          for (const i of module.bodies.keys()) {
            const whole = functionFlow(module, module.importedFunctions + i);
            const { instructions } = whole;
            const one = instructions[place % instructions.length]!;
            const part = functionFlow(module, module.importedFunctions + i);
            const same = part.at(one.offset)!;
            expect(origins(module, part, same)).toEqual(origins(module, whole, one));
            expect(part.at(one.offset)).toBe(same);
            expect(part.at(one.offset + 0.5)).toBeUndefined();
            sizes.push(origins(module, whole, one).length);
          }
        }),
        { numRuns: 400 },
      );
      expect(Math.max(...sizes)).toBeGreaterThan(20);
    },
  );

  test("damaged code gives a flow or a DecodeError", () => {
    fc.assert(
      fc.property(
        arbitraryProgram("legacy", 200),
        fc.noBias(fc.nat()),
        fc.nat(255),
        (program, place, byte) => {
          const bytes = program.bytes.slice();
          const whole = decodeModule(bytes);
          const { start } = whole.bodies[0]!;
          bytes[start + (place % (whole.bodies.at(-1)!.end - start))] = byte;
          try {
            const module = decodeModule(bytes);
            for (const i of module.bodies.keys())
              expect(functionFlow(module, module.importedFunctions + i).instructions).toBeDefined();
          } catch (error) {
            if (!(error instanceof DecodeError)) throw error;
            expect(error.offset).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
