/**
 * A script as it is understood: every name is looked up, every expression has its type, literals are constants of
 * it, `x++` is an assignment, and there is one probe for each event and mode that a rule matched. check-script.ts makes it,
 * fold.ts makes it smaller for a place, and the targets write code from it.
 */
import type { BinaryOperator, UnaryOperator, When } from "./ast.ts";
import type { Event, Mode } from "./events.ts";
import type { Type, Value } from "./language-types.ts";
import type { Source, Span } from "./source.ts";

export interface Variable {
  readonly name: string;
  readonly type: Type;
  /**
   * script: one for the whole run. site: one for each place that a probe matched. local: new at each visit.
   * parameter: of a function of the script.
   */
  readonly storage: "script" | "site" | "local" | "parameter";
  readonly report: boolean;
  /** Runs once before the program for script and site variables. */
  readonly initial: Expr | null;
  readonly span: Span;
}

export interface Routine {
  readonly name: string;
  readonly parameters: readonly Variable[];
  readonly result: Type;
  /** Set once every function's head is known, since functions call each other. */
  body: readonly Statement[];
  readonly span: Span;
}

export interface Probe {
  /** Place among all probes of the script, in the order of expansion. */
  readonly number: number;
  readonly event: Event;
  /** null: the event has no modes. */
  readonly mode: Mode | null;
  /** Types that the rule's bounds state, by variable. */
  readonly bounds: ReadonlyMap<string, Type>;
  readonly predicate: Expr | null;
  readonly body: readonly Statement[];
  /** Its report and unshared variables, in the order of the text. */
  readonly variables: readonly Variable[];
  /** `@init` calls in its body, which run once before the program. */
  readonly first: readonly Statement[];
  readonly span: Span;
}

export interface Script {
  /** Its text; null of a script that nobody wrote: what links a module of its own to a program. */
  readonly source: Source | null;
  /** Names of used libraries, in order. */
  readonly libraries: readonly string[];
  readonly variables: readonly Variable[];
  readonly routines: readonly Routine[];
  /** Statements at script level, in order: they run before the program. */
  readonly first: readonly Statement[];
  readonly probes: readonly Probe[];
}

export type Callee =
  | { readonly kind: "routine"; readonly routine: Routine }
  | { readonly kind: "language"; readonly name: string }
  /** A method of a string, which is the first argument. */
  | { readonly kind: "method"; readonly name: string }
  | { readonly kind: "library"; readonly library: string; readonly name: string; readonly when: When };

export type Expr = { readonly type: Type; readonly span: Span } & (
  | { readonly kind: "constant"; readonly value: Value }
  | { readonly kind: "variable"; readonly variable: Variable }
  /** Bound by the event: static ones have become constants after folding. */
  | { readonly kind: "bound"; readonly name: string; readonly static: boolean }
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: Expr }
  /** Both sides have one type: that of the result, but for comparisons. */
  | { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Expr; readonly right: Expr }
  | { readonly kind: "cast"; readonly operand: Expr }
  | { readonly kind: "choose"; readonly condition: Expr; readonly taken: Expr; readonly otherwise: Expr }
  | { readonly kind: "tuple"; readonly items: readonly Expr[] }
  | { readonly kind: "item"; readonly tuple: Expr; readonly index: number }
  | { readonly kind: "entry"; readonly map: Expr; readonly key: Expr }
  | { readonly kind: "call"; readonly callee: Callee; readonly args: readonly Expr[] }
);

export type Call = Expr & { readonly kind: "call" };

export type Place =
  | { readonly kind: "variable"; readonly variable: Variable }
  /** An item of a tuple variable, down the path of indices. */
  | { readonly kind: "item"; readonly variable: Variable; readonly path: readonly number[] }
  | { readonly kind: "entry"; readonly map: Expr; readonly key: Expr };

export type Statement = { readonly span: Span } /** A local comes to be, with this value or zero. */ & (
  | { readonly kind: "declare"; readonly variable: Variable; readonly value: Expr | null }
  | { readonly kind: "assign"; readonly place: Place; readonly value: Expr }
  /** A number is added to an entry of a map, whose key is evaluated once. */
  | { readonly kind: "add"; readonly map: Expr; readonly key: Expr; readonly value: Expr }
  | {
      readonly kind: "if";
      readonly condition: Expr;
      readonly taken: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: "return"; readonly value: Expr | null }
  | { readonly kind: "call"; readonly call: Call }
);
