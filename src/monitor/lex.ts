/**
 * Reads a script's text piece by piece. Tokens are made where the parser stands, because what a character means
 * depends on that: `*` is a glob in a rule and a product in a body, `0.1` is a float or two items of a tuple.
 */
import type { Problem, Source, Span } from "./source.ts";

export type Token = Span &
  (
    | { readonly kind: "name" | "symbol" | "end"; readonly text: string }
    | { readonly kind: "int"; readonly text: string; readonly value: bigint; readonly bits: boolean }
    | { readonly kind: "float"; readonly text: string; readonly value: number }
    | { readonly kind: "string"; readonly text: string; readonly value: string }
  );

/** Ends the reading of the statement or item that has the problem; the parser goes on behind it. */
export class Unreadable extends Error {
  readonly problem: Problem;
  constructor(span: Span, message: string, cure?: string) {
    super(message);
    this.problem = { span, message, cure };
  }
}

const symbols = [
  ...["&&", "||", "==", "!=", ">=", "<=", "<<", ">>", "++", "--", "->"],
  ...["|", "^", "&", "<", ">", "+", "-", "*", "/", "%", "!", "~", "=", "?", ":", ";", ",", ".", "@"],
  ...["(", ")", "{", "}", "[", "]"],
];

const glob = /[A-Za-z0-9_.*+\\?|![\]]+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const float = /(?:\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)/y;
const integer = /0[xX][0-9a-fA-F]+|0[bB][01]+|[1-9][0-9_]*|\d/y;
const escaped = /\\(?:([nrt"'\\0])|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\})/y;
const plainEscapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0" };

export class Scanner {
  readonly #text: string;
  #at = 0;
  /** End of the last token that was taken. */
  lastEnd = 0;
  #peeked: Token | undefined;

  constructor(source: Source) {
    this.#text = source.text;
  }

  get offset(): number {
    return this.#at;
  }

  set offset(offset: number) {
    this.#at = offset;
    this.#peeked = undefined;
  }

  /** The next token, which stays. */
  peek(): Token {
    return (this.#peeked ??= this.#read());
  }

  take(): Token {
    const token = this.peek();
    this.offset = token.end;
    this.lastEnd = token.end;
    return token;
  }

  /** Takes a run of a rule's characters; "" where none stands here. */
  takeGlob(): string {
    this.#skipSpace();
    const text = this.#match(glob);
    this.offset = this.#at + text.length;
    if (text) this.lastEnd = this.#at;
    return text;
  }

  /** Takes the digits of a tuple's item directly behind its point. */
  takeDigits(): string {
    this.#skipSpace();
    const text = this.#match(/\d+/y);
    this.offset = this.#at + text.length;
    if (text) this.lastEnd = this.#at;
    return text;
  }

  /** The character at the very place behind the next token: "" at the end. */
  behindPeeked(): string {
    return this.#text[this.peek().end] ?? "";
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? "";
  }

  #skipSpace(): void {
    for (;;) {
      this.#at += this.#match(/[ \t\r\n]*/y).length;
      if (this.#text.startsWith("//", this.#at)) this.#at += this.#match(/[^\n]*/y).length;
      else if (this.#text.startsWith("/*", this.#at)) this.#skipComment();
      else return;
    }
  }

  #skipComment(): void {
    const start = this.#at;
    let depth = 0;
    do {
      const [mark] = /\/\*|\*\//.exec(this.#text.slice(this.#at)) ?? [];
      if (!mark) {
        this.offset = this.#text.length;
        throw new Unreadable({ start, end: start + 2 }, "the comment is not closed", "end it with */");
      }
      this.#at = this.#text.indexOf(mark, this.#at) + 2;
      depth += mark === "/*" ? 1 : -1;
    } while (depth > 0);
  }

  #read(): Token {
    this.#skipSpace();
    const start = this.#at;
    if (start >= this.#text.length) return { kind: "end", text: "the end of the script", start, end: start };
    const word = this.#match(name);
    if (word) return { kind: "name", text: word, start, end: start + word.length };
    if (/[0-9]/.test(this.#text[start]!)) return this.#number(start);
    if (this.#text[start] === '"') return this.#string(start);
    const symbol = symbols.find((text) => this.#text.startsWith(text, start));
    if (symbol) return { kind: "symbol", text: symbol, start, end: start + symbol.length };
    const character = String.fromCodePoint(this.#text.codePointAt(start)!);
    const span = { start, end: start + character.length };
    this.offset = span.end;
    const cure = character === "'" ? 'strings stand in double quotes: "text"' : undefined;
    throw new Unreadable(span, `the character ${JSON.stringify(character)} means nothing here`, cure);
  }

  #number(start: number): Token {
    const real = this.#match(float);
    const text = real || this.#match(integer);
    const end = start + text.length;
    if (/[0-9A-Za-z_]/.test(this.#text[end] ?? "")) {
      const whole = this.#match(/[0-9A-Za-z_]+/y);
      this.offset = start + whole.length;
      const span = { start, end: this.#at };
      throw /^0\d/.test(whole)
        ? new Unreadable(
            span,
            `a number does not start with 0: ${whole}`,
            "there is no octal; write it in decimal",
          )
        : new Unreadable(span, `${whole} is no number`);
    }
    if (real) return { kind: "float", text, value: Number(text), start, end };
    const bits = /^0[xXbB]/.test(text);
    return { kind: "int", text, value: BigInt(text.replaceAll("_", "")), bits, start, end };
  }

  #string(start: number): Token {
    let value = "";
    let at = start + 1;
    for (; this.#text[at] !== '"'; ) {
      const character = this.#text[at];
      if (character === undefined) {
        this.offset = at;
        throw new Unreadable({ start, end: start + 1 }, "the string is not closed", 'end it with "');
      }
      if (character !== "\\") {
        value += character;
        at += 1;
        continue;
      }
      escaped.lastIndex = at;
      const found = escaped.exec(this.#text);
      const code = found && Number.parseInt(found[2] ?? found[3] ?? "0", 16);
      if (!found || code! > 0x10ffff) {
        this.offset = this.#stringEnd(at);
        const cure = "known are \\n \\r \\t \\\" \\' \\\\ \\0 \\xHH \\u{H}";
        throw new Unreadable({ start: at, end: at + 2 }, "unknown escape in a string", cure);
      }
      value += found[1] ? (plainEscapes[found[1]] ?? found[1]) : String.fromCodePoint(code!);
      at += found[0].length;
    }
    return { kind: "string", text: this.#text.slice(start, at + 1), value, start, end: at + 1 };
  }

  /** Where a string ends that has a wrong escape at `at`: the problem is reported once. */
  #stringEnd(at: number): number {
    const rest = /\\[\s\S]|[^"\\]/y;
    for (let next = at; ; ) {
      rest.lastIndex = next;
      const found = rest.exec(this.#text);
      if (!found) return this.#text[next] === '"' ? next + 1 : next;
      next += found[0].length;
    }
  }
}
