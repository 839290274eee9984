/**
 * Writes a checked and folded body as instructions. Where variables, bound values and other functions are is the
 * target's matter: it hands in an `Environment`. A value of several parts (a tuple) stands on the stack as its parts,
 * side by side; integers narrower than 32 bits are kept in their range; strings and maps are numbers of the support
 * library.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import type { BlockType } from "../../wasm/emit.ts";
import { emit } from "../../wasm/emit.ts";
import { F32, F64, I32, I64, type ValType } from "../../wasm/types.ts";
import {
  flatten,
  isMap,
  isTuple,
  type MapType,
  type TupleType,
  type Type,
  type Value,
  zeroOf,
} from "../language-types.ts";
import type { SupportFunction } from "../support/library.ts";
import type { Call, Expr, Place, Statement, Variable } from "../tree.ts";
import { writeCast, writeNarrow, writeOperator } from "./operators.ts";

/** What the target provides. */
export interface Environment {
  readonly w: ByteWriter;
  /** A local for this body alone; it holds anything. */
  scratch(type: ValType): number;
  /** Pushes the parts of a dynamic bound variable, as WebAssembly has them at the place. */
  pushBound(name: string, type: Type): void;
  /** Pushes part `n` of a script or site variable, or sets it from the stack. */
  pushPart(variable: Variable, n: number): void;
  setPart(variable: Variable, n: number): void;
  /** The number of a string that is known now. */
  string(text: string): number;
  support(name: SupportFunction): void;
  /** Writes the call of what is no operator; arguments were pushed in order. */
  call(expr: Call): void;
  /** Takes calls whose arguments are not to be pushed in the usual way; true where it did. */
  special?(expr: Call, code: CodeWriter): boolean;
  blockType(results: readonly ValType[]): BlockType;
}

export class CodeWriter {
  readonly env: Environment;
  readonly #w: ByteWriter;
  readonly #locals = new Map<Variable, readonly number[]>();
  /** Blocks that are open around what is being written, inside the body. */
  #depth = 0;

  constructor(env: Environment, parameters: ReadonlyMap<Variable, readonly number[]> = new Map()) {
    this.env = env;
    this.#w = env.w;
    for (const [variable, locals] of parameters) this.#locals.set(variable, locals);
  }

  get depth(): number {
    return this.#depth;
  }

