/**
 * How a platform talks with a guest. WASI itself is the same everywhere (wasi.ts); a host stands between it and the
 * process's streams, and has its say before and after the part that is counted:
 *
 *   instantiate the plugin → prepare → [ counted: instantiate the app, call its export ] → finish
 *
 * Neither `prepare` nor `finish` is counted as fuel, whatever guest functions they call.
 */

/** Input and output, as the process has them or as WASI is to see them. */
export interface Streams {
  /** All of the input; asked for at most once by each that reads it, and only when it is needed. */
  stdin(): Uint8Array;
  /** Takes all of the bytes written to stdout (1) or stderr (2). */
  write(fd: 1 | 2, bytes: Uint8Array): void;
}

export interface Host {
  /** What WASI reads and writes. */
  readonly streams: Streams;
  /** After the plugin was instantiated. @throws Diagnostic where the input is not what the platform takes. */
  prepare(plugin: WebAssembly.Exports): void;
  /** After the counted part, however that ended; gives what the platform measures, null where it measures nothing. */
  finish(plugin: WebAssembly.Exports): PlatformFacts | null;
}

/** What a platform with limits looks at, besides fuel. */
export interface PlatformFacts {
  /** As the guest gets it: compact JSON or MessagePack. */
  readonly inputBytes: number;
  /** As the guest wrote it. */
  readonly outputBytes: number;
  readonly logBytes: number;
  /** Why the output is not what the platform takes; null where it is. */
  readonly outputError: string | null;
}

/** A WASI program between pipes. */
export function wasiHost(streams: Streams): Host {
  return { streams, prepare: () => {}, finish: () => null };
}
