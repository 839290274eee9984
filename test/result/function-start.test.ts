/** Where a function begins in minified text, from the column that the engine gives it, and where its name stands. */
import { expect, test } from "vitest";
import { definitions, functionStart, nameIndex, ownerIndex } from "../../src/result/function-start.ts";

/** `^` stands before the index that is said, `|` before the one that is right; `^` alone where they are one. */
test.each([
  "a;^function b(){}",
  "x=^async(a)=>a",
  "var a={^b(c){}}",
  "o.map(^e=>e.x)",
  "^constructor(a=[1,2]){}",
  "class{^static #a(){}}",
  "return ^a},|#get(e){}",
  'message:^r,|"~run"(e,i){}',
  "message:^r,|'it''s'".replace("''", "\\'").concat("(e){}"),
  "{^n:|(x,y)=>x}",
  "f(^n,1,|({a:b=')'},c)=>x)",
  "async*^q(){},[1+1](){}",
  "^a:1,|2(){}",
  "^q},|()=>1",
  // nothing that begins a function: as it is said
  "^a.b.c(1)",
  "^a/b/(1)=>1",
  "^a;`1`(){}",
  "^",
])("%s", (marked) => {
  const said = marked.indexOf("^");
  const text = marked.replace(/[\^|]/g, "");
  const right = marked.includes("|") ? marked.indexOf("|") - 1 : said;
  expect(functionStart(text, said)).toBe(right);
});

test("a long line costs no more than what is near", () => {
  const text = `a,${"(".repeat(1_000_000)}`;
  const before = performance.now();
  for (let i = 0; i < 5; i++) functionStart(text, 0);
  expect(performance.now() - before).toBeLessThan(2000);
});

test.each([
  ["|function t(){}", "t", 9],
  ["|async function*t(){}", "t", 15],
  ["a;|t(){}", "t", 2],
  ["class{|static async #t(){}}", "#t", 19],
  ["let t=|e=>e", "t", 4],
  ["let t=(|function(){})", "t", 4],
  ["a.t=|e=>e", "t", -1],
  ["at=|e=>e", "t", -1],
  ["|function tt(){}", "t", -1],
  ["f(|e=>e)", "t", -1],
] as const)("the name in %s", (marked, name, index) => {
  expect(nameIndex(marked.replace("|", ""), marked.indexOf("|"), name)).toBe(index);
});

test.each([
  ["class t{a(){}|b(){}}", "t", 6],
  ["class t{}class u{}var t=class{|b(){}}", "t", 22],
  ["t={a:|e=>e}", "t", 0],
  ["a.t={b:|e=>e}", "t", -1],
  ["t.a.b=|function(){}", "t", 0],
  ["class tt{|b(){}}", "t", -1],
  ["|b(){}class t{}", "t", -1],
] as const)("the owner in %s", (marked, name, index) => {
  const text = marked.replace("|", "");
  expect(ownerIndex(text, marked.indexOf("|"), name, definitions(text, name))).toBe(index);
});
