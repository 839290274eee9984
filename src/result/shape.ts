/**
 * The shape of a result document, schema 1, as a table: what result.ts says to the compiler, said to a file
 * that someone else wrote or edited. One loop checks it. Members beyond the table are allowed (a newer minor
 * version); what the numbers mean together is checked in invariants.ts.
 */

import { engineOrigins, eventKinds, exitKinds, functionKinds, limitedAmounts } from "./result.ts";

/** A plain type (`?` after it: or null), a set of words, an object, a list of one of these, either or null. */
type Shape =
  | "number"
  | "number?"
  | "string"
  | "string?"
  | "boolean"
  | ReadonlySet<string>
  | Members
  | OrNull
  | Optional
  | [Shape];
/** Apart from Members by its symbol, which no document has as a key. */
interface OrNull {
  readonly [orNull]: Members | [Shape];
}
export interface Members {
  readonly [key: string]: Shape;
}

/** A member that may be missing. */
interface Optional {
  readonly [optional]: Shape;
}

export const orNull: unique symbol = Symbol("or null");
const optional: unique symbol = Symbol("optional");

const POSITION: Members = { file: "number?", line: "number?" };

const AMOUNTS: Members = Object.fromEntries(limitedAmounts.map((amount) => [amount, "number"]));
/** What is not limited is null; fuel always is. */
const MOST: Members = {
  ...Object.fromEntries(limitedAmounts.map((amount) => [amount, "number?"])),
  fuel: "number",
};

const STACK: [Shape] = [
  { function: "string", ...POSITION, column: "number?", text: { [optional]: "string" } },
];

const RUN: Members = {
  export: "string",
  input: { bytes: "number", sha256: "string" },
  exit: { kind: new Set(exitKinds), code: "number", message: "string?", stack: STACK },
  ...{ stdout: "string", stderr: "string", stdoutBytes: "number", stderrBytes: "number" },
  maxMemoryBytes: "number",
  replayed: { [optional]: { fuel: "number?", inputBytes: "number?" } },
};

const FUEL: Members = { total: "number", comparable: "boolean", dispatches: "number", maxDepth: "number" };

const LIMITS: Shape = {
  [orNull]: {
    ...{ preset: "string", model: "string", scale: "number", ...MOST, used: AMOUNTS },
    ...{ exceeded: [new Set(limitedAmounts)], passed: { [orNull]: STACK } },
    passedIn: { [optional]: "number" },
  },
};

const WARNINGS: [Shape] = [{ code: "string", message: "string" }];

const RESULT: Members = {
  schemaVersion: "number",
  tool: { name: new Set(["javy-prof"]), version: "string" },
  toolchain: {
    engine: new Set(engineOrigins),
    plugin: { [orNull]: { namespace: "string", sha256: "string" } },
    linked: { [optional]: [{ namespace: "string", sha256: "string" }] },
    ...{ quickjs: "string?", bytecodeVersion: "number?", fuelModel: "string" },
  },
  module: { name: "string", bytes: "number", sha256: "string" },
  run: RUN,
  fuel: FUEL,
  limits: LIMITS,
  runs: { [optional]: [{ ...RUN, name: "string", fuel: FUEL, limits: LIMITS, warnings: WARNINGS }] },
  phases: { startup: "number", js: "number", jobs: "number", exit: "number" },
  files: ["string"],
  functions: [
    {
      ...{ id: "number", name: "string", kind: new Set(functionKinds) },
      ...POSITION,
      ...{ column: "number?", calls: "number", resumes: "number", self: "number", total: "number" },
      ...{ min: "number?", median: "number?", medianApprox: "boolean", max: "number?" },
      natives: { [optional]: [{ function: "number", calls: "number", self: "number" }] },
    },
  ],
  lines: [
    { file: "number", line: "number", self: "number", hits: "number", text: { [optional]: "string?" } },
  ],
  opcodes: [{ name: "string", code: "number", count: "number", fuel: "number" }],
  pcs: [
    { function: "number", offset: "number", ...POSITION, column: "number?", fuel: "number", hits: "number" },
  ],
  tree: [{ parent: "number", function: "number", callLine: "number?", calls: "number", self: "number" }],
  warnings: WARNINGS,
};

const EVENTS: Shape = [{ kind: new Set(eventKinds), node: "number", at: "number" }];

/** The first place where `value` does not look like a result, null where it does. */
export function wrongShape(value: unknown): string | null {
  const wrong = mismatch(value, RESULT, "");
  if (wrong !== null) return wrong;
  const { events } = value as { events?: unknown };
  return events === undefined ? null : mismatch(events, EVENTS, "events");
}

/** The first place where `value`, which stands at `path`, does not have the shape; null where it does. */
export function mismatch(value: unknown, shape: Shape, path: string): string | null {
  const found = (wanted: string): string => `${path === "" ? "the document" : path} is not ${wanted}`;
  if (typeof shape === "string") {
    const type = shape.replace("?", "");
    return typeof value === type || (value === null && type !== shape) ? null : found(`a ${type}`);
  }
  if (shape instanceof Set)
    return typeof value === "string" && shape.has(value) ? null : found(`one of ${[...shape].join(", ")}`);
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return found("a list");
    for (let i = 0; i < value.length; i++) {
      const wrong = mismatch(value[i], shape[0], `${path}[${i}]`);
      if (wrong !== null) return wrong;
    }
    return null;
  }
  if (optional in shape)
    return value === undefined ? null : mismatch(value, (shape as Optional)[optional], path);
  if (orNull in shape) return value === null ? null : mismatch(value, shape[orNull] as Shape, path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return found("an object");
  for (const [key, member] of Object.entries(shape)) {
    const inner = path === "" ? key : `${path}.${key}`;
    const wrong = mismatch((value as Record<string, unknown>)[key], member, inner);
    if (wrong !== null) return wrong;
  }
  return null;
}
