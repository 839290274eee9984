/**
 * Opcodes of one line that share their figures: the oracle is the same run with a slot for each offset. What a line cost,
 * what an opcode cost in all, and from which line a call was made, is the same in both.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Recorder } from "../../../src/profiler/counters/recorder.ts";
import { shareSlots } from "../../../src/profiler/counters/shared-slots.ts";
import { LineColumns, lineSites } from "../../../src/quickjs/bytecode/line-table.ts";
import { engineById } from "../../../src/quickjs/engines/versions.ts";

const engine = engineById("ng26");
const nop = engine.opcodes.find(({ name }) => name === "nop")!;
const push = engine.opcodes.find(({ name }) => name === "push_i8")!;
const drop = engine.opcodes.find(({ name }) => name === "drop")!;

interface Opcode {
  readonly opcode: typeof nop;
  /** Lines on from the one before. */
  readonly step: number;
}

/** A function of these opcodes, each at a line of its own step. */
function made(opcodes: readonly Opcode[]) {
  const code: number[] = [];
  const table: number[] = [];
  const starts: number[] = [];
  let [offset, last, line] = [0, 0, 10];
  for (const { opcode, step } of opcodes) {
    const next = Math.max(1, line + step);
    // zero, offset step, line step and column step as LEB128
    table.push(0, offset - last, next >= line ? 2 * (next - line) : 2 * (line - next) - 1, 0);
    [last, line] = [offset, next];
    starts.push(offset);
    code.push(opcode.code, ...new Array<number>(opcode.size - 1).fill(push.code));
    offset += opcode.size;
  }
  const source = { line: 10, column: 1, lineTable: Uint8Array.from(table), columnTable: new Uint8Array() };
  return { ...source, code: Uint8Array.from(code), starts };
}

interface Hooks {
  readonly enter: (funcObj: bigint) => void;
  readonly dispatch: (pc: number, fuel: bigint) => void;
  readonly leave: (fuel: bigint) => void;
}

const base = 1000;

/** One call of the function that dispatches these opcodes, and calls itself at every fifth. */
function recorded(fn: ReturnType<typeof made>, visits: readonly number[], shares: boolean) {
  const host = { resolve: () => ({ id: 0, code: base }), invocation: () => null };
  const recorder = new Recorder(host, 1000, 0);
  const lines = new LineColumns(fn, engine.lines);
  if (shares)
    recorder.addSharing(0, fn.code.length, {}, (slotOf) =>
      shareSlots(fn.code, engine.opcodes, lines, slotOf),
    );
  else recorder.addFunction(0, fn.code.length, {}, lineSites(fn, engine.lines));
  const { enter, dispatch, leave } = recorder.hooks as unknown as Hooks;
  let fuel = 0n;
  enter(1n);
  dispatch(base, (fuel += 3n));
  visits.forEach((visit, i) => {
    dispatch(base + fn.starts[visit % fn.starts.length]!, (fuel += BigInt(i % 7)));
    if (i % 5 === 0) {
      enter(1n);
      dispatch(base, (fuel += 2n));
      leave((fuel += 1n));
    }
  });
  const stack = recorder.stack();
  leave((fuel += 1n));
  recorder.finish(fuel);
  const codes = recorder.codes();
  const sums = { line: new Map<number, bigint>(), opcode: new Map<number, bigint>() };
  const hits = { line: new Map<number, bigint>(), opcode: new Map<number, bigint>() };
  const add = (map: Map<number, bigint>, key: number, more: bigint) =>
    map.set(key, (map.get(key) ?? 0n) + more);
  codes.offset.forEach((offset, i) => {
    const [line, opcode] = [lines.lineAt(offset), fn.code[offset]!];
    for (const [kind, key] of [["line", line] as const, ["opcode", opcode] as const]) {
      add(sums[kind], key, codes.fuel[i]!);
      add(hits[kind], key, codes.hits[i]!);
    }
  });
  const sorted = (map: Map<number, bigint>) => [...map].sort(([a], [b]) => a - b);
  const nodes = recorder.nodes();
  return {
    figures: [sums.line, sums.opcode, hits.line, hits.opcode].map(sorted),
    // the node of a call from each line
    callLines: [...nodes.callOffset].map((offset) => (offset < 0 ? 0 : lines.lineAt(offset))),
    nodes: [nodes.parent, nodes.function, nodes.calls, nodes.self].map((column) => [...column]),
    stack: stack.map(({ offset }) => [lines.lineAt(offset), fn.code[offset]]),
    slots: codes.offset.length,
    sharing: recorder.sharing.get(0),
  };
}

const opcode = fc.record({
  opcode: fc.constantFrom(nop, push, drop),
  step: fc.constantFrom(0, 0, 0, 1, 2, -1, -3),
});

test("figures by line and by opcode are those of a slot for each offset", () => {
  fc.assert(
    fc.property(
      fc.array(opcode, { minLength: 1, maxLength: 60 }),
      fc.array(fc.nat(59), { maxLength: 80 }),
      (opcodes, visits) => {
        const fn = made(opcodes);
        const { slots, sharing, ...shared } = recorded(fn, visits, true);
        const { slots: own, sharing: none, ...each } = recorded(fn, visits, false);
        expect(shared).toEqual(each);
        expect(slots).toBeLessThanOrEqual(own);
        expect([sharing, none]).toEqual([opcodes.length, undefined]);
      },
    ),
  );
});

test("a line of any length takes a slot an opcode, and code outside is foreign still", () => {
  const fn = made(Array.from({ length: 3000 }, (_, i) => ({ opcode: i % 2 ? drop : push, step: 0 })));
  const all = Array.from({ length: 3000 }, (_, i) => i);
  expect(recorded(fn, all, true).slots).toBe(2);
  expect(recorded(fn, all, false).slots).toBe(3000);
  expect(() => recorded({ ...fn, starts: [fn.code.length] }, [0], true)).toThrow("jumps out of its own code");
});
