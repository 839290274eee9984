/** The operators and casts of the language as instructions: by the type of the operands, which are on the stack. */
import type { ByteWriter } from "../../base/bytes.ts";
import { emit } from "../../wasm/emit.ts";
import type { BinaryOperator } from "../ast.ts";
import { integerShape, isFloat, isInteger, type Type } from "../language-types.ts";

/** i32, i64, f32 or f64: the prefix of the instructions for a type. */
function machine(type: Type): "i32" | "i64" | "f32" | "f64" {
  if (type === "f32" || type === "f64") return type;
  return type === "u64" || type === "i64" ? "i64" : "i32";
}

const isSigned = (type: Type) => isInteger(type) && integerShape(type).signed;

// biome-ignore format: a table
const names: Readonly<Record<string, string>> = {
  "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "rem", "&": "and", "|": "or", "^": "xor", "<<": "shl", ">>": "shr",
  "==": "eq", "!=": "ne", "<": "lt", ">": "gt", "<=": "le", ">=": "ge",
};
/** Those of integers that come in a signed and an unsigned form. */
const bySign = ["/", "%", ">>", "<", ">", "<=", ">="];

/** Two values of `type` are on the stack; `scratch` gives a local of it. */
export function writeOperator(
  w: ByteWriter,
  operator: BinaryOperator,
  type: Type,
  scratch: () => number,
): void {
  if (operator === "%" && isFloat(type)) return writeFloatRemainder(w, type, scratch(), scratch());
  const sign = isFloat(type) || !bySign.includes(operator) ? "" : isSigned(type) ? "_s" : "_u";
  emit(w, `${machine(type)}.${names[operator]}${sign}`);
  if (/^[-+*/%]$|^<<$/.test(operator)) writeNarrow(w, type);
}

/** a - trunc(a / b) * b */
function writeFloatRemainder(w: ByteWriter, type: Type, a: number, b: number): void {
  const prefix = machine(type);
  emit(w, "local.set", b);
  emit(w, "local.tee", a);
  emit(w, "local.get", a);
  emit(w, "local.get", b);
  emit(w, `${prefix}.div`);
  emit(w, `${prefix}.trunc`);
  emit(w, "local.get", b);
  emit(w, `${prefix}.mul`);
  emit(w, `${prefix}.sub`);
}

/** Brings an i32 into the range of a narrower integer; others stay. */
export function writeNarrow(w: ByteWriter, type: Type): void {
  if (!isInteger(type)) return;
  const { bits, signed } = integerShape(type);
  if (bits >= 32) return;
  if (signed) return emit(w, `i32.extend${bits}_s`);
  emit(w, "i32.const", 2 ** bits - 1);
  emit(w, "i32.and");
}

/** The value on the stack becomes one of another primitive type. */
export function writeCast(w: ByteWriter, from: Type, to: Type): void {
  const [a, b] = [machine(from), machine(to)];
  if (to === "bool") {
    emit(w, `${a}.const`, a === "i64" ? 0n : 0);
    return emit(w, `${a}.ne`);
  }
  const sign = isSigned(isFloat(from) ? to : from) ? "_s" : "_u";
  if (a === b) return writeNarrow(w, to);
  if (a === "f32" && b === "f64") return emit(w, "f64.promote_f32");
  if (a === "f64" && b === "f32") return emit(w, "f32.demote_f64");
  if (a === "i64" && b === "i32") emit(w, "i32.wrap_i64");
  else if (a === "i32" && b === "i64") emit(w, `i64.extend_i32${sign}`);
  else if (isFloat(from)) emit(w, `${b}.trunc_sat_${a}${sign}`);
  else emit(w, `${b}.convert_${a}${sign}`);
  writeNarrow(w, to);
}
