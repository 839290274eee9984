/**
 * Atoms of a running engine: the runtime's array of strings, by atom. Predefined atoms have the same numbers as
 * in a serialized program; all others are given out, and given back, as the program runs.
 */
import { type Atom, type AtomKind, atomText, characters, integerAtom } from "../bytecode/atoms.ts";
import type { AtomTexts } from "../bytecode/code-atoms.ts";
import type { EngineVersion } from "../engines/versions.ts";
import { Glance, type GuestMemory } from "./checked-view.ts";

/** The runtime of a context; null when `context` is no context of this engine. */
export function contextRuntime(memory: GuestMemory, engine: EngineVersion, context: number): number | null {
  return contextAtoms(memory, engine, context)?.runtime ?? null;
}

/** Looks atoms of a context's runtime up, as guestAtoms does; null when `context` is no context of this engine. */
export function contextAtoms(memory: GuestMemory, engine: EngineVersion, context: number): GuestAtoms | null {
  const { object, context: layout } = engine.memory;
  const glance = Glance.at(memory);
  if (!glance.holdsStructure(context, object.gcType.offset, layout.runtime + 4)) return null;
  if (glance.field(context, object.gcType) !== object.gcTypeContext) return null;
  return guestAtoms(glance, engine, glance.u32(context + layout.runtime));
}

/** Looks atoms up while the guest stands still; null when `runtime` is no runtime of this engine. */
export function guestAtoms(memory: GuestMemory, engine: EngineVersion, runtime: number): GuestAtoms | null {
  const { runtime: layout, firstAtom } = engine.memory;
  const glance = Glance.at(memory);
  if (!glance.holds(runtime, Math.max(layout.atoms, layout.atomCount) + 4)) return null;
  const array = glance.u32(runtime + layout.atoms);
  const count = glance.u32(runtime + layout.atomCount);
  if (count < firstAtom || !glance.holds(array, 4 * count)) return null;
  const atoms = new GuestAtoms(glance, engine, { runtime, array, count });
  // the first and the last predefined atom tell this engine's runtime from anything else
  const { atoms: texts } = engine.table;
  const known = atoms.get(1)?.text === texts[0] && atoms.get(firstAtom - 1)?.text === texts.at(-1);
  return known ? atoms : null;
}

export class GuestAtoms implements AtomTexts {
  /** Address of the JSRuntime. */
  readonly runtime: number;
  /** Texts that were asked for, by atom; undefined for what is none. */
  readonly #texts = new Map<number, string | null | undefined>();
  readonly #glance: Glance;
  readonly #engine: EngineVersion;
  readonly #array: number;
  readonly #count: number;

  constructor(
    glance: Glance,
    engine: EngineVersion,
    { runtime, array, count }: { runtime: number; array: number; count: number },
  ) {
    this.#glance = glance;
    this.#engine = engine;
    this.runtime = runtime;
    this.#array = array;
    this.#count = count;
  }

  /** The atom with this number, null when there is none. */
  get(atom: number): Atom | null {
    if (atom === 0) return { kind: "string", text: "" };
    const integer = integerAtom(atom);
    if (integer !== null) return integer;
    if (atom >= this.#count) return null;
    const pointer = this.#glance.u32(this.#array + 4 * atom);
    const { string } = this.#engine.memory;
    // a free entry has its lowest bit set: it does not hold as a pointer
    if (!this.#glance.holds(pointer, string.size)) return null;
    const text = this.#text(pointer, 1);
    return text === null ? null : { kind: this.#kind(atom, pointer), text };
  }

  text(atom: number): string | null | undefined {
    let text = this.#texts.get(atom);
    if (text === undefined && !this.#texts.has(atom)) {
      const found = this.get(atom);
      this.#texts.set(atom, (text = found === null ? undefined : atomText(found)));
    }
    return text;
  }

  /** The characters of the JSString at an address; null where there is none. */
  string(pointer: number): string | null {
    return this.#glance.holds(pointer, this.#engine.memory.string.size) ? this.#text(pointer, 1) : null;
  }

  #kind(atom: number, pointer: number): AtomKind {
    const { firstPrivateAtom, firstSymbolAtom } = this.#engine.table;
    if (this.#glance.field(pointer, this.#engine.memory.string.atomType) === 1) return "string";
    return atom >= firstPrivateAtom && atom < firstSymbolAtom ? "private" : "symbol";
  }

  /** The characters of a string; one may share those of another. */
  #text(pointer: number, sharing: number): string | null {
    const glance = this.#glance;
    const { string } = this.#engine.memory;
    const wide = glance.field(pointer, string.wide) === 1;
    const size = glance.field(pointer, string.length) * (wide ? 2 : 1);
    const after = pointer + string.size;
    let start = after;
    const kind = string.kind === null ? 0 : glance.field(pointer, string.kind);
    if (kind !== 0 && string.sliceStart !== null) {
      if (sharing === 0 || !glance.holds(after, string.sliceStart + 4)) return null;
      start = glance.u32(after);
      if (kind === 1) {
        if (!glance.holds(start, string.size)) return null;
        start += string.size + glance.u32(after + string.sliceStart);
      }
    }
    return glance.holds(start, size, 1) ? characters(glance.bytes.subarray(start, start + size), wide) : null;
  }
}
