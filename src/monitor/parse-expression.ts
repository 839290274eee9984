/**
 * Expressions of the grammar: binary operators by precedence, all left-associative (&& and || share one level, as in
 * Whamm), at most one prefix and one cast around an operand, ternaries only to the right of `=`, behind `return` and
 * as arguments. A `/` that is followed by the probe's block ends a predicate and is no division.
 */
import type { AstExpr, BinaryOperator, Name, When } from "./ast.ts";
import { isPrimitive, type Primitive, primitives } from "./language-types.ts";
import { Scanner, type Token, Unreadable } from "./lex.ts";
import type { Source, Span } from "./source.ts";

/** From loosest to tightest. */
// biome-ignore format: a table
const precedence: readonly (readonly BinaryOperator[])[] = [
  ["&&", "||"], ["|"], ["^"], ["&"], ["==", "!=", ">", "<", ">=", "<="], ["<<", ">>"], ["+", "-"], ["*", "/", "%"],
];
const levels = new Map(
  precedence.flatMap((operators, level) => operators.map((operator) => [operator, level])),
);

/** Words that no variable is called. */
const reserved = [
  "return",
  "if",
  "elif",
  "else",
  "while",
  "map",
  "var",
  "use",
  "fn",
  "report",
  "unshared",
  "as",
];
/** What other languages write behind an operand, and this one does not. */
const operators = new Map([
  ["=", "== compares"],
  ["===", "== compares"],
  ["and", "&& is and"],
  ["or", "|| is or"],
]);
/** Deeper and longer than anybody writes; they keep a hostile script from exhausting the stack. */
const deepest = 400;
const longest = 2000;

export class ExpressionParser {
  protected readonly scanner: Scanner;
  #depth = 0;

  constructor(source: Source) {
    this.scanner = new Scanner(source);
  }

  protected spanFrom(start: number): Span {
    return { start, end: Math.max(start, this.scanner.lastEnd) };
  }

  protected accept(text: string): boolean {
    const token = this.scanner.peek();
    if (token.text !== text || token.kind === "string") return false;
    this.scanner.take();
    return true;
  }

  protected expect(text: string, cure?: string): void {
    if (this.accept(text)) return;
    const found = this.scanner.peek();
    const instead = text === ")" || text === "/" ? operators.get(found.text) : undefined;
    throw this.unexpected(found, JSON.stringify(text).slice(1, -1), instead ?? cure);
  }

  protected unexpected(token: Token, wanted: string, cure?: string): Unreadable {
    const span = wanted === ";" ? { start: this.scanner.lastEnd, end: this.scanner.lastEnd + 1 } : token;
    const found = token.kind === "end" ? token.text : token.text.split("\n")[0]!;
    return new Unreadable(span, `expected ${wanted}, found ${found}`, cure);
  }

  protected name(wanted: string): Name {
    const token = this.scanner.peek();
    if (token.kind !== "name") throw this.unexpected(token, wanted);
    if (reserved.includes(token.text))
      throw new Unreadable(token, `${token.text} is a word of the language`, "take another name");
    this.scanner.take();
    return { text: token.text, span: { start: token.start, end: token.end } };
  }

  protected primitive(): Primitive {
    const token = this.scanner.peek();
    if (token.kind !== "name" || !isPrimitive(token.text))
      throw this.unexpected(token, "a type", `types are ${primitives.join(" ")}, (a, b) and map<k, v>`);
    this.scanner.take();
    return token.text as Primitive;
  }

  /** What stands to the right of `=`, and an argument: an expression or one ternary of them. */
  protected rhs(): AstExpr {
    const condition = this.expression();
    if (!this.accept("?")) return condition;
    const taken = this.expression();
    this.expect(":", "a ternary is: condition ? a : b");
    const otherwise = this.expression();
    const span = { start: condition.span.start, end: otherwise.span.end };
    if (this.scanner.peek().text === "?")
      throw new Unreadable(this.scanner.peek(), "ternaries do not nest", "use if, elif and else");
    return { kind: "choose", condition, taken, otherwise, span };
  }

