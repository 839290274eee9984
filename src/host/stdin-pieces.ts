/**
 * How a host cuts stdin into reads: a read ends where a piece ends, so a guest that reads in a loop costs what its host makes
 * it. Bytes in memory (function-runner, and whoever embeds an engine with an input at hand) are one piece. wasmtime reads
 * a file and a pipe that it was given piece by piece. Found with its wheels 20 to 50, by reading 300,000 bytes in buffers
 * of 1,000 to 200,000; a pipe gives less where its writer is slower than its reader.
 */
export const stdinKinds = ["memory", "file", "pipe"] as const;
export type StdinKind = (typeof stdinKinds)[number];

/** Bytes of a piece, from a version of wasmtime on; newest first. */
const pieces: Readonly<Record<Exclude<StdinKind, "memory">, readonly (readonly [number, number])[]>> = {
  file: [
    [42, 65_536],
    [0, 4_096],
  ],
  pipe: [
    [45, 65_536],
    [0, 1_024],
  ],
};

/** Bytes of a piece under a fuel model; null where all is one. A model that is no wasmtime's counts as the newest. */
export function stdinPiece(kind: StdinKind, model: string): number | null {
  if (kind === "memory") return null;
  const version = Number(/^wasmtime-(\d+)$/.exec(model)?.[1] ?? Number.POSITIVE_INFINITY);
  return pieces[kind].find(([since]) => version >= since)![1];
}
