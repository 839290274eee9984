/**
 * Probes see what the interpreter sees, in its order and with its fuel: every entry and exit, every instruction before
 * it is executed. With exceptions of both kinds; where Node 20 has no try_table, the interpreter runs both.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SiteProbe } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { opcodes } from "../../src/wasm/opcodes.ts";
import { I32, I64, type Module } from "../../src/wasm/types.ts";
import { codeOf } from "../../src/wasm/walk.ts";
import type { Value } from "../support/interpreter.ts";
import { frameHooks, frameProbes, interpret, meter, metered, runInV8 } from "../support/metered.ts";
import { arbitraryProgram, type Exceptions, type Program } from "../support/programs.ts";

type Row = readonly [what: string, where: number, fuel: number];

/** Runs an instrumented program where it can be run, and gives each hook's calls to `seen`. */
function run(bytes: Uint8Array, program: Program, exceptions: Exceptions, seen: (row: Row) => void): void {
  const hook = (what: string) => (where: unknown, fuel: unknown) => seen([what, Number(where), Number(fuel)]);
  const hooks = { enter: hook("enter"), leave: hook("leave"), step: hook("step") };
  if (exceptions !== "try_table") {
    runInV8(bytes, program, hooks);
    return;
  }
  const forInterpreter = (what: "enter" | "leave" | "step") => (where: Value, fuel: Value) => {
    hooks[what](where, fuel);
    return [];
  };
  interpret(decodeModule(bytes), program, {
    imports: {
      enter: forInterpreter("enter"),
      leave: forInterpreter("leave"),
      step: forInterpreter("step"),
    },
  });
}

const kinds: readonly Exceptions[] = ["none", "legacy", "try_table"];
const modes = fc.constantFrom("run" as const, "instruction" as const);

test.each(kinds)("entries and exits, exceptions: %s", (exceptions) => {
  fc.assert(
    fc.property(arbitraryProgram(exceptions), modes, (program, mode) => {
      const expected: Row[] = [];
      const { end } = interpret(decodeModule(program.bytes), program, {
        model: "grow",
        enter: (index, fuel) => expected.push(["enter", index, fuel]),
        leave: (index, fuel) => expected.push(["leave", index, fuel]),
      });
      const rows: Row[] = [];
      run(metered(program, meter("wasmtime-50", mode), true), program, exceptions, (row) => rows.push(row));
      expect(rows).toEqual(expected);
      // Without exceptions and traps, they nest like parentheses.
      if (exceptions !== "none" || Number.isNaN(Number(end))) return;
      const open: number[] = [];
      for (const [what, index] of rows) {
        if (what === "enter") open.push(index);
        else expect(open.pop()).toBe(index);
      }
      expect(open).toEqual([]);
    }),
    { numRuns: 250 },
  );
});

/** A probe before every instruction but `else`, `end` and the like, which the interpreter does not step on. */
function everyInstruction(module: Module): Map<number, SiteProbe[]>[] {
  return module.bodies.map((_, i) => {
    const sites = new Map<number, SiteProbe[]>();
    for (const code = codeOf(module, module.importedFunctions + i); code.advance(); ) {
      if (/^(else|end|catch|catch_all|delegate)$/.test(opcodes[code.row]!.name)) continue;
      const where = { kind: "const", type: I32, value: code.at } as const;
      sites.set(code.at, [{ when: "before", hook: 2, arguments: [where, { kind: "fuel" }] }]);
    }
    return sites;
  });
}

test.each(kinds)("every instruction, exceptions: %s", (exceptions) => {
  fc.assert(
    fc.property(arbitraryProgram(exceptions, 250), modes, fc.boolean(), (program, mode, exits) => {
      const module = decodeModule(program.bytes);
      const expected: Row[] = [];
      interpret(module, program, {
        model: "bulk",
        step: (offset, fuel) => expected.push(["step", offset, fuel]),
      });
      const sites = everyInstruction(module);
      const bytes = rewrite(module, {
        hooks: [...frameHooks, { module: "javy_prof", name: "step", params: [I32, I64] }],
        functions: new Map(),
        everywhere: (index) => ({
          ...(exits ? frameProbes(index) : {}),
          sites: sites[index - module.importedFunctions]!,
        }),
        meter: meter("wasmtime-46", mode, true),
      });
      if (exceptions !== "try_table") expect(WebAssembly.validate(bytes as BufferSource)).toBe(true);
      const rows: Row[] = [];
      run(bytes, program, exceptions, (row) => row[0] === "step" && rows.push(row));
      expect(rows).toEqual(expected);
    }),
    { numRuns: 120 },
  );
});
