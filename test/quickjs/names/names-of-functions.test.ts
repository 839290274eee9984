/** What each shape of function is called: one source a row, compiled by the engine, and its functions in any order. */
import { expect, test } from "vitest";
import { readUnit } from "../../../src/quickjs/bytecode/read-unit.ts";
import { engineById } from "../../../src/quickjs/engines/versions.ts";
import { displayNames } from "../../../src/quickjs/names/names-of-functions.ts";
import { placesAsCompiled } from "../../../src/quickjs/places.ts";
import { compile } from "../../support/compile.ts";

const names = (source: string) =>
  displayNames(
    readUnit(compile(source)),
    placesAsCompiled((file) => (file === "function.mjs" ? "app.js" : file)),
  );

const table: Record<string, string[]> = {
  // plain functions
  "function plain() { function nested() {} }": ["plain", "nested"],
  "async function a() {} function* g() {} async function* ag() {}": ["a", "g", "ag"],
  "const mapper = (x) => x + 1;": ["mapper"],
  "let f = function () {}, g = async () => {};": ["f", "g"],
  "var v = function named() {};": ["named"],
  "let w; w = () => {}; w = function () {};": ["w", "w"],
  "const { d = () => {} } = {}, [e = function () {}] = [];": ["d", "e"],
  "function h(cb = () => {}) {}": ["h", "cb"],
  "const f = globalThis.a || function () {};": ["f"],
  "const f = globalThis.a ? function () {} : globalThis.b ? () => 1 : () => 2;": ["f", "f", "f"],
  "let q; q ??= () => {};": ["q"],
  "globalAssigned = function () {};": ["globalAssigned"],
  "for (let i = 0, f = () => i; i < 2; i++) { const g = () => f; }": ["f", "g"],
  "switch (1) { case 1: { const inSwitch = () => {}; } }": ["inSwitch"],

  // without a name; an arrow function with parameters in parentheses stands, for the engine, at the token before
  "[1].map(function (x) { return x; });": ["map callback"],
  "\n  [1].map((x) => x).forEach(async (y) => { await y; });": ["map callback", "forEach callback"],
  "\n(function () { const t = () => {}; })();": ["(anonymous app.js:2:2)", "t"],
  "const memo = ((fn) => fn)(() => {});": ["(anonymous app.js:1:14)", "(anonymous app.js:1:23)"],

  // given to a call: what takes it, and the named function around
  "function best(a) { return a.b.some((x) => x) && run(() => 1); }": [
    "best",
    "some callback in best",
    "run callback in best",
  ],
  "class Rule { matches(a) { return a.map((x) => x.filter(() => 1)); } }": [
    "new Rule",
    "Rule.matches",
    "map callback in Rule.matches",
    "filter callback in Rule.matches",
  ],
  "new Promise((resolve) => resolve());": ["Promise callback"],
  "const wrapped = globalThis.wrap(() => 1);": ["wrap callback"],
  "function f(p) { p.then(() => 1, () => 2); }": [
    "f",
    "then callback in f (app.js:1:19)",
    "then callback in f (app.js:1:33)",
  ],
  "const given = () => 1; globalThis.take(given);": ["given"],
  "\nfunction outer() { return function () {}; }": ["outer", "(anonymous app.js:2:27)"],

  // classes
  "class Shape { area() {} static of() {} get side() { return 1; } set side(v) {} }": [
    "Shape.area",
    "Shape.of",
    "get Shape.side",
    "set Shape.side",
    "new Shape",
  ],
  "class A { constructor() {} } class B extends A {} class C extends A { constructor() { super(); } }": [
    "new A",
    "new B",
    "new C",
  ],
  "class A { async m() {} *g() {} async *ag() {} static async s() {} }": [
    "A.m",
    "A.g",
    "A.ag",
    "A.s",
    "new A",
  ],
  "class A { #p() {} static #s() {} get #g() { return 1; } set #g(v) {} m() { this.#p(A.#s, this.#g); } }": [
    "A.#p",
    "A.#s",
    "get A.#g",
    "set A.#g",
    "A.m",
    "new A",
    // it only brands instances
    "A.<instance initializer>",
  ],
  "class A { handler = () => {}; #h = () => {}; n = 1; }": [
    "new A",
    "A.<instance initializer>",
    "handler",
    "#h",
  ],
  "class A { static make = () => {}; static n = 1; }": ["new A", "A.<static initializer>", "make"],
  "class A { static { this.x = () => {}; } }": ["new A", "A.<static initializer>", "A.<static block>", "A.x"],
  "class A { [Symbol.iterator]() {} static [Symbol.hasInstance]() {} get [Symbol.toStringTag]() { return 1; } }":
    ["A.[Symbol.iterator]", "A.[Symbol.hasInstance]", "get A.[Symbol.toStringTag]", "new A"],
  'const k = "x"; class A { [k]() {} ["a" + k]() {} ["plain key"]() {} 7() {} }': [
    "A.[k]",
    "A.(computed)",
    "A.plain key",
    "A.7",
    "new A",
  ],
  "const B = class { m() {} }, C = class Inner { m() {} };": ["B.m", "new B", "Inner.m", "new Inner"],
  "let D; D = class extends Object {};": ["new D"],
  "\nString(class { m() {} });": ["(anonymous app.js:2:23).m", "new (anonymous app.js:2:23)"],
  "const o = {}; o.K = class { m() {} };": ["o.K.m", "new o.K"],
  "class A { constructor() { this.h = function () {}; const self = this; self.q = () => {}; } }": [
    "new A",
    "A.h",
    "self.q",
  ],
  "class A { m() { return [1].map((x) => { this.late = () => x; }); } }": [
    "A.m",
    "map callback in A.m",
    "A.late",
    "new A",
  ],
  "class A { static Inner = class { m() {} }; }": ["new A", "A.<static initializer>", "Inner.m", "new Inner"],
  "const mixin = (Base) => class extends Base { m() {} };": [
    "mixin",
    "(anonymous app.js:1:53).m",
    "new (anonymous app.js:1:53)",
  ],

  // objects
  "const o = { toJSON() {}, f: function () {}, g: () => {}, get h() { return 1; }, set h(v) {}, async a() {} };":
    ["toJSON", "f", "g", "get h", "set h", "a"],
  'const k = "x"; const o = { [k]: () => 1, [k + 1]: () => 2, [k]() {}, get [k]() { return 1; }, "a b": () => {}, 3: () => {} };':
    ["[k]", "(computed)", "[k]", "get [k]", "a b", "3"],
  "const o = { a: { b() {}, c: { d: () => {} } } };": ["b", "d"],
  "const o = { m() { return super.m(); } };": ["m"],
  "const o = { c: class { z() {} } };": ["c.z", "new c"],
  "const o = {}; o.x = function () {}; o.a.b = () => {};": ["o.x", "o.a.b"],
  'const o = {}, k = 1; o["s"] = () => {}; o[k] = () => {}; o[k + 1] = () => {};': [
    "o.s",
    "o.[k]",
    "o.(computed)",
  ],
  "const o = {}; o.q = o.r = () => {}; o.dd ??= () => {};": ["o.r", "o.dd"],
  "String({}).z = () => {};": ["z"],
  "const o = {}; for (const i of [1]) { try { o.t = () => {}; } catch (e) { o.c = () => {}; } finally { o.u = () => {}; } }":
    ["o.t", "o.c", "o.u"],

  // before classes, and as bundlers write
  "function Foo() { this.own = function () {}; } Foo.prototype.bar = function () {}; Foo.make = () => {};": [
    "Foo",
    "Foo.own",
    "Foo.bar",
    "Foo.make",
  ],
  "const module = {}, exports = {}; exports.handler = function () {}; module.exports = () => {};": [
    "exports.handler",
    "module.exports",
  ],
  'var req = ((m) => m)({ "src/a.js"(exports, module) { module.exports.b = () => {}; } });': [
    "(anonymous app.js:1:11)",
    "src/a.js",
    "module.exports.b",
  ],
  "var Ns; (function (Ns) { Ns.f = function () {}; })(Ns || (Ns = {}));": ["(anonymous app.js:1:10)", "Ns.f"],

  // modules
  "export default function () {}": ["default"],
  "export default () => {};": ["default"],
  "export default class { m() {} }": ["default.m", "new default"],
  "export default function main() {} export const f = () => {};": ["main", "f"],
};

