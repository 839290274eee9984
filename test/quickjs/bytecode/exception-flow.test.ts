/** Handlers of compiled code: code comes to them by exceptions alone, at a depth of the stack that is known. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { instructions } from "../../../src/quickjs/bytecode/disassemble.ts";
import { exceptionFlow } from "../../../src/quickjs/bytecode/exception-flow.ts";
import { readUnit } from "../../../src/quickjs/bytecode/read-unit.ts";
import { engineById } from "../../../src/quickjs/engines/versions.ts";
import { compile } from "../../support/compile.ts";
import { inRoot } from "../../support/javy-prof.ts";

const { opcodes } = engineById("ng26");
const flowsOf = (source: string) =>
  readUnit(compile(source)).functions.map(({ name, code }) => ({
    ...{ name, code, flow: exceptionFlow(code, opcodes) },
  }));
const flowOf = (source: string, name: string) => flowsOf(source).find((one) => one.name === name)!;
const offsetsOf = (code: Uint8Array, name: string) =>
  [...instructions(code, opcodes)].filter(({ opcode }) => opcode.name === name).map(({ offset }) => offset);

describe("in the fixtures' code", () => {
  test("nothing leads to a handler but exceptions, and each has a depth", () => {
    let handlers = 0;
    for (const file of readdirSync(inRoot("fixtures/programs"))) {
      if (!file.endsWith(".js")) continue;
      for (const { code, flow } of flowsOf(readFileSync(inRoot(`fixtures/programs/${file}`), "utf8"))) {
        const targets = [...instructions(code, opcodes)].filter(({ opcode }) => opcode.name === "catch");
        expect(new Set(flow.handlers.keys())).toEqual(new Set(targets.map(({ operands }) => operands[0])));
        for (const [to] of flow.handlers) {
          handlers += 1;
          for (const { offset } of instructions(code, opcodes))
            expect(flow.throwsFrom(offset, to)).toBe(true);
        }
      }
    }
    expect(handlers).toBeGreaterThan(25);
  });
});

test("the depth counts what lies below: iterators, names of handlers, arguments", () => {
  const { flow } = flowOf(
    "function f(a) { for (const x of a) { try { a(); } finally { a(); } } try { a(); } catch {} }",
    "f",
  );
  // with the iterator, its next and what closes it: three; of the other try and its handler, nothing
  expect([...flow.handlers.values()].sort()).toEqual([0, 0, 3]);
});

test("what the compiler throws on is told from what a statement throws", () => {
  const source = `function fin(a) { try { a(); } finally { a.x(); } }
function empty(a) { try { a(); } finally { } }
function again(a) { try { a(); } catch (e) { throw e; } finally { a.x(); } }
function comma(a) { throw (a(), a.x); }`;
  const rethrows = (name: string) => {
    const { code, flow } = flowOf(source, name);
    const offsets = offsetsOf(code, "throw");
    for (const offset of offsets) expect(flow.throws.has(offset)).toBe(!flow.rethrows.has(offset));
    return offsets.map((offset) => flow.rethrows.has(offset));
  };
  expect(rethrows("fin")).toEqual([true]);
  expect(rethrows("empty")).toEqual([true]);
  expect(rethrows("again")).toEqual([false, true]);
  expect(rethrows("comma")).toEqual([false]);
});

test("a handler that code falls into is none that tells an exception", () => {
  const code = (name: string) => opcodes.find((opcode) => opcode.name === name)!.code;
  const bytes = Uint8Array.from([code("catch"), 5, 0, 0, 0, code("nop"), code("drop"), code("return_undef")]);
  const flow = exceptionFlow(bytes, opcodes);
  expect(flow.handlers.get(6)).toBe(0);
  expect(flow.throwsFrom(5, 6)).toBe(false);
  expect(flow.throwsFrom(0, 6)).toBe(true);
  expect(flow.before(6)).toBe(5);
  expect(flow.before(2)).toBe(-1);
});
