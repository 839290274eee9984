/**
 * Puts a result together: what ran, how it ended, and the profile. Pure; the sums are checked by whoever shows it.
 */
import { type Fuel, toFuel } from "../base/fuel.ts";
import { printedColumn } from "../quickjs/bytecode/line-table.ts";
import { type AttributeOptions, attribute } from "./attribute.ts";
import { mostOrderedCalls } from "./budget.ts";
import { judge, type Limits, limitWarnings } from "./limits.ts";
import { frameText } from "./line-text.ts";
import { isNoFile } from "./no-file.ts";
import { OriginalPlaces } from "./original-places.ts";
import type { Recording } from "./recording.ts";
import type { Exit, LimitsInfo, Result, RunInfo, StackFrame, Toolchain } from "./result.ts";
import type { Warning } from "./warnings.ts";

export interface RunFacts {
  readonly version: string;
  readonly toolchain: Toolchain;
  readonly module: Result["module"];
  readonly run: Omit<RunInfo, "exit">;
  readonly exit: Omit<Exit, "stack" | "depth">;
  readonly comparable: boolean;
  /** What the run is judged by, and what it came to besides fuel; null for nothing. */
  readonly judged: {
    readonly limits: Limits;
    readonly used: Omit<LimitsInfo["used"], "fuel">;
  } | null;
  /** Frames that the guest itself printed for an uncaught exception, by compiled file name. */
  readonly printedStack: readonly PrintedFrame[];
  readonly warnings: readonly Warning[];
}

/** A line of a stack trace as the guest printed it. */
export interface PrintedFrame {
  readonly function: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

/** Depth from which a stack is near what wasmtime's default lets through (it traps beyond about 626 frames). */
const deepStack = 500;

/** A trap deep in a recursion is the end of the guest's own stack, whatever the engine calls it. */
function isExhausted(exit: RunFacts["exit"], depth: number): boolean {
  return exit.kind === "trap" && depth >= deepStack && /out of bounds|stack/.test(exit.message ?? "");
}

/** Calls and resumptions of every frame. */
function callsOf({ nodes }: Recording): number {
  let count = 0n;
  for (let i = 0; i < nodes.calls.length; i++) count += nodes.calls[i]! + nodes.resumes[i]!;
  return toFuel(count);
}

export function buildResult(recording: Recording, options: AttributeOptions, facts: RunFacts): Result {
  const { stack, passed, passedIn, dispatches, events, merged, ...profile } = attribute(recording, options);
  const { maxDepth, rootPending } = recording;
  const total: Fuel = toFuel(recording.total);
  const { judged } = facts;
  const limits = judged && judge(judged.limits, { fuel: total, ...judged.used }, passed, passedIn);
  const warnings = [...facts.warnings, ...(limits ? limitWarnings(limits) : [])];
  if (maxDepth >= deepStack) warnings.push({ code: "deep-stack", frames: maxDepth });
  // one that was rejected ends the program without an opcode more, and looks as if it were pending
  if (rootPending && facts.exit.kind !== "throw") warnings.push({ code: "await-never-settled" });
  if (events === undefined)
    warnings.push({ code: "events-dropped", calls: callsOf(recording), most: mostOrderedCalls });
  warnings.push(...sharedLine(profile, options.places));
  if (merged.paths) warnings.push({ code: "paths-merged", ...merged.paths });
  if (merged.functions) warnings.push({ code: "functions-merged", ...merged.functions });
  if (merged.lines) warnings.push({ code: "lines-merged", ...merged.lines });
  if (merged.pcs) warnings.push({ code: "pcs-merged", ...merged.pcs });
  const files = [...profile.files];
  return {
    schemaVersion: 1,
    tool: { name: "javy-prof", version: facts.version },
    toolchain: facts.toolchain,
    module: facts.module,
    run: {
      export: facts.run.export,
      input: facts.run.input,
      exit: {
        ...facts.exit,
        ...(isExhausted(facts.exit, maxDepth) ? { depth: maxDepth } : {}),
        stack: facts.printedStack.length > 0 ? printed(facts.printedStack, stack, options, files) : stack,
      },
      ...rest(facts.run),
    },
    fuel: { total, comparable: facts.comparable, dispatches, maxDepth },
    limits,
    ...profile,
    files,
    ...(events ? { events } : {}),
    warnings,
  };
}

/** Functions on one line that are no longer what a person wrote there. */
const manyOnLine = 8;

/** Where a source map would help: the line of the program's own with most functions, where they are that many. */
function sharedLine(
  { functions, files }: Pick<Result, "functions" | "files">,
  places: AttributeOptions["places"],
): Warning[] {
  if (places instanceof OriginalPlaces) return places.unused(files);
  const onLine = new Map<string, { file: string; line: number; functions: number }>();
  for (const { kind, file, line, calls } of functions) {
    const name = file === null ? "" : files[file]!;
    // what eval made, or the engine has of its own, no bundler wrote
    if (kind !== "js" || line === null || calls === 0 || isNoFile(name)) continue;
    const key = `${file}:${line}`;
    const found = onLine.get(key) ?? { file: name, line, functions: 0 };
    onLine.set(key, found);
    found.functions += 1;
  }
  const most = [...onLine.values()].reduce((best, one) => (one.functions > best.functions ? one : best), {
    file: "",
    line: 0,
    functions: 0,
  });
  return most.functions < manyOnLine ? [] : [{ code: "line-shared", ...most }];
}

function rest({ stdout, stderr, stdoutBytes, stderrBytes, maxMemoryBytes }: RunFacts["run"]) {
  return { stdout, stderr, stdoutBytes, stderrBytes, maxMemoryBytes };
}

/**
 * The frames that the guest printed, with our names: the engine says `<anonymous>` or `total` where we know `Cart.total`.
 * `unwound` are the JavaScript frames that the exception left, in the same order but for native frames between them.
 */
function printed(
  frames: readonly PrintedFrame[],
  unwound: readonly StackFrame[],
  options: AttributeOptions,
  files: string[],
): StackFrame[] {
  let next = 0;
  return frames.map(({ function: name, file, line, column }) => {
    if (file === null) return { function: `${name} (native)`, file: null, line: null, column: null };
    // of an engine that nobody looked for, columns stand as they were printed
    const form = options.engine?.lines;
    const found = line === null || column === null ? 0 : form ? printedColumn(line, column, form) : column;
    const place = line === null ? null : options.places.at(file, line, found);
    const shown = place?.file ?? options.places.file(file);
    const known = files.indexOf(shown);
    const ours = unwound[next]?.line === place?.line ? unwound[next++]!.function : name;
    const at = {
      file: known >= 0 ? known : files.push(shown) - 1,
      line: place?.line ?? null,
      column: place?.column ?? null,
    };
    return { function: ours, ...at, ...frameText(options.textOf, files, at) };
  });
}