for (const [source, expected] of Object.entries(table))
  test(source, () => {
    const [root, ...rest] = names(source);
    expect(root).toBe("(module app.js)");
    expect(rest.toSorted()).toEqual(expected.toSorted());
  });

test("without debug information names are stable, and what has none goes by number and place", () => {
  const unit = readUnit(compile("class A { m() { return () => 1; } }"));
  const functions = unit.functions.map((fn) => ({
    ...fn,
    file: "",
    line: 0,
    column: 0,
    lineTable: new Uint8Array(0),
  }));
  const place = functions[2]!.codeStart.toString(16);
  expect(displayNames({ ...unit, functions })).toEqual(["(module)", "A.m", `fn#2@0x${place}`, "new A"]);
});

test("a script's root is the program that eval gave it", () => {
  const unit = readUnit(compile("function f() {}"));
  const [root, ...rest] = unit.functions;
  // a module's code begins with a question that a script's does not
  const returns = engineById("ng26").opcodes.find(({ name }) => name === "return_undef")!;
  const script = { ...root!, kind: "normal" as const, code: Uint8Array.of(returns.code), atoms: new Map() };
  expect(displayNames({ ...unit, module: null, functions: [script, ...rest] })).toEqual(["<eval>", "f"]);
  expect(displayNames({ ...unit, module: null })[0]).toBe("(module function.mjs)");
});
