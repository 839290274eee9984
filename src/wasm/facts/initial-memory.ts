/**
 * What memory 0 holds before anything runs: the active data segments at constant addresses, zeros elsewhere.
 * A module that was pre-initialised (wizer) has its whole heap there, in thousands of small segments.
 */
import type { Module } from "../types.ts";

/** More than this is no snapshot of a JavaScript engine; what lies beyond is left out. */
const most = 1 << 28;

/** The initial contents, as far as the last segment reaches. */
export function initialMemory(module: Module): Uint8Array {
  const room = declaredSize(module);
  const segments = module.data.flatMap(({ mode, address, bytes }) => {
    const start = address === null ? -1 : Number(BigInt.asUintN(32, address));
    const end = start + bytes.end - bytes.start;
    return mode === "active" && start >= 0 && end <= room ? [{ start, end, bytes }] : [];
  });
  const memory = new Uint8Array(segments.reduce((size, { end }) => Math.max(size, end), 0));
  for (const { start, bytes } of segments) memory.set(module.bytes.subarray(bytes.start, bytes.end), start);
  return memory;
}

/** What lies beyond the module's own memory never gets there; an imported one may be larger than asked for. */
function declaredSize({ memories, imports }: Module): number {
  const imported = imports.some(({ description }) => description.kind === "memory");
  return imported || !memories[0] ? most : Math.min(most, Number(memories[0].min) * 65536);
}