  /** Writes a body; `result` is what its returns leave on the stack. */
  body(statements: readonly Statement[], result: Type | null = null): void {
    const returns = statements.some(hasReturn);
    if (!returns) return this.statements(statements);
    this.open("block", this.env.blockType(result ? flatten(result) : []));
    this.statements(statements);
    // Every path of a function with a result returns.
    if (result && flatten(result).length > 0) emit(this.#w, "unreachable");
    this.close();
  }

  open(name: "block" | "loop" | "if", type: BlockType = null): void {
    emit(this.#w, name, type);
    this.#depth += 1;
  }

  close(): void {
    emit(this.#w, "end");
    this.#depth -= 1;
  }

  statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.statement(statement);
  }

  statement(statement: Statement): void {
    switch (statement.kind) {
      case "declare":
        return this.#declare(statement.variable, statement.value);
      case "assign":
        return this.#assign(statement.place, statement.value);
      case "add":
        return this.#add(statement);
      case "if":
        this.expression(statement.condition);
        this.open("if");
        this.statements(statement.taken);
        if (statement.otherwise.length > 0) {
          emit(this.#w, "else");
          this.statements(statement.otherwise);
        }
        return this.close();
      case "return":
        if (statement.value) this.expression(statement.value);
        return emit(this.#w, "br", this.#depth - 1);
      case "call":
        this.expression(statement.call);
        for (const _ of flatten(statement.call.type)) emit(this.#w, "drop");
    }
  }

  #declare(variable: Variable, value: Expr | null): void {
    const locals = flatten(variable.type).map((type) => this.env.scratch(type));
    if (value) this.expression(value);
    else if (isMap(variable.type)) this.newMap(variable.type);
    else this.constant(variable.type, zeroOf(variable.type));
    this.#locals.set(variable, locals);
    for (const local of [...locals].reverse()) emit(this.#w, "local.set", local);
  }

  pushPart(variable: Variable, n: number): void {
    const locals = this.#locals.get(variable);
    if (locals) emit(this.#w, "local.get", locals[n]!);
    else this.env.pushPart(variable, n);
  }

  setPart(variable: Variable, n: number): void {
    const locals = this.#locals.get(variable);
    if (locals) emit(this.#w, "local.set", locals[n]!);
    else this.env.setPart(variable, n);
  }

  /** Sets all parts of a variable, whose values are on the stack. */
  set(variable: Variable): void {
    for (let n = flatten(variable.type).length - 1; n >= 0; n--) this.setPart(variable, n);
  }

  #assign(place: Place, value: Expr): void {
    if (place.kind === "entry") return this.#setEntry(place.map, place.key, value);
    this.expression(value);
    const { from, count } =
      place.kind === "item" ? partsOf(place.variable.type, place.path) : whole(place.variable.type);
    for (let n = from + count - 1; n >= from; n--) this.setPart(place.variable, n);
  }

  // ---- maps

  newMap(type: MapType): void {
    emit(this.#w, "i32.const", flatten(type.key).length);
    emit(this.#w, "i32.const", flatten(type.value).length);
    this.env.support("map_new");
  }

  /** Gives the words of a key to the support library; whatever the key's expression calls has been called by then. */
  #key(key: Expr): void {
    const types = flatten(key.type);
    if (types.length === 1) {
      this.expression(key);
      this.#toWord(types[0]!);
      return this.env.support("map_key");
    }
    for (const local of this.#toLocals(key)) {
      emit(this.#w, "local.get", local.index);
      this.#toWord(local.type);
      this.env.support("map_key");
    }
  }

  #toLocals(expr: Expr): { readonly index: number; readonly type: ValType }[] {
    this.expression(expr);
    const locals = flatten(expr.type).map((type) => ({ index: this.env.scratch(type), type }));
    for (const local of [...locals].reverse()) emit(this.#w, "local.set", local.index);
    return locals;
  }

  #entry(expr: Expr & { kind: "entry" }): void {
    if (expr.map.kind === "constant")
      return this.#constantEntry(expr, expr.map.value as ReadonlyMap<string, Value>);
    const { key, value } = expr.map.type as MapType;
    if (isMap(value)) {
      this.#place(expr.map, expr.key, "map_insert");
      emit(this.#w, "i32.const", flatten(value.key).length);
      emit(this.#w, "i32.const", flatten(value.value).length);
      return this.env.support("map_inner");
    }
    const types = flatten(value);
    if (isSingle(key) && types.length === 1) {
      this.expression(expr.map);
      this.expression(expr.key);
      this.#toWord(flatten(key)[0]!);
      this.env.support("map_get");
      this.#fromWord(types[0]!);
      return this.#inRange(value);
    }
    this.#place(expr.map, expr.key, "map_find");
    const address = this.env.scratch(I32);
    emit(this.#w, "local.set", address);
    types.forEach((type, n) => {
      emit(this.#w, "local.get", address);
      emit(this.#w, "i32.const", n);
      this.env.support("map_word");
      this.#fromWord(type);
    });
  }

  /** Pushes the address of the value under a key. */
  #place(map: Expr, key: Expr, how: "map_find" | "map_insert"): void {
    const handle = this.env.scratch(I32);
    this.expression(map);
    emit(this.#w, "local.set", handle);
    this.#key(key);
    emit(this.#w, "local.get", handle);
    this.env.support(how);
  }

  #setEntry(map: Expr, key: Expr, value: Expr): void {
    const types = flatten(value.type);
    if (isSingle(key.type) && types.length === 1) {
      this.expression(map);
      this.expression(key);
      this.#toWord(flatten(key.type)[0]!);
      this.expression(value);
      this.#toWord(types[0]!);
      return this.env.support("map_set");
    }
    const locals = this.#toLocals(value);
    this.#place(map, key, "map_insert");
    const address = this.env.scratch(I32);
    emit(this.#w, "local.set", address);
    locals.forEach((local, n) => {
      emit(this.#w, "local.get", address);
      emit(this.#w, "i32.const", n);
      emit(this.#w, "local.get", local.index);
      this.#toWord(local.type);
      this.env.support("map_store");
    });
  }

  /** An entry of a map of integers that is known beforehand; `key` is the text of one. */
  setConstant(map: Variable, key: string, value: Value): void {
    this.pushPart(map, 0);
    emit(this.#w, "i64.const", BigInt(key));
    emit(this.#w, "i64.const", BigInt(value as number | bigint));
    this.env.support("map_set");
  }

  /** m[k]++ and the like. Integers are added as words: what overflows their width is cut off when they are read. */
  #add({ map, key, value }: Statement & { kind: "add" }): void {
    const [type] = flatten(value.type);
    if (isSingle(key.type) && (type === I32 || type === I64)) {
      this.expression(map);
      this.expression(key);
      this.#toWord(flatten(key.type)[0]!);
      this.expression(value);
      this.#toWord(type);
      return this.env.support("map_add");
    }
    this.#place(map, key, "map_insert");
    const address = this.env.scratch(I32);
    emit(this.#w, "local.tee", address);
    emit(this.#w, "i32.const", 0);
    emit(this.#w, "local.get", address);
    emit(this.#w, "i32.const", 0);
    this.env.support("map_word");
    this.#fromWord(type!);
    this.#inRange(value.type);
    this.expression(value);
    writeOperator(this.#w, "+", value.type, () => this.env.scratch(type!));
    this.#toWord(type!);
    this.env.support("map_store");
  }

  /** A map that the place gives: a chain of comparisons. */
  #constantEntry(expr: Expr & { kind: "entry" }, map: ReadonlyMap<string, Value>): void {
    const { key, value } = expr.map.type as MapType;
    const local = this.env.scratch(flatten(key)[0]!);
    this.expression(expr.key);
    emit(this.#w, "local.set", local);
    this.#chain([...map], 0, local, key, value);
  }

  #chain(
    entries: readonly (readonly [string, Value])[],
    from: number,
    local: number,
    key: Type,
    value: Type,
  ): void {
    const entry = entries[from];
    if (!entry) return this.constant(value, zeroOf(value));
    emit(this.#w, "local.get", local);
    this.constant(key, Number(entry[0]));
    emit(this.#w, "i32.eq");
    this.open("if", this.env.blockType(flatten(value)));
    this.constant(value, entry[1]);
    emit(this.#w, "else");
    this.#chain(entries, from + 1, local, key, value);
    this.close();
  }

  #toWord(type: ValType): void {
    if (type === I32) emit(this.#w, "i64.extend_i32_u");
    else if (type === F32) {
      emit(this.#w, "i32.reinterpret_f32");
      emit(this.#w, "i64.extend_i32_u");
    } else if (type === F64) emit(this.#w, "i64.reinterpret_f64");
  }

  #fromWord(type: ValType): void {
    if (type === I64) return;
    if (type === F64) return emit(this.#w, "f64.reinterpret_i64");
    emit(this.#w, "i32.wrap_i64");
    if (type === F32) emit(this.#w, "f32.reinterpret_i32");
  }

  /** The value of one part that a word on the stack holds, in its type. */
  fromWord(type: Type): void {
    this.#fromWord(flatten(type)[0]!);
    this.#inRange(type);
  }

  #inRange(type: Type): void {
    writeNarrow(this.#w, type);
  }

  // ---- expressions

  expression(expr: Expr): void {
    switch (expr.kind) {
      case "constant":
        return this.constant(expr.type, expr.value);
      case "variable":
        for (let n = 0; n < flatten(expr.type).length; n++) this.pushPart(expr.variable, n);
        return;
      case "bound":
        this.env.pushBound(expr.name, expr.type);
        if (expr.type !== "bool") return this.#inRange(expr.type);
        emit(this.#w, "i32.const", 0);
        return emit(this.#w, "i32.ne");
      case "unary":
        this.expression(expr.operand);
        if (expr.operator === "!") return emit(this.#w, "i32.eqz");
        this.constant(expr.type, flatten(expr.type)[0] === I64 ? -1n : -1);
        emit(this.#w, flatten(expr.type)[0] === I64 ? "i64.xor" : "i32.xor");
        return this.#inRange(expr.type);
      case "cast":
        this.expression(expr.operand);
        return writeCast(this.#w, expr.operand.type, expr.type);
      case "binary":
        return this.#binary(expr);
      case "choose":
        this.expression(expr.condition);
        this.open("if", this.env.blockType(flatten(expr.type)));
        this.expression(expr.taken);
        emit(this.#w, "else");
        this.expression(expr.otherwise);
        return this.close();
      case "tuple":
        for (const item of expr.items) this.expression(item);
        return;
      case "item":
        return this.#item(expr);
      case "entry":
        return this.#entry(expr);
      case "call":
        if (this.env.special?.(expr, this)) return;
        for (const arg of expr.args) this.expression(arg);
        return this.env.call(expr);
    }
  }

  #item(expr: Expr & { kind: "item" }): void {
    const path: number[] = [];
    let root: Expr = expr;
    for (; root.kind === "item"; root = root.tuple) path.unshift(root.index);
    const { from, count } = partsOf(root.type, path);
    if (root.kind === "variable") {
      for (let n = from; n < from + count; n++) this.pushPart(root.variable, n);
      return;
    }
    const locals = this.#toLocals(root);
    for (const local of locals.slice(from, from + count)) emit(this.#w, "local.get", local.index);
  }

  #binary(expr: Expr & { kind: "binary" }): void {
    const { operator, left, right } = expr;
    this.expression(left);
    if (operator === "&&" || operator === "||") {
      this.open("if", this.env.blockType([I32]));
      if (operator === "&&") this.expression(right);
      else emit(this.#w, "i32.const", 1);
      emit(this.#w, "else");
      if (operator === "||") this.expression(right);
      else emit(this.#w, "i32.const", 0);
      return this.close();
    }
    this.expression(right);
    if (isTuple(left.type)) return this.#compareTuples(left.type, operator === "!=");
    writeOperator(this.#w, operator, left.type, () => this.env.scratch(flatten(left.type)[0]!));
  }

  /** Both tuples are on the stack. */
  #compareTuples(type: TupleType, unequal: boolean): void {
    const types = flatten(type);
    const locals = [...types, ...types].map((part) => this.env.scratch(part));
    for (const local of [...locals].reverse()) emit(this.#w, "local.set", local);
    emit(this.#w, "i32.const", 1);
    types.forEach((part, n) => {
      emit(this.#w, "local.get", locals[n]!);
      emit(this.#w, "local.get", locals[n + types.length]!);
      emit(this.#w, `${part === I32 ? "i32" : part === I64 ? "i64" : part === F32 ? "f32" : "f64"}.eq`);
      emit(this.#w, "i32.and");
    });
    if (unequal) emit(this.#w, "i32.eqz");
  }

  constant(type: Type, value: Value): void {
    if (isTuple(type)) {
      type.items.forEach((item, i) => {
        this.constant(item, (value as readonly Value[])[i]!);
      });
    } else if (type === "str") emit(this.#w, "i32.const", this.env.string(value as string));
    else if (isMap(type)) emit(this.#w, "i32.const", 0);
    else if (typeof value === "boolean") emit(this.#w, "i32.const", value ? 1 : 0);
    else if (type === "u64" || type === "i64") emit(this.#w, "i64.const", BigInt(value as bigint));
    else if (type === "f32") emit(this.#w, "f32.const", value as number);
    else if (type === "f64") emit(this.#w, "f64.const", value as number);
    else emit(this.#w, "i32.const", value as number);
  }
}

function hasReturn(statement: Statement): boolean {
  if (statement.kind === "return") return true;
  return statement.kind === "if" && (statement.taken.some(hasReturn) || statement.otherwise.some(hasReturn));
}

const isSingle = (type: Type) => flatten(type).length === 1;

function whole(type: Type): { from: number; count: number } {
  return { from: 0, count: flatten(type).length };
}

/** Where the parts of an item stand among those of its tuple. */
function partsOf(type: Type, path: readonly number[]): { from: number; count: number } {
  let from = 0;
  let inner = type;
  for (const index of path) {
    const { items } = inner as TupleType;
    from += items.slice(0, index).reduce((sum, item) => sum + flatten(item).length, 0);
    inner = items[index]!;
  }
  return { from, count: flatten(inner).length };
}
