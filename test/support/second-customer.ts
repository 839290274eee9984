/**
 * A customer of the rewriter that is not the profiler: it counts each kind of instruction in place, with globals that it
 * adds, and the entries of functions with one more. Σ count · cost must be the fuel.
 */
import type { ByteWriter } from "../../src/base/bytes.ts";
import type { CostModel } from "../../src/fuel/models.ts";
import type { CodeInPlace } from "../../src/probe/action.ts";
import type { Plan, SiteProbe } from "../../src/probe/plan.ts";
import { emit } from "../../src/wasm/emit.ts";
import { opcodes } from "../../src/wasm/opcodes.ts";
import { I64, type Module } from "../../src/wasm/types.ts";
import { codeOf } from "../../src/wasm/walk.ts";

const entries = opcodes.length;

/** Names under which the counters are exported. */
const exported = (n: number): string => `count ${n}`;

function increment(n: number): CodeInPlace {
  return {
    values: [],
    write: (w: ByteWriter, { indices }) => {
      emit(w, "global.get", indices.global(n));
      emit(w, "i64.const", 1);
      emit(w, "i64.add");
      emit(w, "global.set", indices.global(n));
    },
  };
}

/** The plan for any module; instructions that no step of an engine is at (end, else …) are left out. */
export function countingPlan(module: Module): Plan {
  const counters = Array.from({ length: entries + 1 }, (_, n) => n);
  const increments = counters.map((n) => increment(n));
  const atRow = increments.map((action): readonly SiteProbe[] => [{ when: "before", ...action }]);
  return {
    hooks: [],
    functions: new Map(),
    everywhere: (index) => {
      const sites = new Map<number, readonly SiteProbe[]>();
      for (const code = codeOf(module, index); code.advance(); ) {
        if (/^(else|end|catch|catch_all|delegate)$/.test(opcodes[code.row]!.name)) continue;
        sites.set(code.at, atRow[code.row]!);
      }
      return { entry: [increments[entries]!], sites };
    },
    added: {
      globals: counters.map(() => ({ type: I64, mutable: true, initial: 0n })),
      exports: counters.map((n) => ({ name: exported(n), kind: "global", of: { added: n } })),
    },
  };
}

/** Σ count · cost, from where a counter's value is found by the name of its export. */
export function countedFuel(model: CostModel, read: (name: string) => bigint): bigint {
  let fuel = read(exported(entries)) * BigInt(model.entry);
  opcodes.forEach((_, row) => {
    fuel += read(exported(row)) * BigInt(model.cost[row]!);
  });
  return fuel;
}
