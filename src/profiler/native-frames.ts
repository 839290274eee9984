/**
 * Which native functions get frames of their own in a profile, and what these frames are called. Two kinds:
 *   all    every function of the engine (--frames engine), by its name where one is known
 *   named  what the names speak of: builtins, engine work by category (--by builtin). Frames of one name are one, and
 *          a function without a name belongs to the nearest frame around it. What the interpreter calls without a name
 *          is the work of the opcode at hand (enterWork).
 * Where one function is several builtins, its magic tells the frame.
 */
import type { Kept } from "../base/kept.ts";
import type { NativeName } from "../quickjs/natives/natives.ts";
import { otherWork } from "../quickjs/natives/opcode-work.ts";
import type { Module } from "../wasm/types.ts";

export interface NativeFrame {
  readonly name: string;
  readonly kind: "builtin" | "engine";
}

/** Frames that one function has, by its magic; numbers are indices of frames. */
export interface SharedNative {
  readonly otherwise: number;
  readonly byMagic: readonly (readonly [magic: number, id: number])[];
}

/** What is entered with a function: a frame, or one of several. */
export type Entered = { readonly frame: number } | { readonly shared: number; readonly parameter: number };

export interface NativeFrames {
  readonly frames: readonly NativeFrame[];
  readonly shared: readonly SharedNative[];
  /** By absolute function index. */
  readonly functions: ReadonlyMap<number, Entered>;
  /** Frames of engine work by name, for opcodes; none where every function has a frame. */
  readonly work: ReadonlyMap<string, number>;
  /** The same as `functions`, of each module that is linked to the program. */
  readonly linked: readonly ReadonlyMap<number, Entered>[];
}

/** Frames by name. `works`: the names of work that opcodes have. */
export function namedFrames(
  natives: ReadonlyMap<number, NativeName>,
  works: readonly string[],
): NativeFrames {
  const frames = new Frames();
  const engine = (name: string) => frames.one({ name, kind: "engine" });
  const work = new Map([otherWork, ...works].map((name) => [name, engine(name)]));
  for (const [index, native] of natives)
    if (native.name !== "interpreter") frames.enter(index, native, frames.one(native), true);
  return { ...frames.made(), work, linked: [] };
}

/** A module that is linked to the program, with the names of its name section. */
export interface LinkedFunctions {
  readonly namespace: string;
  readonly module: Module;
  readonly names: Kept<ReadonlyMap<number, string>>;
}

/** A frame for every function of a module. `names`: those of its name section; `linked`: modules besides. */
export function allFrames(
  module: Module,
  names: ReadonlyMap<number, string>,
  natives: ReadonlyMap<number, NativeName>,
  linked: readonly LinkedFunctions[],
): NativeFrames {
  const frames = new Frames();
  module.functions.forEach((_, index) => {
    const native = natives.get(index);
    const builtin = native?.kind === "builtin";
    const place = placeOf(module, index);
    const own = names.get(index) ?? (native ? `${native.name} ${place}` : place);
    const frame = frames.add({ name: builtin ? native.name : own, kind: builtin ? "builtin" : "engine" });
    frames.enter(index, native, frame, false);
  });
  const others = linked.map((one) => {
    const named = one.names.value;
    const entered = one.module.functions.map((_, index): [number, Entered] => {
      const name = `[${one.namespace}] ${named.get(index) ?? placeOf(one.module, index)}`;
      return [index, { frame: frames.add({ name, kind: "engine" }) }];
    });
    return new Map(entered);
  });
  return { ...frames.made(), work: new Map(), linked: others };
}

/** What a function without a name is called. */
function placeOf(module: Module, index: number): string {
  const start = module.bodies[index - module.importedFunctions]?.start ?? 0;
  return `fn#${index}@0x${start.toString(16)}`;
}

class Frames {
  readonly #frames: NativeFrame[] = [];
  readonly #byName = new Map<string, number>();
  readonly #shared: SharedNative[] = [];
  readonly #functions = new Map<number, Entered>();

  add({ name, kind }: NativeFrame): number {
    return this.#frames.push({ name, kind }) - 1;
  }

  /** The one frame of that name. */
  one(frame: NativeFrame): number {
    const key = `${frame.kind} ${frame.name}`;
    const index = this.#byName.get(key) ?? this.add(frame);
    this.#byName.set(key, index);
    return index;
  }

  enter(index: number, native: NativeName | undefined, frame: number, merge: boolean): void {
    if (!native?.magic) {
      this.#functions.set(index, { frame });
      return;
    }
    const { parameter, names } = native.magic;
    const byMagic = [...names].map(([magic, name]): [number, number] => {
      const one: NativeFrame = { name, kind: "builtin" };
      return [magic, merge ? this.one(one) : this.add(one)];
    });
    const shared = this.#shared.push({ otherwise: frame, byMagic }) - 1;
    this.#functions.set(index, { shared, parameter });
  }

  made(): Omit<NativeFrames, "work" | "linked"> {
    return { frames: this.#frames, shared: this.#shared, functions: this.#functions };
  }
}
