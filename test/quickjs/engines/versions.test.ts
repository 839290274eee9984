import { expect, test } from "vitest";
import { Diagnostic } from "../../../src/base/diagnostics.ts";
import { firstAtoms } from "../../../src/quickjs/engines/identify.ts";
import {
  engineById,
  enginesOfVersion,
  supportedVersions,
  versions,
} from "../../../src/quickjs/engines/versions.ts";

test("an engine is found by its id, and among those of its version byte", () => {
  for (const engine of versions) {
    expect(engineById(engine.id)).toBe(engine);
    expect(enginesOfVersion(engine.version)).toContain(engine);
  }
  expect(new Set(versions.map(({ id }) => id)).size).toBe(versions.length);
  expect(enginesOfVersion(19).map(({ id }) => id)).toEqual(["ng19early", "ng19", "ng19dumps"]);
});

test("two engines that share a version byte differ in what a module or its memory shows", () => {
  const shape = ({ table, memory }: (typeof versions)[number]) =>
    `${table.atoms.join()} ${table.opcodes.join()} ${JSON.stringify(memory)}`;
  for (const engine of versions) {
    const same = enginesOfVersion(engine.version).filter((other) => shape(other) === shape(engine));
    expect(same).toEqual([engine]);
  }
});

test("every list of predefined names begins as the search for one supposes, and is ASCII", () => {
  for (const { table } of versions) {
    expect(table.atoms.slice(0, firstAtoms.length)).toEqual(firstAtoms);
    expect(table.atoms.join("")).toMatch(/^[\x20-\x7e]*$/);
  }
});

test("an unknown version is refused by name", () => {
  try {
    enginesOfVersion(99);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(Diagnostic);
    const { kind, message, details } = error as Diagnostic;
    expect(kind).toBe("unsupported");
    expect(message).toContain("99");
    expect(details[0]).toBe("supported: quickjs 1, 2, 5, 67; quickjs-ng 19, 21, 23, 26, 28");
    expect(details[0]).toContain(supportedVersions());
  }
});
