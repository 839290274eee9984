import { expect, test } from "vitest";
import { checkTable } from "../../../src/quickjs/bytecode/disassemble.ts";
import { engineById, versions } from "../../../src/quickjs/engines/versions.ts";

for (const engine of versions) {
  const title = engine.id;

  test(`${title}: opcodes are found by code and by name`, () => {
    const names = engine.opcodes.map((opcode) => opcode.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(240);
    expect(names.length).toBeLessThanOrEqual(256);
    engine.opcodes.forEach((opcode, code) => {
      expect(opcode.code).toBe(code);
      expect(engine.table.formats).toContain(opcode.format);
      const row = engine.table.opcodes[code]!;
      expect([opcode.name, opcode.size]).toEqual([row[0], row[1]]);
    });
  });

  test(`${title}: every format is as wide as its opcodes are`, () => {
    expect(() => checkTable(engine.opcodes)).not.toThrow();
    const [first, ...rest] = engine.opcodes;
    expect(() => checkTable([{ ...first!, size: 2 }, ...rest])).toThrow(first!.name);
  });

  test(`${title}: opcodes and tags that the reader and the profiler name exist`, () => {
    const names = new Set(engine.opcodes.map((opcode) => opcode.name));
    for (const name of [...engine.suspends, ...[...engine.caches].flat()]) expect(names).toContain(name);
    for (const tag of ["function_bytecode", "module", "string"]) expect(engine.table.tags).toContain(tag);
  });

  test(`${title}: atoms are numbered as the engine's own source numbers them`, () => {
    const { atoms, firstPrivateAtom, firstSymbolAtom } = engine.table;
    expect(atoms.length + 1).toBe(engine.memory.firstAtom);
    expect(atoms[0]).toBe("null");
    expect(atoms[firstPrivateAtom - 1]).toBe("<brand>");
    expect(atoms[firstSymbolAtom - 1]).toBe("Symbol.toPrimitive");
    expect(atoms.slice(firstSymbolAtom - 1).every((text) => text.startsWith("Symbol."))).toBe(true);
  });
}

// counted by the C preprocessor over the same header
test("the table of quickjs-ng 26 adds up", () => {
  const ng26 = engineById("ng26");
  const total = (of: (opcode: (typeof ng26.opcodes)[number]) => number) =>
    ng26.opcodes.reduce((sum, opcode) => sum + of(opcode), 0);
  expect([
    ng26.opcodes.length,
    total((op) => op.size),
    total((op) => op.pops),
    total((op) => op.pushes),
  ]).toEqual([252, 529, 296, 278]);
  const code = (name: string) => ng26.opcodes.find((opcode) => opcode.name === name)?.code;
  expect([code("push_i32"), code("get_field"), code("nop"), code("push_minus1")]).toEqual([1, 64, 184, 185]);
});
