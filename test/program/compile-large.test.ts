/**
 * A large source is compiled once, with positions: what is left without them is byte for byte what the engine makes, and
 * what the engine would refuse goes to the engine.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Compiler } from "../../src/javy/compile.ts";
import { compileLarge, findPositions } from "../../src/program/positions.ts";
import { readUnit } from "../../src/quickjs/bytecode/read-unit.ts";
import { withoutPositions } from "../../src/quickjs/bytecode/without-positions.ts";
import { engineById, withPositions } from "../../src/quickjs/engines/versions.ts";
import { compileGuest } from "../../src/run/compile-guest.ts";
import { compile, compileWithPositions } from "../support/compile.ts";

const programs = new URL("../../fixtures/programs/", import.meta.url);
const names = readdirSync(programs).filter((name) => name.endsWith(".js"));
const engine = engineById("ng26");

test.each(names)("%s: without positions, it is the engine's bytecode", (name) => {
  const source = readFileSync(new URL(name, programs), "utf8");
  const bytes = compileWithPositions(source);
  expect(withoutPositions(bytes, readUnit(bytes, 0, withPositions(engine)))).toEqual(compile(source));
});

/** Compiles in this thread, and counts. */
class Counted implements Compiler {
  jobs = 0;

  async compile(job: Parameters<Compiler["compile"]>[0]) {
    this.jobs += 1;
    return compileGuest(job);
  }
}

/** More than a million characters that are mostly functions. */
const large = (more: string): string =>
  `${Array.from({ length: 20_000 }, (_, i) => `function f${i}(a, b) { return [a, b].map((x) => x * ${i}); }`).join("\n")}\n${more}`;

const program = (source: string, payload: Uint8Array) => ({
  ...{ name: "app.js", payload, plugin: null, compiler: null },
  source: { from: "program", name: "app.js", text: source } as const,
});

test("once for bytecode and positions", async () => {
  const compiler = new Counted();
  const source = large("export default class A { #x = f1(2, 3); get x() { return this.#x; } }");
  const payload = (await compileLarge(compiler, source))!;
  expect(Buffer.compare(payload, compile(source))).toBe(0);
  const found = await findPositions(compiler, program(source, payload), [engine]);
  expect(compiler.jobs).toBe(1);
  expect(found!.engines).toEqual(["ng26"]);
  expect(Buffer.compare(found!.bytecode, compileWithPositions(source))).toBe(0);
});

test("not of a small source, which is compiled faster by the engine alone", async () => {
  const compiler = new Counted();
  expect(await compileLarge(compiler, "f()")).toBe(null);
  expect(compiler.jobs).toBe(0);
});

test.each([
  ["importing", large('import a from "b";')],
  ["re-exporting", large('export * from "b";')],
  ["in error", large("const a = ;")],
  ["nested deep", large(`x = ${"[".repeat(1000)}${"]".repeat(1000)}`)],
])("not of a source that is %s", async (_, source) => {
  const compiler = new Counted();
  expect(await compileLarge(compiler, source)).toBe(null);
  expect(compiler.jobs).toBe(1);
});
