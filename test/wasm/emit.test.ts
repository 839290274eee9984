/** What is emitted is what the decoder reads: every row of the table, with immediates at the edges of their ranges. */
import { expect, test } from "vitest";
import { ByteReader, ByteWriter } from "../../src/base/bytes.ts";
import { blockSignature } from "../../src/wasm/block-type.ts";
import { emit, type Immediate } from "../../src/wasm/emit.ts";
import { readMemarg, signedAt } from "../../src/wasm/instructions.ts";
import { Imm, opcodes } from "../../src/wasm/opcodes.ts";
import { F64, I32, I64, type Module, refType } from "../../src/wasm/types.ts";
import { CodeWalk } from "../../src/wasm/walk.ts";
import { assemble, everything } from "../support/binaryen.ts";

const bytesOf = (name: string, ...immediates: Immediate[]): Uint8Array => {
  const w = new ByteWriter();
  emit(w, name, ...(immediates as [Immediate?, Immediate?, Immediate?, Immediate?]));
  return w.finish();
};

/** Some immediates for each kind. */
const samples: Readonly<Record<number, readonly (readonly Immediate[])[]>> = {
  [Imm.none]: [[]],
  [Imm.index]: [[0], [127], [128], [2 ** 32 - 1]],
  [Imm.index2]: [
    [0, 0],
    [300, 2 ** 32 - 1],
  ],
  [Imm.label]: [[0], [1000]],
  [Imm.labels]: [
    [[], 0],
    [[0, 200, 3], 129],
  ],
  [Imm.block]: [[null], [{ result: I32 }], [{ result: refType(true, 5) }], [{ type: 64 }], [{ type: 0 }]],
  [Imm.memarg]: [[], [{}], [{ align: 3, offset: 2n ** 64n - 1n }], [{ align: 2, memory: 130, offset: 7n }]],
  [Imm.memargLane]: [[{ memory: 1 }, 15]],
  [Imm.i32]: [[0], [-1], [63], [64], [2 ** 31 - 1], [-(2 ** 31)], [-5n]],
  [Imm.i64]: [[0], [-64], [2n ** 63n - 1n], [-(2n ** 63n)], [2 ** 40]],
  [Imm.f32]: [[0.5], [Number.NaN], [-0]],
  [Imm.f64]: [[1e300], [Number.NEGATIVE_INFINITY]],
  [Imm.byte]: [[0], [15]],
  [Imm.bytes16]: [[new Uint8Array(16).fill(200)]],
  [Imm.heap]: [[-16], [0], [70], [2 ** 31]],
  [Imm.types]: [[[]], [[F64]], [[refType(false, 9), I64]]],
  [Imm.catches]: [
    [null, []],
    [
      { type: 3 },
      [
        { tag: 200, label: 1 },
        { label: 0 },
        { tag: 0, label: 300, reference: true },
        { label: 2, reference: true },
      ],
    ],
  ],
  [Imm.cast]: [[3, 200, -18, 130]],
};

test.each(opcodes.map(({ name, imm }) => [name, imm] as const))("%s", (name, imm) => {
  for (const immediates of samples[imm]!) {
    const bytes = bytesOf(name, ...immediates);
    const code = new CodeWalk(bytes, 0, bytes.length);
    expect(code.advance()).toBe(true);
    expect([opcodes[code.row]!.name, code.next]).toEqual([name, bytes.length]);
  }
});

test("values come back", () => {
  const reader = (bytes: Uint8Array) => {
    const r = new ByteReader(bytes);
    r.u8();
    return r;
  };
  for (const [value] of samples[Imm.i32]!)
    expect(reader(bytesOf("i32.const", value!)).sleb()).toBe(Number(value));
  for (const [value] of samples[Imm.i64]!)
    expect(reader(bytesOf("i64.const", value!)).bigLeb(64, true)).toBe(BigInt(value as bigint));
  expect(reader(bytesOf("i32.load", { align: 2, memory: 130, offset: 7n }))).toSatisfy((r: ByteReader) => {
    expect(readMemarg(r)).toEqual({ align: 2, memory: 130, offset: 7n });
    return true;
  });
  expect(signedAt(bytesOf("ref.null", 2 ** 31), 1)).toBe(2 ** 31);
  const block = bytesOf("block", { result: refType(true, 5) });
  expect(blockSignature({ bytes: block } as Module, 1)).toEqual({ params: [], results: [refType(true, 5)] });
  expect([...bytesOf("i64.const", 2n ** 64n - 1n)]).toEqual([...bytesOf("i64.const", -1)]);
});

test("binaryen writes the same bytes", () => {
  const module = assemble(
    `(module (memory 1) (func (param i32) (result i64)
      (if (result i64) (i32.eqz (i32.load8_u offset=4 (local.get 0))) (then (i64.const -7)) (else (i64.const 9000000000)))))`,
    everything,
  );
  const w = new ByteWriter();
  w.u8(0);
  emit(w, "local.get", 0);
  emit(w, "i32.load8_u", { offset: 4n });
  emit(w, "i32.eqz");
  emit(w, "if", { result: I64 });
  emit(w, "i64.const", -7);
  emit(w, "else");
  emit(w, "i64.const", 9_000_000_000n);
  emit(w, "end");
  emit(w, "end");
  const { start, end } = module.bodies[0]!;
  expect([...w.view()]).toEqual([...module.bytes.subarray(start, end)]);
});

test.each<[string, string, Immediate[]]>([
  ["no such instruction", "i32.addd", []],
  ["an immediate too many", "i32.add", [1]],
  ["one too few", "local.get", []],
  ["a negative index", "local.get", [-1]],
  ["a fraction", "i64.const", [0.5]],
  ["fifteen bytes", "v128.const", [new Uint8Array(15)]],
])("refuses %s", (_, name, immediates) => {
  expect(() => bytesOf(name, ...immediates)).toThrow(RangeError);
});
