/**
 * Runs that never were: a scenario (functions and what each call does) is played, keeping the books as the
 * profiler must (ARCHITECTURE, "Charging"), which gives a Result whose sums hold by construction. `arbitraryResult`
 * makes scenarios of every shape for fast-check; a test can also write one by hand.
 */
import fc from "fast-check";
import type {
  EventRow,
  FunctionKind,
  FunctionRow,
  OpcodeRow,
  PcRow,
  Result,
  TreeNode,
} from "../../src/result/result.ts";

export interface FunctionSpec {
  readonly name: string;
  readonly kind: "js" | "builtin" | "engine";
  /** `[index into files, line, column]`; builtins and stripped functions have none. */
  readonly at: readonly [number, number, number] | null;
}

/** An opcode at bytecode offset `pc` that costs `fuel`, or a call (from the opcode before). */
export type Step =
  | { readonly pc: number; readonly fuel: number }
  | { readonly call: number; readonly body: readonly Step[] };

export interface Scenario {
  readonly files: readonly string[];
  readonly functions: readonly FunctionSpec[];
  readonly startup: number;
  /** Outermost calls; `jobs` is the fuel before each but the first. */
  readonly roots: readonly { readonly jobs: number; readonly call: number; readonly body: readonly Step[] }[];
  readonly exit: number;
}

const OPCODES = ["get_field", "call_method", "return", "add"];
/** Lines advance every third bytecode offset. */
const lineOf = (spec: FunctionSpec, pc: number): number | null => spec.at && spec.at[1] + Math.floor(pc / 3);

interface Frame {
  readonly node: number;
  readonly function: number;
  readonly start: number;
  own: number;
  /** Of JavaScript: fuel of the native functions that it called. */
  inner: number;
  /** Offset of the last opcode. */
  pc: number;
}

