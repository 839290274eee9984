/**
 * Probes that are functions see what the interpreter sees, at every instruction of random programs: locals, the whole
 * operand stack, depth and callers, across exceptions of both kinds and tail calls; counts of what is attached and
 * detached on the way are those of a model; and the program does what it did, with the same fuel.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Instruction, instructionsIn } from "../../src/probe/callbacks/places.ts";
import { planCallbacks } from "../../src/probe/callbacks/plan-callbacks.ts";
import {
  attachable,
  type Caller,
  countProbe,
  frameProbe,
  operandProbe,
  type Probe,
} from "../../src/probe/callbacks/probe.ts";
import type { Plan } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { ProbeControl } from "../../src/run/probe-control.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { referenceOf } from "../../src/wasm/heap-types.ts";
import type { Module, ValType } from "../../src/wasm/types.ts";
import { codeStart } from "../../src/wasm/walk.ts";
import type { HostFunction, Value } from "../support/interpreter.ts";
import { counterOf, interpret, meter, type Report, runInV8 } from "../support/metered.ts";
import { arbitraryProgram, type Exceptions, type Program } from "../support/programs.ts";

const kinds: readonly Exceptions[] = ["none", "legacy", "try_table"];
const modes = fc.constantFrom("run" as const, "instruction" as const);

interface Run extends Report {
  readonly control: ProbeControl;
}

/** Runs a program under probes and the meter, where it can be run: `made` gets what controls the probes. */
function run(
  program: Program,
  exceptions: Exceptions,
  probes: readonly Probe[],
  mode: "run" | "instruction",
  made: (control: ProbeControl) => void = () => {},
): Run {
  const module = decodeModule(program.bytes);
  const { plan, wiring } = planCallbacks(module, probes);
  const control = new ProbeControl(probes, wiring);
  made(control);
  const metering: Plan = { hooks: [], functions: new Map(), meter: meter("wasmtime-50", mode, true) };
  const bytes = rewrite(module, plan, metering);
  const imports = control.imports[wiring.module] ?? {};
  if (exceptions === "try_table") {
    const now = decodeModule(bytes);
    const given = Object.entries(imports).map(([name, value]): [string, HostFunction | Value] => {
      if (value instanceof WebAssembly.Global) return [name, value.value as Value];
      const { params } = plan.hooks.find((hook) => hook.name === name)!;
      const call = (...args: Value[]) => {
        (value as (...args: unknown[]) => void)(...args.map((one, n) => asInV8(params[n]!, one)));
        return [];
      };
      return [name, call];
    });
    const report = interpret(now, program, { imports: Object.fromEntries(given) });
    return { ...report, fuel: counterOf(now, report.machine), control };
  }
  expect(WebAssembly.validate(bytes as BufferSource)).toBe(true);
  return { ...runInV8(bytes, program, {}, () => {}, { [wiring.module]: imports }), control };
}

/** The interpreter has indices for functions; V8 has functions, whose name is their index. */
function asInV8(type: ValType, value: Value): unknown {
  const isFunction = referenceOf(type) !== undefined && typeof value === "number";
  return isFunction ? Object.defineProperty(() => {}, "name", { value: String(value) }) : value;
}

/** A function of V8's by its index in the module as it was; other values as they are. */
function plainValue(module: Module, hooks: number, value: unknown): unknown {
  if (typeof value !== "function") return value;
  const index = Number(value.name);
  return index < module.importedFunctions ? index : index - hooks;
}

/** What the interpreter does not step on. */
const silent = /^(else|end|catch|catch_all|delegate)$/;

/** Instructions that control may get to, and that the interpreter steps on. */
const steps = (module: Module): Instruction[] =>
  instructionsIn(module, ({ reachable, name }) => reachable && !silent.test(name));

const keyOf = ({ function: index, pc }: Caller) => `${index} ${pc}`;

/** What the program leaves, its functions in the table apart: they have other numbers. */
const shown = ({ end, state }: Report) => [end, state.replace(/ \[.*\]/, "")];

function expectUnchanged(after: Report, before: Report): void {
  expect(shown(after)).toEqual(shown(before));
  if (after.end !== "trap") expect(after.fuel).toBe(before.fuel);
}

