import { expect, test } from "vitest";
import { instructions } from "../../../src/quickjs/bytecode/disassemble.ts";
import {
  functionPosition,
  lineTable,
  positionAt,
  soundLines,
  textColumn,
} from "../../../src/quickjs/bytecode/line-table.ts";
import { readUnit } from "../../../src/quickjs/bytecode/read-unit.ts";
import { engineById } from "../../../src/quickjs/engines/versions.ts";
import { displayNames } from "../../../src/quickjs/names/names-of-functions.ts";
import { compile, run } from "../../support/compile.ts";

const { lines: format, opcodes } = engineById("ng26");
const none = new Uint8Array(0);

test("both forms of an entry, and the function's own position first", () => {
  // 5 on, 1 line on, column +3; then 60 on, 20 lines back, column -2; then same offset again
  const bytes = [1 + 5 * 5 + 2, 6, 0, 60, 39, 3, 1 + 1, 2];
  expect(
    lineTable({ line: 30, column: 10, lineTable: Uint8Array.from(bytes), columnTable: none }, format),
  ).toEqual([
    { offset: 0, line: 30, column: 10 },
    { offset: 5, line: 31, column: 13 },
    { offset: 65, line: 11, column: 12 },
  ]);
  expect(lineTable({ line: 0, column: 0, lineTable: none, columnTable: none }, format)).toEqual([]);
  expect(functionPosition({ line: 0, column: 0, lineTable: none, columnTable: none }, format)).toBeNull();
});

test("columns can have a table of their own, or there are none", () => {
  // lines: 5 on, 1 on; 10 on, 3 on. columns: 5 on, 4 on; 5 on, 20 back
  const lines = Uint8Array.from([1 + 5 * 5 + 2, 0, 10, 6]);
  const columns = Uint8Array.from([0, 5, 8, 0, 5, 39]);
  const apart = engineById("bellard2024bignum").lines;
  expect(lineTable({ line: 3, column: 30, lineTable: lines, columnTable: columns }, apart)).toEqual([
    { offset: 0, line: 3, column: 31 },
    { offset: 5, line: 4, column: 35 },
    { offset: 10, line: 4, column: 15 },
    { offset: 15, line: 7, column: 15 },
  ]);
  const without = engineById("bellard2021bignum").lines;
  expect(lineTable({ line: 3, column: 0, lineTable: lines, columnTable: none }, without)).toEqual([
    { offset: 0, line: 3, column: 0 },
    { offset: 5, line: 4, column: 0 },
    { offset: 15, line: 7, column: 0 },
  ]);
});

test("an offset belongs to the last entry at or before it", () => {
  const table = [0, 5, 65].map((offset, i) => ({ offset, line: i + 1, column: 1 }));
  expect([0, 4, 5, 64, 65, 1000].map((offset) => positionAt(table, offset)?.line)).toEqual([
    1, 1, 2, 2, 3, 3,
  ]);
  expect(positionAt(table.slice(1), 4)).toBeNull();
  expect(positionAt([], 0)).toBeNull();
});

test("line 1 starts one short in the engine, not here", () => {
  const unit = readUnit(
    compile("var first = function () { return 1; };\nvar second = function () { return 2; };"),
  );
  const [, first, second] = unit.functions;
  expect([first!.column, second!.column]).toEqual([12, 14]);
  expect(functionPosition(first!, format)).toEqual({ line: 1, column: 13 });
  expect(functionPosition(second!, format)).toEqual({ line: 2, column: 14 });
});

test("columns count bytes; textColumn counts characters", () => {
  const text = 'const x = "é中😀", f = function () {};';
  const [, f] = readUnit(compile(`\n${text}`)).functions;
  const { column } = functionPosition(f!, format)!;
  expect(column).not.toBe(text.indexOf("function") + 1);
  expect(textColumn(text, column)).toBe(text.indexOf("function") + 1);
});

test("the frames of the engine's stack traces are all calls at positions of our tables", () => {
  const source = `
function deep(n) {
  if (n === 0)
    throw new Error([3, 1, 2].map((x) => x).join());
  return 1 +
    deep(n - 1);
}
class Shape {
  constructor() { this.area(); }
  area() {
    const y = 1; return deep(y + 1) + y;
  }
}
const runs = [() => deep(1), () => new Shape(), () => null.x.y, () => { undefinedFunction(1, 2); }];
for (const one of runs)
  try { one(); } catch (e) { console.log(e.stack); }
`;
  const { output } = run(source);
  const unit = readUnit(compile(source));
  const tables = unit.functions.map((fn) => lineTable(fn, format));
  const names = displayNames(unit);
  const frames = [...output.matchAll(/at (\S+) \(function\.mjs:(\d+):(\d+)\)/g)];
  expect(frames.length).toBeGreaterThan(12);
  for (const [frame, name, line, column] of frames) {
    const known = tables
      .flat()
      .some((entry) => entry.line === Number(line) && entry.column === Number(column));
    // a function without a table is printed with column 1
    const bare = unit.functions.some(
      (fn) => fn.lineTable.length === 0 && fn.line === Number(line) && column === "1",
    );
    expect(known || bare, frame).toBe(true);
    if (name === "deep") expect(names).toContain(name);
  }
});

test("each call has the position that the trace shows for it", () => {
  const source =
    "\nfunction a() { b(); }\nfunction b() {\n  c(\n  ); }\nfunction c() { throw new Error(); }\ntry { a(); } catch (e) { console.log(e.stack); }";
  const unit = readUnit(compile(source));
  const { output } = run(source);
  for (const name of ["a", "b"]) {
    const fn = unit.functions.find((candidate) => candidate.name === name)!;
    const call = [...instructions(fn.code, opcodes)].find(({ opcode }) => opcode.name.startsWith("call"))!;
    const { line, column } = positionAt(lineTable(fn, format), call.offset)!;
    expect(output).toContain(`at ${name} (function.mjs:${line}:${column})`);
  }
});

test("a damaged table leaves the function's own position", () => {
  const { lines } = engineById("ng26");
  const source = { line: 3, column: 2, lineTable: Uint8Array.of(0, 0xff), columnTable: new Uint8Array() };
  expect(() => lineTable(source, lines)).toThrow("unexpected end");
  const own = soundLines(source, lines);
  expect(own).toEqual([{ offset: 0, ...functionPosition(source, lines) }]);
});
