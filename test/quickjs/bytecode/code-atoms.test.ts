/** The atoms of a function's code as a map: by the full disassembly, at every offset of the code. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CodeAtoms } from "../../../src/quickjs/bytecode/code-atoms.ts";
import { hasAtom, instructions } from "../../../src/quickjs/bytecode/disassemble.ts";
import { readUnit } from "../../../src/quickjs/bytecode/read-unit.ts";
import { engineById } from "../../../src/quickjs/engines/versions.ts";
import { compile } from "../../support/compile.ts";

const programs = new URL("../../../fixtures/programs/", import.meta.url);
const { opcodes } = engineById("ng26");
const names = readdirSync(programs).filter((name) => name.endsWith(".js"));

test.each(names)("%s: where an opcode has an atom, and nowhere else", (name) => {
  for (const { code, atoms } of readUnit(compile(readFileSync(new URL(name, programs), "utf8"))).functions) {
    const own = [...instructions(code, opcodes)].filter(({ opcode }) => hasAtom(opcode));
    const offsets = own.map(({ offset }) => offset + 1);
    expect([...atoms.keys()]).toEqual(offsets);
    expect(atoms.size).toBe(offsets.length);
    expect([...atoms]).toEqual(offsets.map((offset) => [offset, atoms.get(offset)]));
    expect([...atoms.values()]).toEqual(offsets.map((offset) => atoms.get(offset)));
    const seen = new Map<number, string | null>();
    atoms.forEach((text, offset) => void seen.set(offset, text));
    expect(seen).toEqual(new Map(atoms));
    for (let offset = 0; offset < code.length; offset++) {
      expect(atoms.has(offset)).toBe(offsets.includes(offset));
      if (!offsets.includes(offset)) expect(atoms.get(offset)).toBe(undefined);
    }
  }
});

const texts = (...all: readonly (string | null)[]) => ({ text: (atom: number) => all[atom] });
const code = (...atoms: readonly number[]) => new Uint8Array(atoms.flatMap((atom) => [1, atom, 0, 0, 0]));

test("operands are the same where their texts are, whatever their numbers", () => {
  const one = new CodeAtoms(code(0, 1), [1, 6], texts("a", null));
  expect(one.get(1)).toBe("a");
  expect(one.get(6)).toBe(null);
  expect(one.isSame(new CodeAtoms(code(2, 0), [1, 6], texts(null, "b", "a")))).toBe(true);
  expect(one.isSame(new CodeAtoms(code(1, 0), [1, 6], texts(null, "b", "a")))).toBe(false);
  expect(one.isSame(new CodeAtoms(code(2, 0), [1], texts(null, "b", "a")))).toBe(false);
  expect(one.isSame(new CodeAtoms(code(2, 0), [1, 5], texts(null, "b", "a")))).toBe(false);
});
