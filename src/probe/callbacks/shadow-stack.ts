/**
 * A shadow stack: at which depth each activation is, and where those below it are. Each function holds its depth in a
 * local, so that an exception that it catches changes nothing; before it calls, it says its depth in the global `link`,
 * from which the callee takes its own, and the place of the call in a memory that is no memory of the module.
 *
 *   entry   depth = link + 1              call   memory[depth] = place, link = depth
 *   exit    link = depth - 1
 *
 * A trap or exception that leaves the module leaves `link` where it was: the host, which alone can know, puts it back.
 * The memory is that of a module of its own with one function, since Node 20 has no multi-memory.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import { emit } from "../../wasm/emit.ts";
import {
  appendToVector,
  body,
  encodeSections,
  entry,
  exportEntry,
  writeFuncType,
  writeLimits,
} from "../../wasm/encode.ts";
import { I32, SectionId } from "../../wasm/types.ts";
import type { CodeInPlace, Hook, Place } from "../action.ts";

/** Where its parts are in a plan: the global, and the hook that notes a place, where anyone asks for callers. */
export interface ShadowStack {
  readonly link: number;
  readonly note: number | null;
}

/** (depth, place). */
export const noteHook = (module: string): Hook => ({ module, name: "note", params: [I32, I32] });

export function pushDepth(w: ByteWriter, place: Place): void {
  emit(w, "local.get", place.frameLocal("depth", I32));
}

/** Before anything that may call the module: `number` is the place's. */
export function writeLink(w: ByteWriter, place: Place, { link, note }: ShadowStack, number: number): void {
  if (note !== null) {
    pushDepth(w, place);
    emit(w, "i32.const", number);
    emit(w, "call", place.indices.hook(note));
  }
  pushDepth(w, place);
  emit(w, "global.set", place.indices.global(link));
}

export const enter = ({ link }: ShadowStack): CodeInPlace => ({
  values: [],
  write: (w, place) => {
    emit(w, "global.get", place.indices.global(link));
    emit(w, "i32.const", 1);
    emit(w, "i32.add");
    emit(w, "local.set", place.frameLocal("depth", I32));
  },
});

export const leave = ({ link }: ShadowStack): CodeInPlace => ({
  values: [],
  write: (w, place) => {
    pushDepth(w, place);
    emit(w, "i32.const", 1);
    emit(w, "i32.sub");
    emit(w, "global.set", place.indices.global(link));
  },
});

export const call = (shadow: ShadowStack, number: number): CodeInPlace => ({
  values: [],
  write: (w, place) => writeLink(w, place, shadow, number),
});

/** The module with the memory: exports `memory`, where place numbers lie as i32 by depth, and `note`. */
export function shadowModule(): Uint8Array {
  const one = (item: Uint8Array) => appendToVector(undefined, [item]);
  const limits = { min: 1n, max: null, shared: false, is64: false };
  return encodeSections([
    {
      id: SectionId.type,
      payload: one(entry((w) => writeFuncType(w, { kind: "func", params: [I32, I32], results: [] }))),
    },
    { id: SectionId.function, payload: one(Uint8Array.of(0)) },
    { id: SectionId.memory, payload: one(entry((w) => writeLimits(w, limits))) },
    {
      id: SectionId.export,
      payload: appendToVector(undefined, [
        exportEntry({ name: "note", kind: "func", index: 0 }),
        exportEntry({ name: "memory", kind: "memory", index: 0 }),
      ]),
    },
    { id: SectionId.code, payload: one(body([], writeNote)) },
  ]);
}

/** memory[4 * depth] = place, with more memory where there is too little. */
function writeNote(w: ByteWriter): void {
  emit(w, "local.get", 0);
  emit(w, "i32.const", 2);
  emit(w, "i32.shl");
  emit(w, "local.tee", 0);
  emit(w, "memory.size", 0);
  emit(w, "i32.const", 16);
  emit(w, "i32.shl");
  emit(w, "i32.ge_u");
  emit(w, "if", null);
  emit(w, "i32.const", 16);
  emit(w, "memory.grow", 0);
  emit(w, "drop");
  emit(w, "end");
  emit(w, "local.get", 0);
  emit(w, "local.get", 1);
  emit(w, "i32.store", { align: 2 });
  emit(w, "end");
}
