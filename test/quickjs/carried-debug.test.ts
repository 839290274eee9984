/** What was carried over to a program crosses between threads without the program, and all of it does. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readUnit } from "../../src/quickjs/bytecode/read-unit.ts";
import { debugBeside, withDebug } from "../../src/quickjs/carried-debug.ts";
import { carryDebug } from "../../src/quickjs/carry.ts";
import { carryPositions } from "../../src/quickjs/carry-positions.ts";
import { engineById, withPositions } from "../../src/quickjs/engines/versions.ts";
import { compile, compileWithPositions } from "../support/compile.ts";

const programs = new URL("../../fixtures/programs/", import.meta.url);
const names = readdirSync(programs).filter((name) => name.endsWith(".js"));
const engine = engineById("ng26");

test.each(names)("%s: with positions, and with all lines", (name) => {
  const source = readFileSync(new URL(name, programs), "utf8");
  const payload = compile(source);
  const own = readUnit(payload);
  const positions = readUnit(compileWithPositions(source), 0, withPositions(engine));
  const debug = { file: "", line: 0, column: 0, lineTable: new Uint8Array() } as const;
  const stripped = { ...own, functions: own.functions.map((fn) => ({ ...fn, ...debug })) };
  for (const [given, carried] of [
    [own, carryPositions(own, positions)],
    [stripped, carryDebug(stripped, own).unit],
  ] as const) {
    const sent = structuredClone(debugBeside(given, carried));
    expect(sent.size).toBe(given.functions.length);
    expect(withDebug(given, sent)).toEqual(carried);
  }
});

test("nothing is sent of what has nothing from elsewhere", () => {
  const unit = readUnit(compile("const a = () => 1;"));
  expect(debugBeside(unit, unit)).toEqual(new Map());
  expect(withDebug(unit, new Map())).toBe(unit);
});
