/** Lines carried over to stripped bytecode: all where the source is the same, none where a function is another. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recognise } from "../../src/javy/module.ts";
import type { BytecodeUnit } from "../../src/quickjs/bytecode/function.ts";
import { functionPosition } from "../../src/quickjs/bytecode/line-table.ts";
import { readUnit } from "../../src/quickjs/bytecode/read-unit.ts";
import { carryDebug, lacksDebug } from "../../src/quickjs/carry.ts";
import { engineById } from "../../src/quickjs/engines/versions.ts";
import { displayNames } from "../../src/quickjs/names/names-of-functions.ts";
import { placesAsCompiled } from "../../src/quickjs/places.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { compile } from "../support/compile.ts";

const fixtures = new URL("../../fixtures/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, fixtures), "utf8");
const compiled = (source: string) => readUnit(compile(source));

/** What a program is without debug information. */
function stripped(unit: BytecodeUnit): BytecodeUnit {
  const none = new Uint8Array(0);
  const debug = { file: "", line: 0, column: 0, lineTable: none, columnTable: none };
  return { ...unit, functions: unit.functions.map((fn) => ({ ...fn, ...debug })) };
}

/** Line by display name in the source, without columns; of what kept none, null. */
function linesOf(unit: BytecodeUnit, names: readonly string[]): Record<string, number | null> {
  const { lines } = engineById(unit.engine);
  return Object.fromEntries(
    unit.functions.map((fn) => [
      names[fn.index]!.replace(/ :(\d+):\d+\)$/, " :$1)"),
      functionPosition(fn, lines)?.line ?? null,
    ]),
  );
}

/** What comes of a program compiled from `built`, stripped, when `given` is said to be its source. */
function carry(built: string, given: string) {
  const original = compiled(built);
  const result = carryDebug(stripped(original), compiled(given));
  const names = displayNames(
    original,
    placesAsCompiled(() => ""),
    false,
  );
  return { ...result, lines: linesOf(result.unit, names) };
}

const shop = `function price(item) { return item.cents / 100; }
function total(items) {
  const each = items.map((item) => price(item));
  return each.reduce((sum, one) => sum + one, 0);
}
class Cart { add(item) { this.items = [item]; } get size() { return this.items.length; } }
export default total([new Cart()]);
`;

describe("the source of the program", () => {
  test.each(readdirSync(new URL("programs/", fixtures)).filter((name) => name.endsWith(".js")))(
    "gives all of %s its lines back",
    (name) => {
      const unit = compiled(read(`programs/${name}`));
      const result = carryDebug(stripped(unit), unit);
      expect(result.unit).toEqual(unit);
      expect(result.carried).toBe(unit.functions.length);
      expect(result.lost).toEqual([]);
    },
  );

  test("gives a program that the engine itself stripped its lines back", () => {
    const source = read("stripped/app.js");
    const module = recognise(decodeModule(readFileSync(new URL("stripped/app.wasm", fixtures))));
    if (module.kind !== "dynamic") throw new Error(module.kind);
    const unit = readUnit(module.payload!);
    const whole = compiled(source);
    expect(unit.functions.every(lacksDebug)).toBe(true);
    const result = carryDebug(unit, whole);
    expect(result.lost).toEqual([]);
    expect(result.carried).toBe(20);
    const debugOf = (fn: (typeof unit.functions)[number]) => [
      ...[fn.name, fn.file, fn.line, fn.column],
      ...[[...fn.lineTable], [...fn.columnTable]],
    ];
    expect(result.unit.functions.map(debugOf)).toEqual(whole.functions.map(debugOf));
    expect(result.unit.functions.map(({ code }) => code)).toEqual(unit.functions.map(({ code }) => code));
  });

  test("with comments and line breaks, moves the lines", () => {
    const { lines, lost } = carry(shop, `// a shop\n\n${shop.replace("  return", "\n  return")}`);
    expect(lost).toEqual([]);
    expect(lines).toMatchObject({ price: 3, total: 4, "Cart.add": 9 });
  });
});

