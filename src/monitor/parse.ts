/**
 * Text → AST, by recursive descent over the grammar of Whamm 1.0: scripts, rules, functions and statements here,
 * expressions in parse-expression.ts. A problem ends the statement that it is in; reading goes on behind it, so that
 * one run reports the problems of the whole script. It knows no events and no types but those that are written.
 */
import type {
  AstArm,
  AstBlock,
  AstExpr,
  AstFunction,
  AstItem,
  AstParameter,
  AstPart,
  AstPlace,
  AstProbe,
  AstRule,
  AstScript,
  AstStatement,
} from "./ast.ts";
import { primitives, type Type } from "./language-types.ts";
import { Unreadable } from "./lex.ts";
import { ExpressionParser } from "./parse-expression.ts";
import type { Problem, Source } from "./source.ts";

/** Reads a script: what could be read, and all its problems of syntax. */
export function parse(source: Source): { readonly script: AstScript; readonly problems: readonly Problem[] } {
  const parser = new Parser(source);
  return { script: parser.script(), problems: parser.problems };
}

const declaration = "a variable is declared with its type: var count: u32;";
/** Words that declare variables elsewhere. */
const declarations = ["let", "const", "local", "global", "int", ...primitives] as readonly string[];
const loops = ["while", "for", "switch", "do", "loop"];

class Parser extends ExpressionParser {
  readonly problems: Problem[] = [];

  script(): AstScript {
    const items: AstItem[] = [];
    let probes = 0;
    for (;;) {
      const start = this.scanner.offset;
      try {
        if (this.scanner.peek().kind === "end") break;
        const item = this.#item(probes > 0);
        if (item.kind === "probe") probes += 1;
        items.push(item);
      } catch (problem) {
        // What could not be read may have been a probe: that there is none is no second problem.
        probes += 1;
        this.#recover(problem, start, true);
      }
    }
    if (probes === 0) {
      const at = this.scanner.peek();
      const cure = "a probe is a rule and a block: wasm:opcode:call:before { … }";
      this.problems.push({ span: at, message: "a script needs at least one probe", cure });
    }
    return { items };
  }

  #item(behindProbe: boolean): AstItem {
    if (this.#ruleStands()) return this.#probe();
    const { text, start } = this.scanner.peek();
    if (text === "use") {
      const use = this.#use();
      if (behindProbe)
        throw new Unreadable(use.span, "use stands before the first probe", "move it to the script's top");
      return use;
    }
    if (text === "fn") return this.#function(start);
    if (text === "}")
      throw new Unreadable(
        this.scanner.peek(),
        "there is no block to close",
        "a } too many, or a { is missing",
      );
    return this.#statement();
  }

