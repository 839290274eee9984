/**
 * The arithmetic of the language on values that are known: what folding computes, and by the same rules that the
 * code of the targets follows. Integers wrap to the width of their type; division, remainder and shift follow its
 * sign; casts of floats saturate, NaN becomes 0. undefined: it traps (division by zero), so that it stays code.
 */
import type { BinaryOperator, UnaryOperator } from "./ast.ts";
import {
  type IntegerType,
  integerShape,
  isFloat,
  isInteger,
  type Primitive,
  type Type,
  type Value,
} from "./language-types.ts";

/** A mathematical integer as a value of the type: wrapped, a bigint for 64 bits. */
export function integer(type: IntegerType, value: bigint): Value {
  const { bits, signed } = integerShape(type);
  const wrapped = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  return bits === 64 ? wrapped : Number(wrapped);
}

export function float(type: Type, value: number): number {
  return type === "f32" ? Math.fround(value) : value;
}

/** Whether an integer literal is a value of the type; `bits` allows the pattern of a negative number. */
export function literalFits(type: IntegerType, value: bigint, bits: boolean): boolean {
  const shape = integerShape(type);
  const low = shape.signed ? -(1n << BigInt(shape.bits - 1)) : 0n;
  const high = shape.signed && !bits ? 1n << BigInt(shape.bits - 1) : 1n << BigInt(shape.bits);
  return value >= low && value < high;
}

export function unary(operator: UnaryOperator, type: Type, value: Value): Value {
  if (operator === "!") return !value;
  return integer(type as IntegerType, ~BigInt(value as number | bigint));
}

const comparisons: Readonly<Record<string, (a: number | bigint, b: number | bigint) => boolean>> = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
};

/** `type` is that of the operands. */
export function binary(operator: BinaryOperator, type: Type, a: Value, b: Value): Value | undefined {
  if (operator === "&&") return Boolean(a) && Boolean(b);
  if (operator === "||") return Boolean(a) || Boolean(b);
  if (operator === "==") return equal(a, b);
  if (operator === "!=") return !equal(a, b);
  const compare = comparisons[operator];
  if (compare) return compare(a as number | bigint, b as number | bigint);
  if (isFloat(type)) return floatArithmetic(operator, type, a as number, b as number);
  return integerArithmetic(operator, type as IntegerType, BigInt(a as number), BigInt(b as number));
}

function equal(a: Value, b: Value): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.every((item, i) => equal(item, b[i]));
}

function floatArithmetic(operator: BinaryOperator, type: Type, a: number, b: number): number | undefined {
  switch (operator) {
    case "+":
      return float(type, a + b);
    case "-":
      return float(type, a - b);
    case "*":
      return float(type, a * b);
    case "/":
      return float(type, a / b);
    default:
      // The remainder is code: a - trunc(a / b) * b, rounded at each step.
      return float(type, a - float(type, Math.trunc(float(type, a / b)) * b));
  }
}

function integerArithmetic(
  operator: BinaryOperator,
  type: IntegerType,
  a: bigint,
  b: bigint,
): Value | undefined {
  const { bits, signed } = integerShape(type);
  const by = BigInt.asUintN(64, b) % BigInt(Math.max(32, bits));
  switch (operator) {
    case "+":
      return integer(type, a + b);
    case "-":
      return integer(type, a - b);
    case "*":
      return integer(type, a * b);
    case "/":
      // The least number divided by -1 traps in WebAssembly, where its type is as wide as a value.
      if (b === 0n || (signed && bits >= 32 && b === -1n && a === -(1n << BigInt(bits - 1))))
        return undefined;
      return integer(type, a / b);
    case "%":
      return b === 0n ? undefined : integer(type, a % b);
    case "&":
      return integer(type, a & b);
    case "|":
      return integer(type, a | b);
    case "^":
      return integer(type, a ^ b);
    case "<<":
      return integer(type, a << by);
    default:
      return integer(type, a >> by);
  }
}

/** A value of one primitive type as one of another; strings and functions have no casts. */
export function cast(from: Primitive, to: Primitive, value: Value): Value {
  if (from === to) return value;
  if (to === "bool") return isFloat(from) ? value !== 0 : BigInt(value as number) !== 0n;
  const number = typeof value === "boolean" ? Number(value) : (value as number | bigint);
  if (isFloat(to)) {
    // A 64-bit integer is rounded once, as WebAssembly's conversions do.
    return float(to, typeof number === "bigint" && to === "f32" ? roundToSingle(number) : Number(number));
  }
  if (typeof number === "bigint" || isInteger(from) || from === "bool")
    return integer(to as IntegerType, BigInt(number));
  return saturated(to as IntegerType, number);
}

function saturated(type: IntegerType, value: number): Value {
  if (Number.isNaN(value)) return integer(type, 0n);
  const { bits, signed } = integerShape(type);
  const wide = bits <= 32 ? 32 : 64;
  const low = signed ? -(1n << BigInt(wide - 1)) : 0n;
  const high = (signed ? 1n << BigInt(wide - 1) : 1n << BigInt(wide)) - 1n;
  const whole =
    value === Number.POSITIVE_INFINITY
      ? high
      : value === Number.NEGATIVE_INFINITY
        ? low
        : BigInt(Math.trunc(value));
  return integer(type, whole < low ? low : whole > high ? high : whole);
}

/** The nearest single-precision number: by way of a double it would be rounded twice. */
function roundToSingle(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const excess = magnitude.toString(2).length - 24;
  if (excess <= 0) return Number(value);
  const step = 1n << BigInt(excess);
  const half = step >> 1n;
  const rest = magnitude % step;
  const down = magnitude - rest;
  const up = rest > half || (rest === half && (down / step) % 2n === 1n) ? down + step : down;
  return Number(value < 0n ? -up : up);
}
