/**
 * What memory 0 holds before anything runs: the active data segments at constant addresses, zeros elsewhere.
 * A module that was pre-initialised (wizer) has its whole heap there, in thousands of small segments. It is put
 * together once for all who ask for it one after the other, none of whom may write to it.
 */
import type { DataSegment, Module } from "../types.ts";

const page = 65536;
/** More than this is no snapshot of a JavaScript engine; what lies beyond is left out. */
const most = 1 << 28;

interface Image {
  /** As far as the last segment reaches, and with the zeros behind it that the memory has at first. */
  readonly contents: Uint8Array;
  readonly whole: Uint8Array;
}

/** Held weakly: a module lives longer than anybody looks into its memory. */
const images = new WeakMap<Module, WeakRef<Image>>();

/** The initial contents, as far as the last segment reaches. */
export function initialMemory(module: Module): Uint8Array {
  return imageOf(module).contents;
}

/** The same with the zeros behind the last segment, which structures may end in. */
export function wholeInitialMemory(module: Module): Uint8Array {
  return imageOf(module).whole;
}

function imageOf(module: Module): Image {
  const kept = images.get(module)?.deref();
  if (kept) return kept;
  const image = imageFrom(module);
  images.set(module, new WeakRef(image));
  return image;
}

/** Shorter segments are copied byte by byte: there are thousands, and a view of each would cost more. */
const short = 64;

function imageFrom(module: Module): Image {
  const { bytes, data, memories } = module;
  const room = roomOf(module);
  const starts = data.map((segment) => startIn(room, segment));
  let length = 0;
  for (let i = 0; i < data.length; i++) {
    const { start, end } = data[i]!.bytes;
    if (starts[i]! >= 0) length = Math.max(length, starts[i]! + end - start);
  }
  const declared = Number(memories[0]?.min ?? 0n) * page;
  const whole = new Uint8Array(declared > most ? length : Math.max(length, declared));
  for (let i = 0; i < data.length; i++) {
    const { start, end } = data[i]!.bytes;
    let to = starts[i]!;
    if (to < 0) continue;
    if (end - start > short) whole.set(bytes.subarray(start, end), to);
    else for (let from = start; from < end; from++) whole[to++] = bytes[from]!;
  }
  return { contents: whole.subarray(0, length), whole };
}

/** Where a segment gets to; -1 where it is not put there, or where is not known. */
function startIn(room: number, { mode, address, bytes }: DataSegment): number {
  if (mode !== "active" || address === null) return -1;
  const start = Number(BigInt.asUintN(32, address));
  return start + bytes.end - bytes.start <= room ? start : -1;
}

/** What lies beyond the module's own memory never gets there; an imported one may be larger than asked for. */
function roomOf({ memories, imports }: Module): number {
  const imported = imports.some(({ description }) => description.kind === "memory");
  return imported || !memories[0] ? most : Math.min(most, Number(memories[0].min) * page);
}
