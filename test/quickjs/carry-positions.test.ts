/**
 * Positions of the second compiler: its bytecode is the embedded engine's but for them, whatever the program; they are
 * carried over to functions that are the same, in the same text, and to no other.
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instructions } from "../../src/quickjs/bytecode/disassemble.ts";
import type { BytecodeUnit } from "../../src/quickjs/bytecode/function.ts";
import { lineTable } from "../../src/quickjs/bytecode/line-table.ts";
import { readUnit } from "../../src/quickjs/bytecode/read-unit.ts";
import { carryPositions } from "../../src/quickjs/carry-positions.ts";
import { engineById, withPositions } from "../../src/quickjs/engines/versions.ts";
import { compile, compileWithPositions } from "../support/compile.ts";

const engine = engineById("ng26");
const programs = new URL("../../fixtures/programs/", import.meta.url);

const compiled = (source: string) => readUnit(compile(source));
const positioned = (source: string) => readUnit(compileWithPositions(source), 0, withPositions(engine));

function compiles(source: string): boolean {
  try {
    return compile(source).length > 0;
  } catch {
    return false;
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Everything but positions, as texts: of each function one. */
const withoutPositions = ({ functions }: BytecodeUnit) =>
  functions.map(({ positions: _, codeStart: __, code, atoms, lineTable, literals = [], ...fn }) =>
    JSON.stringify({
      ...fn,
      code: hex(code),
      atoms: [...atoms],
      lines: hex(lineTable),
      literals: literals.map(hex),
    }),
  );

function expectSameCode(source: string): void {
  const [own, other] = [compiled(source), positioned(source)];
  expect(withoutPositions(other)).toEqual(withoutPositions(own));
  const last = source.split("\n").length;
  const carried = carryPositions(own, other);
  for (const [index, fn] of other.functions.entries()) {
    expect(carried.functions[index]!.lineTable === fn.positions).toBe(true);
    const starts = new Set([...instructions(fn.code, engine.opcodes)].map(({ offset }) => offset));
    const table = lineTable({ ...fn, lineTable: fn.positions! }, engine.lines);
    const strange = table.filter(({ offset, line }) => !starts.has(offset) || line < 1 || line > last);
    expect(strange, fn.name).toEqual([]);
    expect(table[0]?.offset).toBe(0);
  }
}

describe("the same code as the embedded engine's", () => {
  test.each(readdirSync(programs).filter((name) => name.endsWith(".js")))("%s", (name) => {
    expectSameCode(readFileSync(new URL(name, programs), "utf8"));
  });

  test("jumps of every length, forward and back", () => {
    // around 128 and 32,768 bytes, where a jump takes more of them
    for (const count of [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 2978, 2979, 3640]) {
      const body = "a.b(\n1);".repeat(count);
      expectSameCode(`export function f(a, n) {
        for (let i = 0; i < n; i++) { if (a) { ${body} } else if (n) { ${body} } a &&= n; }
        while (a) { try { ${body} } finally { a = () => n; } }
        return a ? n : a;
      }`);
    }
  });

  test("any program", () => {
    const numbers = fc.array(fc.nat(1000), { maxLength: 120 });
    let same = 0;
    fc.assert(
      fc.property(numbers, (choices) => {
        const source = programOf(choices);
        if (compiles(source)) {
          expectSameCode(source);
          same++;
        } else expect(() => compileWithPositions(source)).toThrow();
      }),
    );
    // hardly any program is one that QuickJS refuses
    expect(same).toBeGreaterThan(80);
  });
});

describe("carried over", () => {
  const source = `function f(a) {
  return [
    1,
    ...a,
  ];
}
function g(a) {
  return [
    2,
    ...a,
  ];
}
f(g([1]));
`;
  const tables = (built: string, given: string) => {
    const own = compiled(built);
    const carried = carryPositions(own, positioned(given));
    return carried.functions.map((fn, i) =>
      fn.lineTable === own.functions[i]!.lineTable ? "own" : "fuller",
    );
  };

  test("to all functions of the same source", () => {
    expect(tables(source, source)).toEqual(["fuller", "fuller", "fuller"]);
  });

  test("not to a function whose code differs", () => {
    expect(tables(source, source.replace("2,", "3,"))).toEqual(["fuller", "fuller", "own"]);
  });

  test("not to functions that stand on other lines", () => {
    expect(tables(source, source.replace("}\nfunction g", "}\n\nfunction g"))).toEqual([
      "own",
      "fuller",
      "own",
    ]);
    expect(tables(source, `\n${source}`)).toEqual(["own", "own", "own"]);
  });

  test("not to the initialiser of a class that stands on other lines", () => {
    const made = "class A {\n  x = [\n    1,\n  ];\n}\nnew A();\n";
    expect(tables(made, made)).toEqual(["fuller", "fuller", "fuller"]);
    expect(tables(made, `\n${made}`)).toEqual(["own", "own", "own"]);
  });

  test("not from another engine", () => {
    const own = compiled(source);
    const other = { ...positioned(source), engine: "ng28" };
    expect(carryPositions(own, other).functions).toEqual(own.functions);
  });
});

