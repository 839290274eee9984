/**
 * What the main thread and the worker say to each other. Types only; everything here is cloned or shared between
 * threads, so it is plain data.
 */

import type { DiagnosticFields } from "../base/diagnostics.ts";
import type { PlatformFacts } from "../host/host.ts";
import type { HostSettings } from "../host/settings.ts";
import type { OutputLost, OutputSummary } from "../host/streams.ts";
import type { Unrepeatable } from "../host/wasi.ts";
import type { Recompiled } from "../javy/compile.ts";
import type { NativeFrame, SharedNative } from "../profiler/native-frames.ts";
import type { Bounds } from "../profiler/request.ts";
import type { Carried } from "../quickjs/carry.ts";
import type { CalledBuiltins } from "../quickjs/natives/called-builtins.ts";
import type { MapData } from "../result/original-places.ts";
import type { SentRecording } from "../result/recording.ts";
import type { MonitorJob, MonitorRemains } from "./monitored-run.ts";

/**
 * Runs a program: the plugin of a dynamic one is instantiated first, then the app, whose instantiation and export are
 * counted.
 */
export interface RunJob {
  readonly kind: "run";
  /** Null for a program that is whole. */
  readonly plugin: LinkedTo | null;
  /** Other modules that the app imports from, in the order in which they are instantiated; not counted either. Default: none. */
  readonly linked?: readonly LinkedTo[];
  /** As it is to run: instrumented, or as it is; compiled already where it is run repeatedly. */
  readonly app: Uint8Array | WebAssembly.Module;
  readonly export: string;
  /** What the profiler counts; undefined runs the modules as they are. */
  readonly profile?: ProfileSettings;
  /** What the instrumented module (the plugin, or an app that is whole) needs of a monitor's host. */
  readonly monitor?: MonitorJob;
  readonly host: HostSettings;
  /** Bytes that a run which this one repeats has written to stdout and stderr already. Default: none. */
  readonly passed?: Readonly<Record<1 | 2, number>>;
  /** What takes a line of progress away from the terminal; undefined where none is drawn. */
  readonly clearProgress?: string;
  /** Control.words i32, shared with the main thread. */
  readonly control: SharedArrayBuffer;
  /** Also report the sha256 of the guest's memory at the end. */
  readonly hashMemory?: boolean;
}

/** A module that others import from. */
export interface LinkedTo {
  /** As the app. */
  readonly module: Uint8Array | WebAssembly.Module;
  readonly namespace: string;
}

export interface ProfileSettings {
  /** The serialized program, to tie functions to; null where it is not known. */
  readonly payload: Uint8Array | null;
  /** The program's source, compiled anew, to carry lines over from. */
  readonly recompiled?: Recompiled;
  /** The program's source map, and what it maps. */
  readonly map: MapData | null;
  /** Ids of the engines that it may be (quickjs/engines/versions.ts), likeliest first; none for WebAssembly frames only. */
  readonly engines: readonly string[];
  readonly bounds: Bounds;
  /** Fuel that is judged: where it was passed is kept. */
  readonly limit?: number | null;
  /** The native frames that the plan enters; none for JavaScript frames only. */
  readonly natives: NativeSettings | null;
  /** JavaScript that the engine begins with: the address of its bytecode, and what it is called. */
  readonly scripts?: readonly (readonly [address: number, name: string])[];
  /** What builtins are called, where the plan tells of their calls. */
  readonly builtins?: CalledBuiltins | null;
  /** Only the total: no collector (for the benchmark and --frames none). */
  readonly totalsOnly?: boolean;
  /** What the engine charges for the app's instantiation before any of its code runs; default 0. */
  readonly instantiation?: bigint;
}

export interface NativeSettings {
  readonly frames: readonly NativeFrame[];
  readonly shared: readonly SharedNative[];
  /** Frames of engine work by name; empty where that has none. */
  readonly work: ReadonlyMap<string, number>;
}

/** Words of the shared control array. */
export const Control = {
  /** Non-zero asks the guest to stop. */
  stop: 0,
  /** Fuel so far in millions, for the progress line. */
  progress: 1,
  /** Non-zero once the guest has ended, and what it left is being read out. */
  ended: 2,
  /** What stands on the last line of the terminal (shared-line.ts). */
  line: 3,
  words: 4,
} as const;

/** How the guest ended. */
export type RunEnd =
  | { readonly kind: "ok" }
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "throw" }
  /** `exact`: the count is the engine's own (an `unreachable`); not at a hardware trap or when the stack is exhausted. */
  | { readonly kind: "trap"; readonly message: string; readonly exact: boolean }
  /** `lost`: the output that nobody took any more. */
  | { readonly kind: "fuel" | "timeout" | "interrupted"; readonly lost?: OutputLost };

/** What is known of an uncaught exception. */
export interface ThrownReport {
  /** What was written to stderr of it, which was not passed on: whoever shows the result says it in better words. */
  readonly report: Uint8Array;
  /** Of what class it was; null where that is not known. */
  readonly class: string | null;
}

export interface RunOutcome {
  readonly kind: "ran";
  readonly end: RunEnd;
  /** The uncaught exception of a run that ended by one. */
  readonly thrown: ThrownReport | null;
  readonly recording: SentRecording | null;
  /** What a monitor left; null where there is none, or nothing was instantiated. */
  readonly monitor: MonitorRemains | null;
  /** Id of the QuickJS that was found in memory; null where no JavaScript ran. */
  readonly engine: string | null;
  /** What was carried over from the compiled source; null where there is none or no JavaScript ran. */
  readonly carried: Omit<Carried, "unit"> | null;
  /** The engine's count; 0 without a meter. */
  readonly fuel: bigint;
  readonly stdout: OutputSummary;
  readonly stderr: OutputSummary;
  readonly stdin: { readonly bytes: number; readonly sha256: string };
  /** Whether anybody asked for stdin. */
  readonly readInput: boolean;
  /** What of time and random numbers was asked for: before any JavaScript ran, as engines do, and by the program. */
  readonly asked: Readonly<Record<"startup" | "program", readonly Unrepeatable[]>>;
  /** What was read of stdin, kept where the count is not exact: a repetition needs it. */
  readonly consumed: Uint8Array | null;
  /** What the platform measures; null where there is none. */
  readonly platform: PlatformFacts | null;
  readonly maxMemoryBytes: number;
  readonly collectorBytes: number;
  /** Milliseconds inside the guest, for the benchmark only. */
  readonly milliseconds: number;
  readonly memorySha256: string | null;
}

/** A Diagnostic that crosses the thread boundary. */
export interface FailedOutcome {
  readonly kind: "diagnostic";
  readonly error: DiagnosticFields;
}
