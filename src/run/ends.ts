/** How guests end: what is thrown through them, and what an error out of one means. */
import { Diagnostic, unsupported } from "../base/diagnostics.ts";
import { isStackOverflow } from "../base/stack-overflow.ts";
import { MissingImport } from "../host/missing-imports.ts";
import type { OutputLost } from "../host/streams.ts";
import { GuestExit, GuestFault } from "../host/wasi.ts";
import type { RunEnd } from "./job.ts";

/** Thrown through the guest to stop it. */
export class Stop extends Error {
  readonly reason: "fuel" | "timeout" | "interrupted";
  readonly lost: OutputLost | null;

  /** `lost`: the output that nobody takes, where that is why. */
  constructor(reason: "fuel" | "timeout" | "interrupted", lost: OutputLost | null = null) {
    super(reason);
    this.reason = reason;
    this.lost = lost;
  }
}

/** A host that the user made threw from its counted part. */
export class HostThrew extends Error {}

/** Whether an error is the guest's own end, and not one of the code around it. */
export function isEnd(error: unknown): boolean {
  const ends = [GuestExit, GuestFault, MissingImport, Stop, Diagnostic, RangeError];
  const wasm = [WebAssembly.RuntimeError, WebAssembly.Exception];
  return [...ends, ...wasm].some((kind) => error instanceof kind);
}

export function endOf(error: unknown, thrown: boolean): RunEnd {
  if (error instanceof HostThrew) return { kind: "throw" };
  if (error instanceof GuestExit)
    return error.code === 0 ? { kind: "ok" } : { kind: "exit", code: error.code };
  // as an engine ends it whose unknown imports trap
  if (error instanceof MissingImport) return { kind: "trap", message: error.message, exact: true };
  if (error instanceof Stop) return { kind: error.reason, ...(error.lost ? { lost: error.lost } : {}) };
  if (error instanceof WebAssembly.RuntimeError) {
    const exact = error.message === "unreachable";
    const message = withoutApi(error.message);
    return thrown && exact ? { kind: "throw" } : { kind: "trap", message, exact };
  }
  // of WebAssembly's own; the engine's count is right where it was thrown
  if (error instanceof WebAssembly.Exception)
    return { kind: "trap", message: "an exception that nothing caught", exact: true };
  if (isStackOverflow(error)) return { kind: "trap", message: "call stack exhausted", exact: false };
  if (error instanceof GuestFault) return { kind: "trap", message: error.message, exact: false };
  // V8's words for a memory that does not fit: WebAssembly.Instance(): Out of memory: …
  if (error instanceof RangeError && /Out of memory/.test(error.message))
    throw unsupported("the module's memory does not fit", withoutApi(error.message));
  if (error instanceof WebAssembly.LinkError)
    throw unsupported(
      "the module does not fit what it imports",
      withoutApi(error.message),
      "it is damaged, or goes with another plugin",
    );
  throw error;
}

/** What to say of an error that ended code of ours inside of WebAssembly. @throws the error where it is no end of code. */
export function trapMessage(error: unknown): string {
  const end = endOf(error, false);
  return end.kind === "trap" ? end.message : end.kind;
}

/** What V8 says, without the function of its interface that said it. */
export function withoutApi(message: string): string {
  return message.replace(/^WebAssembly\.\w+\(\): /, "");
}