  protected expression(level = 0): AstExpr {
    return this.nested(() => this.#binary(level));
  }

  /** Runs the reading of something that may contain itself. */
  protected nested<T>(body: () => T): T {
    if (this.#depth >= deepest) throw new Unreadable(this.scanner.peek(), "this is nested too deeply");
    this.#depth += 1;
    try {
      return body();
    } finally {
      this.#depth -= 1;
    }
  }

  #binary(level: number): AstExpr {
    let left = this.operand();
    for (let length = 1; ; length += 1) {
      const operator = this.#operatorAhead();
      if (operator === undefined || levels.get(operator)! < level) return left;
      if (operator === "&&" || operator === "||") {
        left = balanced(operator, this.#run(operator, left));
        continue;
      }
      if (length > longest)
        throw new Unreadable(this.scanner.peek(), "the expression is too long", "split it");
      this.scanner.take();
      left = joined(operator, left, this.expression(levels.get(operator)! + 1));
    }
  }

  /** The operands between `&&`s, or between `||`s. */
  #run(operator: BinaryOperator, first: AstExpr): AstExpr[] {
    const operands = [first];
    while (this.accept(operator)) operands.push(this.expression(levels.get(operator)! + 1));
    return operands;
  }

  #operatorAhead(): BinaryOperator | undefined {
    const token = this.scanner.peek();
    if (token.kind !== "symbol" || !levels.has(token.text as BinaryOperator)) return undefined;
    if (token.text === "/" && this.#endsPredicate()) return undefined;
    return token.text as BinaryOperator;
  }

  #endsPredicate(): boolean {
    const { offset, lastEnd } = this.scanner;
    this.scanner.take();
    try {
      return this.scanner.peek().text === "{";
    } finally {
      this.scanner.offset = offset;
      this.scanner.lastEnd = lastEnd;
    }
  }

  protected operand(): AstExpr {
    const prefix = this.scanner.peek();
    const { start } = prefix;
    const operator =
      prefix.kind === "symbol" && (prefix.text === "!" || prefix.text === "~") ? prefix.text : null;
    if (operator) this.scanner.take();
    const next = this.scanner.peek();
    if (operator && (next.text === "!" || next.text === "~") && next.kind === "symbol")
      throw new Unreadable(next, "one prefix at most", `write ${operator}(${next.text}…)`);
    let expr = this.#primary();
    if (this.accept("as")) {
      expr = { kind: "cast", operand: expr, type: this.primitive(), span: this.spanFrom(expr.span.start) };
      if (this.scanner.peek().text === "as" && this.scanner.peek().kind === "name")
        throw new Unreadable(this.scanner.peek(), "one cast at most", "write (x as i32) as u8");
    }
    return operator ? { kind: "unary", operator, operand: expr, span: this.spanFrom(start) } : expr;
  }