/** Plays `scenario`. Bodies of JavaScript functions start with an opcode, builtins have only fuel. */
export function play(scenario: Scenario): Result {
  const specs = scenario.functions;
  const phases = { startup: 0, js: 0, jobs: 0, exit: 0 };
  const nodes: { parent: number; function: number; callLine: number | null; calls: number; self: number }[] =
    [];
  const nodeIndex = new Map<string, number>();
  const events: { kind: EventRow["kind"]; node: number; at: number }[] = [];
  const pcs = new Map<string, { function: number; offset: number; fuel: number; hits: number }>();
  const ops = new Map<number, { count: number; fuel: number }>();
  const perCall = specs.map((): number[] => []);
  const totals = specs.map(() => 0);
  const natives = specs.map(() => new Map<number, { calls: number; self: number }>());
  const stack: Frame[] = [];
  let clock = 0;
  let maxDepth = 0;

  const charge = (frame: Frame, fuel: number, hit: 0 | 1): void => {
    const key = `${frame.function} ${frame.pc}`;
    const pc = pcs.get(key) ?? { function: frame.function, offset: frame.pc, fuel: 0, hits: 0 };
    pcs.set(key, { ...pc, fuel: pc.fuel + fuel, hits: pc.hits + hit });
    const op = ops.get(frame.pc % OPCODES.length) ?? { count: 0, fuel: 0 };
    ops.set(frame.pc % OPCODES.length, { count: op.count + hit, fuel: op.fuel + fuel });
    phases.js += fuel;
  };
  const call = (id: number, body: readonly Step[]): void => {
    const caller = stack.at(-1);
    const parent = caller?.node ?? -1;
    const callLine = caller === undefined ? null : lineOf(specs[caller.function]!, caller.pc);
    const key = `${parent} ${id} ${callLine}`;
    const node = nodeIndex.get(key) ?? nodes.push({ parent, function: id, callLine, calls: 0, self: 0 }) - 1;
    nodeIndex.set(key, node);
    nodes[node]!.calls += 1;
    const frame: Frame = { node, function: id, start: clock, own: 0, inner: 0, pc: 0 };
    const js = stack.findLast(({ function: f }) => specs[f]!.kind === "js");
    const asNative = (calls: number, self: number): void => {
      if (specs[id]!.kind === "js" || !js) return;
      const share = natives[js.function]!.get(id) ?? { calls: 0, self: 0 };
      natives[js.function]!.set(id, { calls: share.calls + calls, self: share.self + self });
      js.inner += self;
    };
    asNative(1, 0);
    events.push({ kind: "enter", node, at: clock });
    stack.push(frame);
    maxDepth = Math.max(maxDepth, stack.filter(({ function: f }) => specs[f]!.kind === "js").length);
    for (const step of body) {
      if ("call" in step) {
        call(step.call, step.body);
        continue;
      }
      const isJs = specs[id]!.kind === "js";
      if (isJs) frame.pc = step.pc;
      // Native work belongs to the pc that caused it, and has its own node in the tree.
      charge(stack.findLast(({ function: f }) => specs[f]!.kind === "js")!, step.fuel, isJs ? 1 : 0);
      frame.own += step.fuel;
      asNative(0, step.fuel);
      clock += step.fuel;
    }
    stack.pop();
    events.push({ kind: "leave", node, at: clock });
    nodes[node]!.self += frame.own;
    perCall[id]!.push(frame.own + frame.inner);
    if (!stack.some(({ function: f }) => f === id)) totals[id]! += clock - frame.start;
  };

  clock = phases.startup = scenario.startup;
  for (const [i, root] of scenario.roots.entries()) {
    const jobs = i === 0 ? 0 : root.jobs;
    phases.jobs += jobs;
    clock += jobs;
    call(root.call, root.body);
  }
  phases.exit = scenario.exit;
  clock += scenario.exit;

  const functions = specs.map((spec, id): FunctionRow => {
    const own = perCall[id]!.toSorted((a, b) => a - b);
    const [file, line, column] = spec.at ?? [null, null, null];
    return {
      ...{ id, name: spec.name, kind: spec.kind, file, line, column },
      ...{ calls: own.length, resumes: 0, self: own.reduce((a, b) => a + b, 0), total: totals[id]! },
      ...{ min: own[0] ?? null, median: own[own.length >> 1] ?? null, medianApprox: false },
      max: own.at(-1) ?? null,
      ...(natives[id]!.size > 0 && {
        natives: [...natives[id]!]
          .map(([native, share]) => ({ function: native, ...share }))
          .sort((a, b) => b.self - a.self || a.function - b.function),
      }),
    };
  });
  const { order, tree } = depthFirst(nodes);
  const phaseRow = (name: string, fuel: number): void => {
    if (fuel === 0) return;
    const id = functions.length;
    const none = { file: null, line: null, column: null, min: null, median: null, max: null };
    const kind: FunctionKind = "phase";
    functions.push({
      ...{ id, name, kind, ...none, calls: 1, resumes: 0 },
      ...{ self: fuel, total: fuel, medianApprox: false },
    });
    tree.push({ parent: -1, function: id, callLine: null, calls: 1, self: fuel });
  };
  phaseRow("(startup)", phases.startup);
  phaseRow("(jobs)", phases.jobs);
  phaseRow("(exit)", phases.exit);

  const pcRows = [...pcs.values()]
    .sort((a, b) => a.function - b.function || a.offset - b.offset)
    .map((pc): PcRow => {
      const spec = specs[pc.function]!;
      const line = lineOf(spec, pc.offset);
      return { ...pc, file: spec.at?.[0] ?? null, line, column: line === null ? null : pc.offset + 1 };
    });
  const opcodes = [...ops]
    .sort(([a], [b]) => a - b)
    .map(([i, op]): OpcodeRow => ({ name: OPCODES[i]!, code: 60 + i, ...op }));
  return {
    schemaVersion: 1,
    tool: { name: "javy-prof", version: "0.0.0-test" },
    toolchain: {
      ...{ engine: "embedded", plugin: null, quickjs: "quickjs-ng" },
      ...{ bytecodeVersion: 26, fuelModel: "wasmtime-50" },
    },
    module: { name: "app.js", bytes: 1200, sha256: "00" },
    run: {
      ...{ export: "_start", input: { bytes: 0, sha256: "00" } },
      exit: { kind: "ok", code: 0, message: null, stack: [] },
      ...{ stdout: "", stderr: "", stdoutBytes: 0, stderrBytes: 0, maxMemoryBytes: 65536 },
    },
    fuel: {
      total: clock,
      comparable: true,
      dispatches: opcodes.reduce((n, op) => n + op.count, 0),
      maxDepth,
    },
    limits: null,
    phases,
    files: scenario.files,
    functions,
    lines: lineRows(pcRows),
    opcodes,
    pcs: pcRows,
    tree,
    events: events.map((event) => ({ ...event, node: order[event.node]! })),
    warnings: [],
  };
}