describe("another source", () => {
  test("with one function edited: that one has no lines, those inside and beside it have", () => {
    const { lines, lost, carried } = carry(shop, shop.replace("each.reduce(", "each.concat(1).reduce("));
    expect(lost).toEqual([{ index: 2, name: "total", reason: "differs" }]);
    expect(carried).toBe(7);
    expect(lines).toMatchObject({ price: 1, total: null, "Cart.add": 6, "get Cart.size": 6 });
    expect(lines["(anonymous :3)"]).toBe(3);
    expect(lines["(anonymous :4)"]).toBe(4);
  });

  test("with a function added in front: what moved is still found, by name or by its code", () => {
    const { lines, lost } = carry(shop, `function before() { return total; }\n${shop}`);
    expect(lost).toEqual([{ index: 0, name: "(module)", reason: "differs" }]);
    expect(lines).toMatchObject({ price: 2, total: 3, "Cart.add": 7, "new Cart": 7 });
  });

  test("with a function renamed: it, and who calls it", () => {
    const { lost, lines } = carry(shop, shop.replaceAll("price", "cost"));
    expect(lost.map(({ name, reason }) => [name.replace(/fn#.*/, "fn"), reason])).toEqual([
      ["(module)", "differs"],
      ["price", "absent"],
      ["total", "differs"],
      ["fn", "absent"],
    ]);
    expect(lines["(anonymous :4)"]).toBe(4);
  });

  test("with another number in the same code: that function has no lines", () => {
    const source = "const a = (n) => n * 0.1;\nconst b = (n) => n * 0.2;\n";
    expect(carry(source, source.replace("0.1", "0.3")).lost).toMatchObject([
      { name: "a", reason: "differs" },
    ]);
    const list = "export default [(n) => n * 0.1,\n (n) => n * 0.2];\n";
    const swapped = "export default [(n) => n * 0.2,\n (n) => n * 0.1];\n";
    expect(carry(list, swapped)).toMatchObject({ carried: 1 });
  });

  test("and two functions of the same code: told apart by place, else not at all", () => {
    const twins = "export const twins = [() => 1,\n () => 1];\n";
    const same = carry(twins, twins);
    expect(same.lost).toEqual([]);
    expect(same.lines).toMatchObject({ "(anonymous :1)": 1, "(anonymous :2)": 2 });
    const { lost } = carry(twins, `${twins}console.log(1);\n`);
    expect(lost.map(({ reason }) => reason)).toEqual(["differs", "ambiguous", "ambiguous"]);
    // one of them is gone: nobody can say which
    expect(carry(twins, "export const twins = [() => 1];\n").lost.map(({ reason }) => reason)).toEqual([
      "differs",
      "ambiguous",
      "ambiguous",
    ]);
    // by name they can be told apart again
    const named = "export const one = () => 1;\nexport const two = () => 1;\n";
    const moved = carry(named, `console.log(1);\n${named}`);
    expect(moved.lost).toMatchObject([{ name: "(module)" }]);
    expect(moved.lines).toMatchObject({ one: 2, two: 3 });
  });

  test("with another function inside a nameless one: neither has lines", () => {
    const source = 'run(function () { return () => { return "m0"; }; });\n';
    const { lost, lines } = carry(`var run;\n${source}`, `var run;\n${source.replace("m0", "m1")}`);
    expect(lost.map(({ index, reason }) => [index, reason])).toEqual([
      [1, "differs"],
      [2, "absent"],
    ]);
    expect(lines).toMatchObject({ "(anonymous :2)": null });
    // a name says which one was edited
    const named = source.replace("function ()", "function outer()");
    expect(carry(named, named.replace("m0", "m1")).lost).toMatchObject([{ index: 2, reason: "differs" }]);
  });

  test("with two nameless functions swapped: what has one name in both is not taken for the other's", () => {
    const wrap = (number: number) => `run(function () { function get() { return 1; } return ${number}; });\n`;
    const { lost } = carry(`var run;\n${wrap(7)}${wrap(8)}`, `var run;\n${wrap(8)}${wrap(7)}`);
    expect(lost.map(({ index, reason }) => [index, reason])).toEqual([
      [1, "differs"],
      [2, "ambiguous"],
      [3, "differs"],
      [4, "ambiguous"],
    ]);
    // where one of them alone was edited, it is that one
    const edited = carry(`var run;\n${wrap(7)}${wrap(8)}`, `var run;\n${wrap(7)}${wrap(9)}`);
    expect(edited.lost.map(({ index }) => index)).toEqual([3]);
  });

  test("with a function expression renamed, in code that is the same: it alone", () => {
    const { lost } = carry(
      "globalThis.run?.(function a() { return 1; });\n",
      "globalThis.run?.(function b() { return 1; });\n",
    );
    expect(lost).toEqual([{ index: 1, name: "a", reason: "differs" }]);
  });

  test("with a function moved into another: its place is no longer known", () => {
    const inner = 'return () => "inner";';
    const [built, given] = [
      `export function a() { ${inner} }\nexport function b() { return 1; }\n`,
      `export function a() { return 1; }\nexport function b() { ${inner} }\n`,
    ];
    expect(carry(built, given).lost.map(({ reason }) => reason)).toEqual(["differs", "absent", "differs"]);
  });

  test("with one of two functions of one name gone: neither", () => {
    const twice = "function f() { return 1; }";
    const { lost } = carry(
      `export function a() { ${twice} ${twice} return f; }\n`,
      `export function a() { ${twice} return f; }\n`,
    );
    expect(lost.map(({ name, reason }) => [name, reason])).toEqual([
      ["a", "differs"],
      ["f", "ambiguous"],
      ["f", "ambiguous"],
    ]);
  });

  test("of something else: nothing", () => {
    const { carried, lost } = carry(shop, "console.log(1);\n");
    expect(carried).toBe(0);
    expect(lost).toHaveLength(8);
  });
});

test("bytecode of another engine gives nothing", () => {
  const unit = compiled(shop);
  const result = carryDebug(stripped(unit), { ...unit, engine: "ng28" });
  expect(result.carried).toBe(0);
  expect(result.unit.functions.every(lacksDebug)).toBe(true);
  expect(result.lost.map(({ reason }) => reason)).toEqual(unit.functions.map(() => "other engine"));
});

test("a compiler that strips as well gives nothing", () => {
  const unit = stripped(compiled(shop));
  const { carried, lost } = carryDebug(unit, unit);
  expect(carried).toBe(0);
  expect(lost.map(({ reason }) => reason)).toEqual(unit.functions.map(() => "no debug information"));
});

test("where the names of variables were stripped too, they come back", () => {
  const unit = compiled(shop);
  const bare = stripped(unit);
  const functions = bare.functions.map((fn) => ({
    ...fn,
    variables: [],
    closure: fn.closure.map((variable) => ({ ...variable, name: "" })),
  }));
  expect(carryDebug({ ...bare, functions }, unit).unit).toEqual(unit);
});

test("property: a function has the line of its own marker, or none", () => {
  // The bodies of functions hold a marker each, some of them the same one; the given source has some of the lines
  // of the built one, in any order, and others.
  const line = fc.record({ marker: fc.nat(5), form: fc.constantFrom("named", "arrow", "nested", "method") });
  const write = (lines: readonly { readonly marker: number; readonly form: string }[]) =>
    lines
      .map(({ marker, form }, i) => {
        const body = `{ return "m${marker}"; }`;
        if (form === "named") return `function f${marker}_${i % 3}() ${body}`;
        if (form === "arrow") return `run(() => ${body});`;
        if (form === "method") return `run({ m${marker}() ${body} });`;
        return `run(function () { return () => ${body}; });`;
      })
      // declared twice, a function is an error
      .filter((text, i, all) => !text.startsWith("function") || all.indexOf(text) === i)
      .join("\n");
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.array(line, { maxLength: 8 }),
      fc.nat(8),
      (a, b, kept) => {
        const [built, given] = [
          `var run;\n${write(a)}\n`,
          `var run;\n${write([...b, ...a.slice(0, kept)])}\n`,
        ];
        const original = compiled(built);
        const result = carryDebug(stripped(original), compiled(given));
        const { lines } = engineById("ng26");
        const text = { built: built.split("\n"), given: given.split("\n") };
        for (const fn of result.unit.functions.slice(1)) {
          const was = functionPosition(original.functions[fn.index]!, lines)!.line;
          const now = functionPosition(fn, lines)?.line;
          const own = (at: string) => at.replace(/f(\d)_\d/, "f$1");
          if (now !== undefined) expect(own(text.given[now - 1]!)).toBe(own(text.built[was - 1]!));
        }
        expect(result.carried + result.lost.length).toBe(original.functions.length);
        if (built === given) expect(result.lost).toEqual([]);
      },
    ),
    { numRuns: 150 },
  );
});
