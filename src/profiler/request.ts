/**
 * What a run is asked for: one type, checked once at the door (the command line, the library, a configuration), and
 * taken whole or in part by everything behind it. Plain data: it crosses into the guest's thread as it is.
 */
import { usageError } from "../base/diagnostics.ts";
import { type CostModel, modelNamed } from "../fuel/models.ts";
import type { HostSettings } from "../host/settings.ts";
import { checkScale } from "../host/shopify/limits.ts";
import { type StdinKind, stdinKinds } from "../host/stdin-pieces.ts";
import { type Budget, noBudget, usualBudget } from "../result/budget.ts";
import type { Limits } from "../result/limits.ts";

/**
 * The frames of the call tree: JavaScript functions with the builtins that they call, alone, with all of the engine's work
 * by category, with every function of the engine, or functions of WebAssembly.
 */
export const frameKinds = ["builtin", "js", "work", "engine", "wasm"] as const;
export type Frames = (typeof frameKinds)[number];
export const defaultFrames: Frames = "builtin";

export interface Request {
  /** Null: `_start`, or the only export that can be called. */
  readonly export: string | null;
  /** Null: the one that the platform counts by whose limits hold; without limits, the newest that was measured. */
  readonly model: CostModel | null;
  readonly frames: Frames;
  /**
   * `auto`: those of the platform that the module is for, if it says so; a number: Shopify's, times that (1 to 10); or what
   * a user made of a file.
   */
  readonly limits: "auto" | "none" | number | Limits;
  readonly bounds: Bounds;
  /** How large the result may become. */
  readonly budget: Budget;
  readonly stdin: StdinKind;
  readonly host: HostSettings;
}

/** Where a run is stopped, and how much of it is kept. */
export interface Bounds {
  /** Fuel past which the guest is stopped; null: ten times the platform's limit, if there is one. */
  readonly maxFuel: number | null;
  readonly timeoutMs: number | null;
  /** Calls and returns to keep in order. */
  readonly keptEvents: number;
  /** Paths of calls to tell apart. */
  readonly keptNodes: number;
  /** JavaScript functions that run to tell apart. */
  readonly keptFunctions: number;
  /** Bytes of a function's code from which on opcodes of one line share their figures. */
  readonly longCode: number;
}

/** What a caller may say; what it leaves out is as the command line has it by default. */
export interface RequestOptions {
  /** The guest's stdin: bytes, or "inherit" for the process's own, read at the guest's first read. Default: empty. */
  readonly input?: Uint8Array | "inherit";
  /** How reads of it are cut: not at all, or as wasmtime cuts those of a file or a pipe. Default: "memory". */
  readonly stdin?: StdinKind;
  /** The guest's arguments, behind its name. */
  readonly args?: readonly string[];
  readonly export?: string;
  /** `wasmtime-<major>`, or a cost table. Default: what the platform of the limits counts by, else the newest. */
  readonly fuelModel?: string | CostModel;
  readonly frames?: Frames;
  /** Shopify's, by a scale; or a platform's of your own, as `parseLimitsFile` gives them. Default: what the module is for. */
  readonly limits?: "auto" | "none" | "shopify" | number | Limits;
  readonly maxFuel?: number;
  readonly timeoutMs?: number;
  /** Give the guest the real time; default: a fixed clock. */
  readonly realClock?: boolean;
  /** Seed of WASI's random_get; an integer of 64 bits. Default 42. */
  readonly seed?: number | bigint;
  /** Absolute path of an ES module that gives the module its imports and drives it (docs/hosts.md). */
  readonly host?: string;
  /** "all" keeps every call in order and every path, whatever the size. Default: "usual", up to the limits of docs/cli.md. */
  readonly events?: "usual" | "all";
  /** Where the guest's output goes besides the result: nowhere, to stdout and stderr, or all of it to stderr. */
  readonly output?: "capture" | "inherit" | "stderr";
}

/** What is kept by default: 8 MB of calls and returns, 24 MB of paths, as many functions as have rows, 16 MB of the longest code. */
const usual = {
  keptEvents: 500_000,
  keptNodes: 300_000,
  keptFunctions: 20_000,
  longCode: 1 << 19,
} as const;
/** With `events: "all"`: what the collector's 4 GB have room for, 1 GB of calls and 1.5 GB of paths. */
const everything = {
  keptEvents: 60_000_000,
  keptNodes: 20_000_000,
  keptFunctions: Number.POSITIVE_INFINITY,
  longCode: Number.POSITIVE_INFINITY,
} as const;

/** Checks what a run is asked for. `name`: the guest's own, its argv[0]. @throws Diagnostic (usage). */
export function checkRequest(options: RequestOptions, name: string): Request {
  const { fuelModel = null, frames = defaultFrames, limits = "auto", seed = 42 } = options;
  if (!frameKinds.includes(frames)) throw wrong("frames", frameKinds.join(", "), frames);
  const positive = (what: "maxFuel" | "timeoutMs", value: number | undefined) => {
    if (value === undefined) return null;
    if (!Number.isSafeInteger(value) || value < (what === "timeoutMs" ? 1 : 0))
      throw wrong(what, "a whole number", value);
    return value;
  };
  const output = options.output ?? "capture";
  const { stdin = "memory" } = options;
  if (!stdinKinds.includes(stdin)) throw wrong("stdin", stdinKinds.join(", "), stdin);
  return {
    export: options.export ?? null,
    model: typeof fuelModel === "string" ? modelNamed(fuelModel) : fuelModel,
    frames,
    limits: limitsOf(limits),
    bounds: {
      maxFuel: positive("maxFuel", options.maxFuel),
      timeoutMs: positive("timeoutMs", options.timeoutMs),
      ...(options.events === "all" ? everything : usual),
    },
    budget: options.events === "all" ? noBudget : usualBudget,
    stdin,
    host: {
      stdin: options.input ?? new Uint8Array(),
      passThrough: output === "inherit" ? true : output === "stderr" ? "stderr" : false,
      args: [name, ...(options.args ?? [])],
      realClock: options.realClock ?? false,
      seed: seedOf(seed),
      userHost: options.host ?? null,
    },
  };
}

function limitsOf(limits: NonNullable<RequestOptions["limits"]>): Request["limits"] {
  if (limits === "shopify") return 1;
  if (limits === "auto" || limits === "none" || typeof limits === "object") return limits;
  return checkScale(limits, "limits takes auto, none, shopify, or a scale from");
}

function seedOf(seed: number | bigint): bigint {
  if (typeof seed === "number" && !Number.isSafeInteger(seed)) throw wrong("seed", "a whole number", seed);
  return BigInt(seed);
}

function wrong(option: string, takes: string, found: unknown): Error {
  return usageError(`${option} takes ${takes}, not ${JSON.stringify(String(found))}`);
}