/** Puts nodes (in order of their first call) into depth-first order; `order[old]` is the new index. */
function depthFirst(nodes: readonly TreeNode[]): { order: number[]; tree: TreeNode[] } {
  const order: number[] = [];
  const tree: TreeNode[] = [];
  const visit = (parent: number): void => {
    for (const [i, node] of nodes.entries()) {
      if (node.parent !== parent) continue;
      order[i] = tree.push({ ...node, parent: parent < 0 ? -1 : order[parent]! }) - 1;
      visit(i);
    }
  };
  visit(-1);
  return { order, tree };
}

function lineRows(pcs: readonly PcRow[]): Result["lines"] {
  const rows = new Map<string, { file: number; line: number; self: number; hits: number }>();
  for (const { file, line, fuel, hits } of pcs) {
    if (file === null || line === null) continue;
    const row = rows.get(`${file} ${line}`) ?? { file, line, self: 0, hits: 0 };
    rows.set(`${file} ${line}`, { ...row, self: row.self + fuel, hits: row.hits + hits });
  }
  return [...rows.values()].sort((a, b) => a.file - b.file || a.line - b.line);
}

/** Names that have broken a profiler's output before. */
export const HOSTILE_NAMES: readonly string[] = [
  ...["two words", "a;b;c", "quo\"te's", "<script>alert(1)</script>", "new\nline\r\ttab", "back\\slash"],
  ...["\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b2J", "nul\0", "‮desrever⁦", "zero\u200bwidth"],
  ...[
    "\ud800lone",
    "\u2028separator",
    "日本語",
    "👩‍💻",
    "",
    "(anonymous)",
    "__proto__",
    "constructor",
    "-1 5",
  ],
];

const name = fc.oneof(
  fc.constantFrom(...HOSTILE_NAMES),
  fc.string({ unit: "binary" }),
  fc.string({ minLength: 1 }),
);

const functionSpec = (files: number): fc.Arbitrary<FunctionSpec> =>
  fc.record({
    name,
    kind: fc.constantFrom("js", "js", "js", "builtin", "engine"),
    at: fc.option(
      fc.tuple(fc.nat(files - 1), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
    ),
  });

const fuel = fc.oneof(fc.nat(50), fc.nat(50_000_000));

/** Bodies call any function, so recursion is common; depth is bounded. */
function body(specs: readonly FunctionSpec[], id: number, depth: number): fc.Arbitrary<Step[]> {
  const op: fc.Arbitrary<Step> = fc.record({ pc: fc.nat(12), fuel });
  if (depth === 0) return op.map((step) => [step]);
  const call = fc
    .nat(specs.length - 1)
    .chain((callee) => body(specs, callee, depth - 1).map((steps): Step => ({ call: callee, body: steps })));
  const rest = fc.array(fc.oneof(op, call), { maxLength: 4 });
  return specs[id]!.kind === "js" ? fc.tuple(op, rest).map(([first, more]) => [first, ...more]) : rest;
}

const scenario: fc.Arbitrary<Scenario> = fc
  .tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.nat(5))
  .chain(([files, others]) =>
    fc
      .array(functionSpec(files.length), { minLength: others, maxLength: others })
      // The first function is JavaScript: outermost calls need one. Native functions have no position.
      .map((specs): FunctionSpec[] => [
        { name: "<module>", kind: "js", at: [0, 1, 1] },
        ...specs.map((spec) => (spec.kind === "js" ? spec : { ...spec, at: null })),
      ])
      .chain((functions) =>
        fc.record({
          files: fc.constant(files),
          functions: fc.constant(functions),
          startup: fuel,
          exit: fuel,
          roots: fc.array(fc.record({ jobs: fuel, call: fc.constant(0), body: body(functions, 0, 4) }), {
            maxLength: 3,
          }),
        }),
      ),
  );

/** Any result whose sums hold, with its events. */
export const arbitraryResult: fc.Arbitrary<Result> = scenario.map(play);
