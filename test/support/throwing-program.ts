/** A program that throws in every way, and what the language says of each line, counted by hand. */

export const throwingProgram = `function thrower(n) { throw new RangeError("r" + n); }
function viaMap() { return [1, 2].map(thrower); }
function caught() { try { thrower(1); } catch (e) { return e.message; } }
function operator(o) { return o.x.y; }
function builtin() { decodeURIComponent("%"); }
function again() { try { operator({}); } catch (e) { throw e; } }
function onwards() { try { builtin(); } finally { onwards.n = 1; } }
function empty() { try { null.x; } finally { } }
function* handles() { try { yield 1; } catch (e) { yield e.message; } yield 2; }
function* passesOn() { yield 1; yield 2; }
async function rejects() { throw new TypeError("async"); }
async function awaits() { try { await rejects(); } catch (e) { return e.message; } }
async function awaitsOnly() { await rejects(); }
function* delegates() { yield* passesOn(); }
class Endless { [Symbol.iterator]() { return this; } next() { return { done: false, value: 1 }; }
  return() { throw new SyntaxError("return"); } }
function closes() { for (const x of new Endless()) { throw new EvalError("body"); } }
function text() { throw "text"; }
function length(n) { try { return new Array(-n); } catch (e) { return 1; } }
function early() { x; let x = 1; }
function deep() {
  for (const a of [1]) { try { for (const b of [1, 2]) { try { thrower(b); } finally { a + b; } } } catch (e) { } }
}
class Own extends Error { get name() { return "getter"; } }
function own() { throw new Own("mine"); }
function catches(f) { try { f(); } catch { } }
catches(viaMap); caught(); catches(again); catches(onwards); catches(empty);
const into = handles(); into.next(); into.throw(new Error("into"));
const out = passesOn(); out.next(); catches(() => out.throw(new Error("out")));
const inner = delegates(); inner.next(); catches(() => inner.throw(new Error("inner")));
catches(closes); catches(text); length(2); catches(early); deep(); catches(own);
new Promise(() => { throw new Error("executor"); }).catch(() => {});
catches(() => eval("1 +"));
catches(() => BigInt64Array.from([1], async () => { throw new Error("swallowed"); }));
catches(() => { const { q } = null; });
awaits(); awaitsOnly().catch(() => {});
Promise.reject(new Error("r")).then(() => 1).catch((e) => { throw e; }).catch(() => {});
Promise.resolve("%").then(decodeURIComponent).catch(() => {});
`;

/** Of each line that throws: the class, and how often. */
export const thrownByLine = {
  ...{ "1 RangeError": 3, "4 TypeError": 1, "5 URIError": 1, "6 TypeError": 1, "8 TypeError": 1 },
  // what is thrown into a generator is thrown at its yield
  ...{ "9 Error": 1, "10 Error": 2 },
  // and an await of a promise that was rejected throws again
  ...{ "11 TypeError": 2, "12 TypeError": 1, "13 TypeError": 1 },
  // what `return` throws while an exception closes the iterator goes nowhere, but was thrown
  ...{ "16 SyntaxError": 1, "17 EvalError": 1, "18 ": 1, "19 RangeError": 1, "20 ReferenceError": 1 },
  ...{
    "25 Own": 1,
    "32 Error": 1,
    "33 SyntaxError": 1,
    "34 Error": 1,
    "34 SyntaxError": 1,
    "35 TypeError": 1,
  },
  "37 Error": 1,
};