test("a program that cannot be compiled has no positions", () => {
  expect(() => compileWithPositions("let let")).toThrow();
});

/**
 * What the parser has a way of its own for: E is an expression, P a pattern of what is assigned to, B of names, M a member of a class, S statements, `~` a
 * space or a new line.
 */
const grammar: Readonly<Record<string, readonly string[]>> = {
  E: [
    ..."a|b|1|'s'|null|this|/x/g|2n|1.5|70000".split("|"),
    ..."(E +~E)|(E~* E)|((E) **~E)|(E~< E)|(E ===~E)|(E~in E)|(E instanceof~E)|(E,~E)|(E~&& E)".split("|"),
    "(E ||~E)",
    ..."((E)~??~(E))|(-E)|(!E)|(typeof~E)|(void E)|(delete (E)~.p)|(a~= E)|(a.p~= E)|(a[E]~= E)".split("|"),
    ..."(a.p~+= E)|(a[E]~-= E)|(a~??= E)|(a.p~&&= E)|(a[E]~??= E)|a.p++|(a[E]--)|(++a)|(--a~.p)|(P~= E)".split(
      "|",
    ),
    ..."E~.p(~E,~E)|(E)?.[E]?.(~E)|(E)?.p|a(~...E,~E)|a.b(1,~...E)|new a(~E)|new a(1,~...E)|new a.b".split(
      "|",
    ),
    ..."[E,~...E,~, E]|[~]|({ p: E,~[E]: 1,~...E, a })|({ get p() {~return E }, m() { S }, async *n() { S } })".split(
      "|",
    ),
    "(E~? E~: E)",
    "`s$" + "{~E~}t\n$" + "{E}`",
    "a`s$" + "{E}\n`",
    "((B~= {},~q = E,~...r) => E)",
    "(async (q = E) => {~await (E);~S })",
    "(function* () {~yield E;~yield* E; })",
    "(function (~q,~{ r }) { S return arguments; })",
    "(class { M~M })",
    "(class extends (E) {~constructor(...p) { super(~...p); S } m() { return super.m(~E); } })",
  ],
  P: ["{ p: a.p,~[E]: b.q, ...a.r }", "[a.p,~, b.q = E,~...a.r]", "{ p: [a.p]~= E }", "{ a,~b = E }"],
  B: ["{ x,~[E]: [y]~= E, ...z }", "[x,~, { y } = E,~...z]"],
  M: [
    ..."p = E;|static #q@ = E;|#r@~= E;|[E]~= 1;|static { (E); }|m(p,~q = E) { S }|get [E]() { return~(E); }".split(
      "|",
    ),
    "static async *g() {~for await (const p of E) { S } }",
  ],
  S: [
    ..."(E);|{ let p =~E, q; const [r,~...s] = E; (() => [p, r]); }|{ const { p,~q: { r } = E, ...s } = E; }".split(
      "|",
    ),
    ..."if (E)~{ S } else~{ S }|for (let i = 0,~j = 1;~i < (E);~i++, j--) { S (() => i); }|for (;;) {~S break; }".split(
      "|",
    ),
    ..."for (const p~of (E)) { S continue; }|for (P~of [E]) { S }|for (const p~in E) { S }|throw (~E);".split(
      "|",
    ),
    "for (const p~of (E)) { if (p) return~E; }",
    "l@: while (E) {~S continue l@; }",
    "do {~S } while (~E);",
    "switch (E) {~case E: S break;~default: S~case 2: }",
    "try {~S return E; } catch ({ p,~q }) { S } finally { S }",
    "try {~S } catch { S }",
    "{ function h(~p, [q],~...r) { return [E, arguments]; } h(); }",
    "{ class K~{ M~M } }",
    "S~S",
  ],
};

/** A program that the numbers choose: each the next of the rules; where they end, the first. */
function programOf(numbers: readonly number[]): string {
  let next = 0;
  let labels = 0;
  const expand = (symbol: string): string => {
    const rules = grammar[symbol]!;
    const rule = rules[(numbers[next++] ?? 0) % rules.length]!.replaceAll("@", String(labels++));
    return rule.replace(/\b[EPBMS]\b|~/g, (part) =>
      part === "~" ? " \n"[(numbers[next++] ?? 0) % 2]! : expand(part),
    );
  };
  let statements = "";
  while (next < numbers.length) statements += `${expand("S")}\n`;
  return `var a, b;\nfunction all() {\n${statements}}\nexport default all;\n`;
}
