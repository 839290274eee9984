/**
 * Random JavaScript that throws, for fast-check, and that counts by line what it throws: before each throw it calls `hit`
 * with the number of its line. Exceptions go through handlers and `finally`, loops that close their iterators, generators,
 * asynchronous functions, and callbacks of built-in functions, some of which swallow them. Every choice is the next number
 * of a tape, where 0 is the simplest.
 */
import fc from "fast-check";

/** Programs that print the counts by line as JSON when all jobs are done. `using`: the engine has it. */
export function arbitraryThrowing(using: boolean): fc.Arbitrary<string> {
  return fc
    .array(fc.nat(255), { minLength: 20, maxLength: 300, size: "max" })
    .map((tape) => new Source(tape, using).program());
}

const functions = 3;
type Kind = "function" | "function*" | "async function";

const head = `const hits = {}; let budget = 60; let state = 7;
function hit(line) { hits[line] = (hits[line] ?? 0) + 1; }
function flip() { state = (state * 75 + 74) % 65537; return state % 3 === 0; }
function over(close) { let n = 0; return { [Symbol.iterator]() { return this; }, next() { return { done: n++ > 1, value: n }; }, return() { close(); return {}; } }; }
function track(promise, line) { return promise.then((value) => value, (error) => { hit(5); hit(line); throw error; }); }
`;

const tail = `(async () => { for (let i = 0; i < 500; i++) await null; console.log(JSON.stringify(hits)); })();
`;

class Source {
  readonly #tape: readonly number[];
  readonly #using: boolean;
  #at = 0;
  #lines: string[] = head.trimEnd().split("\n");

  constructor(tape: readonly number[], using: boolean) {
    this.#tape = tape;
    this.#using = using;
  }

  program(): string {
    for (let i = 0; i < functions; i++) {
      this.#function("function", `f${i}`);
      this.#function("function*", `g${i}`);
      this.#function("async function", `a${i}`);
    }
    for (let i = 0; i < functions; i++) {
      this.#put(`try { f${i}(); } catch { }`);
      this.#put(`try { [...g${i}()]; } catch { }`);
      this.#put(`a${i}().catch(() => { });`);
    }
    return `${this.#lines.join("\n")}\n${tail}`;
  }

  #next(below: number): number {
    return (this.#tape[this.#at++] ?? 0) % below;
  }

  #put(text: string): void {
    this.#lines.push(text);
  }

  /** The number of the line that is put next. */
  get #line(): number {
    return this.#lines.length + 1;
  }

  #function(kind: Kind, name: string): void {
    this.#put(`${kind} ${name}() {`);
    this.#block(kind, 3);
    this.#put("}");
  }

  #block(kind: Kind, depth: number): void {
    const count = 1 + this.#next(3);
    for (let i = 0; i < count; i++) this.#statement(kind, depth);
  }

  /** Some function that takes nothing, as an expression. */
  #callee(): string {
    return `() => { if (budget-- > 0) f${this.#next(functions)}(); }`;
  }

  #statement(kind: Kind, depth: number): void {
    const choice = this.#next(depth > 0 ? 12 : 6);
    switch (choice) {
      case 0:
        return this.#throws();
      case 1:
        return this.#put(`if (budget-- > 0) f${this.#next(functions)}();`);
      case 2:
        return this.#put(this.#native());
      case 3:
        return this.#own(kind);
      case 4:
        return this.#put(`if (flip()) ${this.#next(2) === 0 ? "return;" : "state++;"}`);
      case 5:
        return this.#put(
          `if (budget-- > 0) for (const x of g${this.#next(functions)}()) { if (flip()) break; }`,
        );
      case 6:
      case 7:
        return this.#handled(kind, depth - 1, choice === 7);
      case 8:
        return this.#around(`for (const x of over(${this.#callee()})) {`, kind, depth - 1);
      case 9:
        return this.#around("for (let i = 0; i < 2; i++) {", kind, depth - 1);
      case 10:
        return this.#put(`if (budget-- > 0) { const [x] = over(${this.#callee()}); }`);
      default:
        if (!this.#using) return this.#throws();
        this.#put("{");
        this.#put(`using resource = { [Symbol.dispose]: ${this.#callee()} };`);
        this.#block(kind, depth - 1);
        this.#put("}");
    }
  }

  #throws(): void {
    const line = this.#line;
    const how = [
      `throw new Error("${line}");`,
      "null.x;",
      'decodeURIComponent("%");',
      `throw ${line};`,
      "new Array(-1);",
      "undefined();",
    ][this.#next(6)]!;
    this.#put(`if (flip()) { hit(${line}); ${how} }`);
  }

  #native(): string {
    const callee = this.#callee();
    return [
      `[1, 2].map(${callee});`,
      `"ab".replace(/./g, ${callee});`,
      `[3, 1, 2].sort(${callee});`,
      `String({ toString: ${callee}, valueOf: ${callee}, [Symbol.toPrimitive]: ${callee} });`,
      `Reflect.apply(${callee}, null, []);`,
      `({ get x() { (${callee})(); } }).x;`,
      `new Promise(${callee}).catch(() => { });`,
      `Array.from([1], ${callee});`,
      `Promise.resolve().then(${callee}).catch(() => { });`,
      `new (class { constructor() { (${callee})(); } })();`,
      `[1, 2].reduce(${callee}, 0);`,
      `Array.from(over(${callee}), ${callee});`,
    ][this.#next(12)]!;
  }

  /** What only some functions have. */
  #own(kind: Kind): void {
    if (kind === "function*") return this.#put("yield 1;");
    if (kind === "async function")
      return this.#put(
        this.#next(2) === 0
          ? `if (budget-- > 0) await track(a${this.#next(functions)}(), ${this.#line});`
          : "await null;",
      );
    this.#throws();
  }

  #handled(kind: Kind, depth: number, always: boolean): void {
    this.#put("try {");
    this.#block(kind, depth);
    if (!always || this.#next(2) === 0) {
      this.#put("} catch (error) {");
      this.#block(kind, depth);
      // under a condition, since engines of 2021 give a throw with no code behind it the line of what follows in the text
      if (this.#next(3) === 0) this.#put(`if (error !== hits) { hit(${this.#line}); throw error; }`);
    }
    if (always) {
      this.#put("} finally {");
      if (this.#next(3) > 0) this.#block(kind, depth);
    }
    this.#put("}");
  }

  #around(open: string, kind: Kind, depth: number): void {
    this.#put(open);
    this.#block(kind, depth);
    if (this.#next(3) === 0) this.#put(`if (flip()) ${this.#next(2) === 0 ? "break;" : "continue;"}`);
    this.#put("}");
  }
}