  #primary(): AstExpr {
    const token = this.scanner.peek();
    const { start } = token;
    switch (token.kind) {
      case "int":
        this.scanner.take();
        return { kind: "int", value: token.value, bits: token.bits, span: token };
      case "float":
        this.scanner.take();
        return { kind: "float", value: token.value, span: token };
      case "string":
        this.scanner.take();
        return { kind: "string", value: token.value, span: token };
      case "name":
        if (token.text !== "true" && token.text !== "false") return this.reference();
        this.scanner.take();
        return { kind: "bool", value: token.text === "true", span: token };
      case "symbol":
        if (token.text === "(") return this.#parenthesised();
        if (token.text === "@") return this.#annotated(start);
        if (token.text === "-") return this.#negative(start);
    }
    throw this.unexpected(token, "a value");
  }

  #negative(start: number): AstExpr {
    const close = /[0-9A-Za-z]/.test(this.scanner.behindPeeked());
    const minus = this.scanner.take();
    const token = this.scanner.peek();
    if (close && token.kind === "int" && !token.bits) {
      this.scanner.take();
      return { kind: "int", value: -token.value, bits: false, span: this.spanFrom(start) };
    }
    if (close && (token.kind === "float" || /^(inf|infinity)$/i.test(token.text))) {
      this.scanner.take();
      const value = token.kind === "float" ? -token.value : Number.NEGATIVE_INFINITY;
      return { kind: "float", value, span: this.spanFrom(start) };
    }
    throw new Unreadable(minus, "there is no minus sign but in numbers", "write 0 - x");
  }

  /** (a) or a tuple. */
  #parenthesised(): AstExpr {
    const { start } = this.scanner.take();
    if (this.accept(")")) return { kind: "tuple", items: [], span: this.spanFrom(start) };
    const items = [this.expression()];
    if (this.scanner.peek().text === "?")
      throw new Unreadable(
        this.scanner.peek(),
        "a ternary does not stand in parentheses",
        "give it a variable",
      );
    while (this.accept(",")) items.push(this.expression());
    this.expect(")");
    return items.length === 1 ? items[0]! : { kind: "tuple", items, span: this.spanFrom(start) };
  }

  #annotated(start: number): AstExpr {
    this.scanner.take();
    const token = this.scanner.take();
    if (token.text !== "static" && token.text !== "init")
      throw new Unreadable(token, `@${token.text} is unknown`, "there are @static and @init");
    const receiver = this.name("the name of a library");
    this.expect(".");
    return this.#callOf(start, token.text, receiver, this.name("the name of a function"));
  }

  #callOf(start: number, when: When, receiver: Name | null, name: Name): AstExpr {
    this.expect("(");
    const args: AstExpr[] = [];
    if (!this.accept(")")) {
      do args.push(this.rhs());
      while (this.accept(","));
      this.expect(")");
    }
    return { kind: "call", when, receiver, name, args, span: this.spanFrom(start) };
  }

  /** What begins with a name: a variable, an entry of a map, an item of a tuple, a call. */
  protected reference(): AstExpr {
    const name = this.name("a value");
    const { start } = name.span;
    if (this.scanner.peek().text === "(") return this.#callOf(start, "run", null, name);
    if (this.accept("[")) {
      const key = this.expression();
      this.expect("]");
      return { kind: "entry", map: name, key, span: this.spanFrom(start) };
    }
    const path: number[] = [];
    while (this.accept(".")) {
      const digits = this.scanner.takeDigits();
      if (digits) path.push(Number(digits));
      else if (path.length === 0)
        return this.#callOf(start, "run", name, this.name("the name of a function"));
      else throw this.unexpected(this.scanner.peek(), "the number of an item");
    }
    if (path.length === 0) return { kind: "name", name, span: this.spanFrom(start) };
    return { kind: "item", tuple: name, path, span: this.spanFrom(start) };
  }
}

function joined(operator: BinaryOperator, left: AstExpr, right: AstExpr): AstExpr {
  return { kind: "binary", operator, left, right, span: { start: left.span.start, end: right.span.end } };
}

/** Operands of && or || as a tree of little depth: their grouping does not matter, and a thousand are common. */
function balanced(operator: BinaryOperator, operands: readonly AstExpr[]): AstExpr {
  if (operands.length === 1) return operands[0]!;
  const middle = Math.ceil(operands.length / 2);
  return joined(
    operator,
    balanced(operator, operands.slice(0, middle)),
    balanced(operator, operands.slice(middle)),
  );
}

/** Reads one expression: the definition of a bound variable. Throws Unreadable. */
export function parseExpression(text: string): AstExpr {
  return new (class extends ExpressionParser {
    whole(): AstExpr {
      const expr = this.rhs();
      if (this.scanner.peek().kind !== "end") throw this.unexpected(this.scanner.peek(), "the end");
      return expr;
    }
  })({ file: "", text }).whole();
}
