import { expect, test } from "vitest";
import { Diagnostic, Exit } from "../../src/base/diagnostics.ts";
import { engineVersion, versions } from "../../src/quickjs/versions.ts";

test("an engine is found by the first byte of a program", () => {
  for (const engine of versions) expect(engineVersion(engine.version)).toBe(engine);
  expect(new Set(versions.map((engine) => engine.version)).size).toBe(versions.length);
});

test("an unknown version is refused by name", () => {
  try {
    engineVersion(67);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(Diagnostic);
    const { exit, message, details } = error as Diagnostic;
    expect(exit).toBe(Exit.unsupported);
    expect(message).toContain("67");
    expect(details[0]).toContain("quickjs-ng (version 26)");
  }
});