test.each(kinds)("frames and operands, exceptions: %s", (exceptions) => {
  fc.assert(
    fc.property(arbitraryProgram(exceptions, 250), modes, (program, mode) => {
      const module = decodeModule(program.bytes);
      const all = steps(module);
      const heard = new Set(all.map(keyOf));
      const withOperand = all.filter(({ operands: [first] }) => first !== undefined && !/exn/.test(first));
      const hasOperand = new Set(withOperand.map(keyOf));
      const expected: unknown[] = [];
      const before = interpret(module, program, {
        model: "grow",
        step: (_, __, stack, frames) => {
          const [here, ...callers] = frames
            .map(({ index, at }) => ({ function: index, pc: at - codeStart(module, index) }))
            .reverse();
          if (hasOperand.has(keyOf(here!))) expected.push(["operand", stack.at(-1)]);
          const { locals } = frames.at(-1)!;
          expected.push({
            ...{ ...here, event: "instruction", locals: [...locals] },
            ...{ operands: [...stack].reverse(), depth: frames.length, callers },
          });
        },
      });
      const rows: unknown[] = [];
      let added = 0;
      const plain = (value: unknown) => plainValue(module, added, value);
      const probes = [
        operandProbe(withOperand, (value: number | bigint | object | null) => {
          rows.push(["operand", plain(value)]);
        }),
        frameProbe("every instruction", ["locals", "operands", "depth", "callers"], (frame) => {
          if (!heard.has(keyOf(frame))) return;
          const { function: index, pc, event, locals, operands, depth, callers } = frame;
          rows.push({
            ...{ function: index, pc, event, depth, callers },
            ...{ locals: locals.map(plain), operands: operands.map(plain) },
          });
        }),
      ];
      // the meter's tick is imported too
      added = planCallbacks(module, probes).plan.hooks.length + 1;
      const after = run(program, exceptions, probes, mode);
      expect(rows).toEqual(expected);
      expectUnchanged(after, before);
    }),
    { numRuns: 100 },
  );
});

test.each(kinds)("attached and detached while they fire, exceptions: %s", (exceptions) => {
  /** At an event of that number, a probe is attached, or detached where it is. */
  const change = fc.record({ event: fc.nat(60), probe: fc.nat(3) });
  const counting = fc.record({ attached: fc.boolean(), every: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(
      ...([arbitraryProgram(exceptions, 250), modes, fc.array(change)] as const),
      ...([fc.array(counting, { minLength: 4, maxLength: 4 }), fc.nat(4)] as const),
      (program, mode, changes, counters, place) => {
        const module = decodeModule(program.bytes);
        const all = steps(module);
        const heard = new Set(all.map(keyOf));
        const mine = counters.map(({ every }) => all.filter((_, n) => n % every === 0));
        const keys = mine.map((places) => new Set(places.map(keyOf)));
        const counts = counters.map(({ attached }, n) => attachable(countProbe(mine[n]!), attached));
        // the model: who is attached when an event begins counts it
        const expected = counters.map(() => 0n);
        const attached = counters.map((one) => one.attached);
        let event = 0;
        const control = { current: null as ProbeControl | null };
        const switches = frameProbe("every instruction", [], (frame) => {
          if (!heard.has(keyOf(frame))) return;
          for (const n of counts.keys()) if (attached[n] && keys[n]!.has(keyOf(frame))) expected[n]! += 1n;
          for (const { probe } of changes.filter((one) => one.event === event)) {
            attached[probe] = !attached[probe];
            control.current![attached[probe] ? "attach" : "detach"](counts[probe]!);
          }
          event += 1;
        });
        const probes: Probe[] = [...counts];
        probes.splice(place, 0, switches);
        const before = interpret(module, program, { model: "grow" });
        const after = run(program, exceptions, probes, mode, (made) => {
          control.current = made;
        });
        if (exceptions !== "try_table")
          expect(counts.map((one) => after.control.count(one))).toEqual(expected);
        expectUnchanged(after, before);
      },
    ),
    { numRuns: 100 },
  );
});