  #use(): AstItem {
    const { start } = this.scanner.take();
    const library = this.name("the name of a library");
    this.expect(";");
    return { kind: "use", library, span: this.spanFrom(start) };
  }

  #function(start: number): AstFunction {
    this.scanner.take();
    const name = this.name("the name of the function");
    const parameters = this.#parameters();
    const result = this.accept("->") ? this.#type() : null;
    return { kind: "fn", name, parameters, result, body: this.#block(), span: this.spanFrom(start) };
  }

  #parameters(): AstParameter[] {
    this.expect("(");
    const parameters: AstParameter[] = [];
    if (!this.accept(")")) {
      do parameters.push(this.#parameter());
      while (this.accept(","));
      this.expect(")");
    }
    return parameters;
  }

  #parameter(): AstParameter {
    const name = this.name("a name");
    this.expect(":");
    const type = this.#type();
    return { name, type, span: this.spanFrom(name.span.start) };
  }

  /** Whether a rule stands here: a colon behind what can be its first part. Nothing else begins so. */
  #ruleStands(): boolean {
    const { scanner } = this;
    const { offset, lastEnd } = scanner;
    try {
      scanner.takeGlob();
      if (scanner.peek().text === "(") this.#skipBalanced();
      return scanner.peek().text === ":";
    } catch (problem) {
      if (problem instanceof Unreadable) return false;
      throw problem;
    } finally {
      scanner.offset = offset;
      scanner.lastEnd = lastEnd;
    }
  }

  #skipBalanced(): void {
    let depth = 0;
    do {
      const { text, kind } = this.scanner.take();
      if (kind === "end") return;
      if (text === "(") depth += 1;
      else if (text === ")") depth -= 1;
    } while (depth > 0);
  }

  #probe(): AstProbe {
    const rule = this.#rule();
    let predicate: AstExpr | null = null;
    if (this.scanner.peek().text === "/") {
      this.scanner.take();
      predicate = this.expression();
      this.expect("/", "the predicate ends with /");
    }
    const body = this.#block();
    return { kind: "probe", rule, predicate, body, span: this.spanFrom(rule.span.start) };
  }

  #rule(): AstRule {
    const parts = [this.#part()];
    while (this.accept(":")) parts.push(this.#part());
    const span = { start: parts[0]!.span.start, end: parts.at(-1)!.span.end };
    if (parts.length > 4)
      throw new Unreadable(span, "a rule has four parts at most", "provider:package:event:mode");
    return { parts, span };
  }

  #part(): AstPart {
    const from = this.scanner.lastEnd;
    const glob = this.scanner.takeGlob();
    const start = glob ? this.scanner.lastEnd - glob.length : from;
    const bounds = this.scanner.peek().text === "(" ? this.#parameters() : [];
    return { glob, bounds, span: { start, end: Math.max(start, this.scanner.lastEnd) } };
  }

  #block(): AstBlock {
    this.expect("{");
    const statements: AstStatement[] = [];
    for (;;) {
      const start = this.scanner.offset;
      try {
        if (this.accept("}")) return statements;
        const token = this.scanner.peek();
        if (token.kind === "end") break;
        statements.push(this.#statement());
      } catch (problem) {
        this.#recover(problem, start, false);
      }
    }
    throw new Unreadable(this.scanner.peek(), "the block is not closed", "a } is missing");
  }

  #statement(): AstStatement {
    return this.nested(() => this.#oneStatement());
  }

  #oneStatement(): AstStatement {
    const { text, start } = this.scanner.peek();
    if (text === "if") return this.#if(start);
    if (loops.includes(text) && this.scanner.peek().kind === "name") {
      const loop = this.scanner.take();
      if (this.scanner.peek().text === "(") this.#skipBalanced();
      throw new Unreadable(loop, `the language has no ${text}`, "a probe runs at each event; use if");
    }
    const statement = this.#simple(start);
    this.expect(";");
    return statement;
  }

  #if(start: number): AstStatement {
    const arms: AstArm[] = [];
    do {
      this.scanner.take();
      this.expect("(");
      const condition = this.expression();
      this.expect(")");
      arms.push({ condition, body: this.#block() });
    } while (this.scanner.peek().text === "elif");
    let otherwise: AstBlock = [];
    if (this.accept("else")) {
      const next = this.scanner.peek();
      if (next.text === "if") throw new Unreadable(next, "else if is written elif", "elif (…) { … }");
      otherwise = this.#block();
    }
    return { kind: "if", arms, otherwise, span: this.spanFrom(start) };
  }

  #simple(start: number): AstStatement {
    const { text } = this.scanner.peek();
    if (text === "report" || text === "unshared" || text === "var") return this.#declaration(start);
    if (text === "return") {
      this.scanner.take();
      const value = this.scanner.peek().text === ";" ? null : this.rhs();
      return { kind: "return", value, span: this.spanFrom(start) };
    }
    if (text === "@") return this.#call(this.operand());
    const target = this.reference();
    if (target.kind === "call") return this.#call(target);
    const place = this.#place(target);
    const sign = this.scanner.peek();
    if (this.accept("++") || this.accept("--"))
      return { kind: "step", place, by: sign.text === "++" ? 1 : -1, span: this.spanFrom(start) };
    if (/^[-+*/%&|^]$/.test(sign.text) && this.scanner.behindPeeked() === "=")
      throw new Unreadable(sign, `the language has no ${sign.text}=`, `write it out: x = x ${sign.text} …`);
    const declares = declarations.includes(text) && this.scanner.peek().kind === "name";
    this.expect(
      "=",
      declares ? declaration : "a statement is a declaration, an assignment, a call, ++ or --",
    );
    return { kind: "assign", place, value: this.rhs(), span: this.spanFrom(start) };
  }

  #call(call: AstExpr): AstStatement {
    if (call.kind !== "call") throw new Unreadable(call.span, "a statement must do something");
    return { kind: "call", call, span: call.span };
  }

  #place(target: AstExpr): AstPlace {
    switch (target.kind) {
      case "name":
      case "entry":
      case "item":
        return target;
      default:
        throw new Unreadable(target.span, "this is no statement", "assign it to a variable");
    }
  }

  #declaration(start: number): AstStatement {
    const seen = new Set<string>();
    for (let token = this.scanner.peek(); token.text !== "var"; token = this.scanner.peek()) {
      if (token.text !== "report" && token.text !== "unshared")
        throw this.unexpected(token, "var", "write: report var count: u32;");
      if (seen.has(token.text)) throw new Unreadable(token, `${token.text} stands twice`);
      seen.add(this.scanner.take().text);
    }
    this.scanner.take();
    const name = this.name("the name of the variable");
    this.expect(":", declaration);
    const type = this.#type();
    const value = this.accept("=") ? this.rhs() : null;
    return {
      ...{ kind: "declare", report: seen.has("report"), unshared: seen.has("unshared") },
      ...{ name, type, value, span: this.spanFrom(start) },
    };
  }

  #type(): Type {
    return this.nested(() => this.#oneType());
  }

  #oneType(): Type {
    if (this.accept("(")) {
      const items: Type[] = [];
      if (!this.accept(")")) {
        do items.push(this.#type());
        while (this.accept(","));
        this.expect(")");
      }
      return { kind: "tuple", items };
    }
    if (this.scanner.peek().text !== "map") return this.primitive();
    this.scanner.take();
    this.expect("<", "a map has keys and values: map<u32, u64>");
    const key = this.#type();
    this.expect(",", "a map has keys and values: map<u32, u64>");
    const value = this.#type();
    this.#closeMap();
    return { kind: "map", key, value };
  }

  /** `>`, or the first half of `>>` where a map ends in a map. */
  #closeMap(): void {
    const { text, start } = this.scanner.peek();
    if (text !== ">>" && text !== ">=") return void this.expect(">");
    this.scanner.offset = start + 1;
    this.scanner.lastEnd = start + 1;
  }

  /** Notes a problem and goes on behind the statement, or at script level the block, that began at `start`. */
  #recover(problem: unknown, start: number, script: boolean): void {
    if (!(problem instanceof Unreadable)) throw problem;
    this.problems.push(problem.problem);
    let depth = 0;
    for (;;) {
      const before = this.scanner.offset;
      try {
        const { text, kind } = this.scanner.peek();
        if (kind === "end" || (text === "}" && depth === 0 && !script)) return;
        this.scanner.take();
        if (text === "{") depth += 1;
        if (text === "}") depth -= 1;
        if (depth <= 0 && (text === ";" || text === "}") && this.scanner.offset > start) return;
      } catch (again) {
        if (!(again instanceof Unreadable)) throw again;
        if (this.scanner.offset <= before) this.scanner.offset = before + 1;
      }
    }
  }
}
