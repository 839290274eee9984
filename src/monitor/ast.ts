/**
 * A script as it is written: names are text, nothing has been looked up and no type is known yet but those that the
 * script states. Every node has the span of its text. parse.ts makes these, check-script.ts turns them into tree.ts.
 */

import type { Primitive, Type } from "./language-types.ts";
import type { Span } from "./source.ts";

/** A name with where it stands. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

export interface AstNode {
  readonly span: Span;
}

export interface AstRule extends AstNode {
  /** One to four parts, as between colons; an empty glob means "*". */
  readonly parts: readonly AstPart[];
}

export interface AstPart extends AstNode {
  readonly glob: string;
  readonly bounds: readonly AstParameter[];
}

/** `name: type`, of a bound or of a function's parameter. */
export interface AstParameter extends AstNode {
  readonly name: Name;
  readonly type: Type;
}

export interface AstProbe extends AstNode {
  readonly kind: "probe";
  readonly rule: AstRule;
  readonly predicate: AstExpr | null;
  readonly body: AstBlock;
}

export interface AstFunction extends AstNode {
  readonly kind: "fn";
  readonly name: Name;
  readonly parameters: readonly AstParameter[];
  readonly result: Type | null;
  readonly body: AstBlock;
}

export interface AstUse extends AstNode {
  readonly kind: "use";
  readonly library: Name;
}

export type AstItem = AstUse | AstFunction | AstProbe | AstStatement;

export interface AstScript {
  /** In the order of the text. */
  readonly items: readonly AstItem[];
}

export type AstBlock = readonly AstStatement[];

/** What may be written to. */
export type AstPlace =
  | (AstNode & { readonly kind: "name"; readonly name: Name })
  | (AstNode & { readonly kind: "entry"; readonly map: Name; readonly key: AstExpr })
  | (AstNode & { readonly kind: "item"; readonly tuple: Name; readonly path: readonly number[] });

export type AstStatement = AstNode &
  (
    | {
        readonly kind: "declare";
        readonly report: boolean;
        readonly unshared: boolean;
        readonly name: Name;
        readonly type: Type;
        readonly value: AstExpr | null;
      }
    | { readonly kind: "assign"; readonly place: AstPlace; readonly value: AstExpr }
    /** `x++` and `m[k]--`: by 1 or -1. */
    | { readonly kind: "step"; readonly place: AstPlace; readonly by: 1 | -1 }
    | { readonly kind: "if"; readonly arms: readonly AstArm[]; readonly otherwise: AstBlock }
    | { readonly kind: "return"; readonly value: AstExpr | null }
    | { readonly kind: "call"; readonly call: AstExpr & { readonly kind: "call" } }
  );

export interface AstArm {
  readonly condition: AstExpr;
  readonly body: AstBlock;
}

export type BinaryOperator =
  | ("&&" | "||" | "|" | "^" | "&" | "==" | "!=" | ">=" | "<=" | ">" | "<")
  | ("<<" | ">>" | "+" | "-" | "*" | "/" | "%");
export type UnaryOperator = "!" | "~";

/** When a library's function is called: where it stands, while the script is compiled, or once before the run. */
export type When = "run" | "static" | "init";

export type AstExpr = AstNode &
  (
    | { readonly kind: "bool"; readonly value: boolean }
    /** `bits`: written as hex or binary, so that it may be the bit pattern of a negative number. */
    | { readonly kind: "int"; readonly value: bigint; readonly bits: boolean }
    | { readonly kind: "float"; readonly value: number }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "name"; readonly name: Name }
    | { readonly kind: "entry"; readonly map: Name; readonly key: AstExpr }
    | { readonly kind: "item"; readonly tuple: Name; readonly path: readonly number[] }
    | { readonly kind: "tuple"; readonly items: readonly AstExpr[] }
    | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: AstExpr }
    | { readonly kind: "cast"; readonly operand: AstExpr; readonly type: Primitive }
    | {
        readonly kind: "binary";
        readonly operator: BinaryOperator;
        readonly left: AstExpr;
        readonly right: AstExpr;
      }
    | {
        readonly kind: "choose";
        readonly condition: AstExpr;
        readonly taken: AstExpr;
        readonly otherwise: AstExpr;
      }
    | {
        readonly kind: "call";
        readonly when: When;
        /** The library, or the string whose method it is; null for a function of the script or of the language. */
        readonly receiver: Name | null;
        readonly name: Name;
        readonly args: readonly AstExpr[];
      }
  );
