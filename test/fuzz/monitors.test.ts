/**
 * Monitors on random programs: what single instructions, straight runs and the meter count is one number (under a
 * model where every instruction costs one or nothing); functions are left as often as entered; the program does what it did. And random expressions:
 * what folding computes is what the code computes.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wasmEvents } from "../../src/monitor/events.ts";
import { foldExpression } from "../../src/monitor/fold.ts";
import { readScript } from "../../src/monitor/script.ts";
import type { Expr } from "../../src/monitor/tree.ts";
import { assemble } from "../support/binaryen.ts";
import { monitored } from "../support/monitored.ts";
import { arbitraryProgram, hostImports } from "../support/programs.ts";

const free = ["nop", "drop", "block", "loop", "unreachable", "return", "else", "end"];
const script = `
report var single: u64; report var runs: u64; report var fuel_before: u64; report var priced: u64;
report var entered: u64; report var left: u64;
wasm:opcode:*:before { single++; }
wasm:opcode:*:before / !(${free.map((name) => `opname == "${name}"`).join(" || ")}) / { priced++; }
wasm:block:end { runs = runs + instr_count as u64; }
wasm:func:entry { entered++; priced++; fuel_before = fuel; }
wasm:func:exit { left++; fuel_before = fuel; }
`;

describe("random programs", () => {
  test("are counted alike, and do what they did", () => {
    fc.assert(
      fc.property(arbitraryProgram(), ({ bytes, args }) => {
        const call = (exports: Record<string, (...given: unknown[]) => unknown>) => exports["f"]!(...args);
        const imports = { host: hostImports };
        let plain: unknown;
        let failed = false;
        try {
          const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports);
          plain = call(instance.exports as Record<string, () => unknown>);
        } catch {
          failed = true;
        }
        const { values, result, error } = monitored(bytes, script, { call, imports, model: "wasmtime-40" });
        expect(error !== undefined).toBe(failed);
        expect(result).toEqual(plain);
        if (failed) return;
        expect(values("runs")).toEqual(values("single"));
        expect(values("left")).toEqual(values("entered"));
        expect(values("fuel_before")).toEqual(values("priced"));
      }),
      { numRuns: 50 },
    );
  });
});

const types = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"] as const;
type Numeric = (typeof types)[number];
const isFloat = (type: Numeric) => type.startsWith("f");

/** An expression of a type over `a_<type>` and `b_<type>`, as text. */
function expression(type: Numeric | "bool", depth: number): fc.Arbitrary<string> {
  if (type === "bool") {
    const compared = fc
      .constantFrom(...types)
      .chain((inner) =>
        fc
          .tuple(
            fc.constantFrom("==", "!=", "<", ">", "<=", ">="),
            expression(inner, depth - 1),
            expression(inner, depth - 1),
          )
          .map(([operator, a, b]) => `(${a} ${operator} ${b})`),
      );
    if (depth <= 0) return fc.constantFrom("true", "false");
    const both = fc
      .tuple(fc.constantFrom("&&", "||"), expression("bool", depth - 1), expression("bool", depth - 1))
      .map(([operator, a, b]) => `(${a} ${operator} ${b})`);
    return fc.oneof(
      compared,
      both,
      expression("bool", depth - 1).map((inner) => `(!${inner})`),
    );
  }
  const leaf = fc.constantFrom(`a_${type}`, `b_${type}`);
  if (depth <= 0) return leaf;
  const operators = isFloat(type)
    ? ["+", "-", "*", "/", "%"]
    : ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"];
  const binary = fc
    .tuple(fc.constantFrom(...operators), expression(type, depth - 1), expression(type, depth - 1))
    .map(([operator, a, b]) => `(${a} ${operator} ${b})`);
  const cast = fc
    .constantFrom(...types, "bool" as const)
    .chain((from) => expression(from, depth - 1).map((inner) => `((${inner}) as ${type})`));
  const inverted = isFloat(type) ? leaf : expression(type, depth - 1).map((inner) => `(~${inner})`);
  return fc.oneof(
    { weight: 1, arbitrary: leaf },
    { weight: 4, arbitrary: binary },
    { weight: 2, arbitrary: cast },
    inverted,
  );
}

const literals: Readonly<Record<Numeric, readonly string[]>> = {
  ...{
    u8: ["0", "1", "255", "128"],
    i8: ["0", "-1", "-128", "127"],
    u16: ["0", "3", "65535"],
    i16: ["-1", "-32768", "32767"],
  },
  ...{
    u32: ["0", "7", "0xFFFFFFFF"],
    i32: ["-1", "0", "-2147483648", "31"],
    u64: ["0", "1", "0xFFFFFFFFFFFFFFFF"],
  },
  ...{
    i64: ["-1", "0", "-9223372036854775808", "1000000007"],
    f32: ["0.0", "-1.5", "1e10", "inf"],
    f64: ["0.1", "-2.5e30", "NaN", "-inf"],
  },
};

const anything = assemble(`(module (func (export "run")))`).bytes;

describe("random expressions", () => {
  const valued = fc.record(
    Object.fromEntries(
      types.flatMap((type) =>
        ["a", "b"].map((name) => [`${name}_${type}`, fc.constantFrom(...literals[type])]),
      ),
    ),
  );
  test("give what folding them gives, or trap where folding leaves them", () => {
    let folded = 0;
    fc.assert(
      fc.property(
        valued,
        fc
          .constantFrom(...types, "bool" as const)
          .chain((type) => expression(type, 4).map((text) => ({ type, text }))),
        (leaves, { type, text }) => {
          const declared = Object.entries(leaves).map(
            ([name, value]) => `var ${name}: ${name.split("_")[1]} = ${value};`,
          );
          const source = `${declared.join(" ")} report var r: ${type}; wasm:func:entry { r = ${text}; }`;
          const expected = foldedValue(source, leaves);
          const { values, error } = monitored(anything, source, { call: ({ run }) => run!() });
          if (expected === undefined) return;
          folded += 1;
          expect(error).toBeUndefined();
          expect(values("r")).toEqual([expected]);
        },
      ),
      { numRuns: 400 },
    );
    expect(folded).toBeGreaterThan(150);
  });
});

/** The value of the assignment in the first probe, its variables replaced by their initial values. */
function foldedValue(source: string, leaves: Readonly<Record<string, string>>): unknown {
  const tree = readScript({ file: "x.mm", text: source }, { events: wasmEvents(), libraries: new Map() });
  const [statement] = tree.probes[0]!.body;
  if (statement?.kind !== "assign") throw new Error("no assignment");
  const replaced = replace(statement.value, leaves);
  const value = foldExpression(replaced, { value: () => undefined });
  return value.kind === "constant" ? value.value : undefined;
}

function replace(expr: Expr, leaves: Readonly<Record<string, string>>): Expr {
  if (expr.kind === "variable") return expr.variable.initial ?? expr;
  if (expr.kind === "unary" || expr.kind === "cast")
    return { ...expr, operand: replace(expr.operand, leaves) };
  if (expr.kind === "binary")
    return { ...expr, left: replace(expr.left, leaves), right: replace(expr.right, leaves) };
  return expr;
}
