/**
 * The natives that a pre-initialised engine already has: a walk from the global object of each context in the
 * initial memory, property by property, to every function object of C. It gives exact names (`Array.prototype.map`,
 * `JSON.parse`, `console.log`), for the embedder's own functions too. Properties that are made at first use
 * (autoinit) still point to their JSCFunctionListEntry.
 *
 * Nothing that is read is trusted; a structure that does not hold is passed over.
 */
import type { Atom } from "../bytecode/atoms.ts";
import type { EngineVersion } from "../engines/versions.ts";
import { Glance } from "../memory/checked-view.ts";
import { functionFields, functionOfObject } from "../memory/functions.ts";
import { contextAtoms, type GuestAtoms } from "../memory/guest-atoms.ts";
import { isObject, type OwnProperty, objectAt, ownProperties, prototypeOf } from "../memory/properties.ts";
import { entrySize, type ListReader, type NativeFunction } from "./function-lists.ts";
import { intrinsicName, joinedName, memberName, type NamedNative } from "./native-names.ts";

export interface Heap {
  readonly natives: readonly NamedNative[];
  /** JavaScript functions, by the address of their bytecode, as a global name leads to them. */
  readonly scripts: readonly (readonly [address: number, name: string])[];
  /** Functions that the runtime allocates with. */
  readonly allocators: readonly number[];
}

/** The contexts of `engine` in an initial memory, walked; null where there is none. */
export function walkHeap(lists: ListReader, engine: EngineVersion): Heap | null {
  const glance = new Glance({ bytes: lists.memory });
  const { object, heap } = engine.memory;
  const last = lists.memory.length - heap.global - 8;
  const next = (from: number) => glance.search(object.gcType, object.gcTypeContext, from, last, 8);
  for (let at = next(8); at >= 0; at = next(at + 8)) {
    const atoms = contextAtoms(glance, engine, at);
    if (atoms) return new Walk(lists, engine, atoms).from(at);
  }
  return null;
}

class Walk {
  readonly #lists: ListReader;
  readonly #glance: Glance;
  readonly #engine: EngineVersion;
  readonly #atoms: GuestAtoms;
  readonly #named = new Map<number, Atom | null>();
  readonly #seen = new Set<number>();
  readonly #queue: { readonly name: string; readonly address: number }[] = [];
  readonly #natives: NamedNative[] = [];
  readonly #scripts = new Map<number, string>();
  readonly #prototypes = new Map<string, number>();
  /** Natives that only functions of the embedder's own JavaScript hold (`Javy.IO.readSync` is one), with their names. */
  readonly #captured = new Map<number, string[]>();

  constructor(lists: ListReader, engine: EngineVersion, atoms: GuestAtoms) {
    this.#lists = lists;
    this.#glance = new Glance({ bytes: lists.memory });
    this.#engine = engine;
    this.#atoms = atoms;
  }

  /** Breadth first, so that the shortest name of a function is found first. */
  from(context: number): Heap {
    const { memory } = this.#engine;
    const glance = this.#glance;
    this.#value("", context + memory.heap.global);
    this.#run();
    // the constructor that typed arrays inherit from has no global name
    const typedArray = this.#prototypes.get("Int8Array");
    if (typedArray !== undefined) this.#meet("%TypedArray%", typedArray);
    this.#run();
    // what no global name leads to: the prototypes of iterators, generators and the like
    const prototypes = glance.u32(context + memory.heap.classPrototypes);
    const count = glance.u32(this.#atoms.runtime + memory.heap.classCount);
    if (count < 1000 && glance.holds(prototypes, count * memory.value.size)) {
      for (let id = 1; id < count; id++) {
        const at = prototypes + id * memory.value.size;
        const address = this.#object(at);
        if (address === null || this.#seen.has(address)) continue;
        const name = intrinsicName(this.#className(id));
        if (name !== null) this.#value(name, at);
        this.#run();
      }
    }
    for (const [address, names] of this.#captured)
      this.#embedded(joinedName(names), address, glance.u16(address + memory.heap.classId));
    const allocators = this.#lists.functions(
      this.#atoms.runtime + memory.heap.allocators,
      memory.heap.allocatorCount,
    );
    return { natives: this.#natives, scripts: [...this.#scripts], allocators };
  }

  #className(id: number): string {
    const { heap } = this.#engine.memory;
    const classes = this.#glance.u32(this.#atoms.runtime + heap.classes);
    if (!this.#glance.holds(classes, (id + 1) * heap.classSize)) return "";
    const atom = this.#glance.u32(classes + id * heap.classSize + heap.className);
    return this.#atoms.get(atom)?.text ?? "";
  }

  #run(): void {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift())
      this.#visit(next.name, next.address);
  }

  /** Many objects have properties of the same name. */
  #atom(number: number): Atom | null {
    let atom = this.#named.get(number);
    if (atom === undefined) {
      atom = this.#atoms.get(number);
      this.#named.set(number, atom);
    }
    return atom;
  }

  #object(at: number): number | null {
    return objectAt(this.#glance, this.#engine.memory, at);
  }

  #value(name: string, at: number): void {
    const address = this.#object(at);
    if (address !== null) this.#meet(name, address);
  }

  #meet(name: string, address: number): void {
    if (this.#seen.has(address)) return;
    this.#seen.add(address);
    this.#queue.push({ name, address });
  }

  #visit(name: string, address: number): void {
    const glance = this.#glance;
    const { heap } = this.#engine.memory;
    const classId = glance.u16(address + heap.classId);
    if (classId === heap.classCFunction) {
      const convention = this.#lists.memory[address + heap.cFunctionKind]!;
      const magic = (glance.u16(address + heap.cFunctionMagic) << 16) >> 16;
      this.#native(name, this.#lists.native(glance.u32(address + heap.cFunction), convention, magic));
    }
    this.#embedded(name, address, classId);
    this.#captures(name, address);
    const prototype = prototypeOf(glance, this.#engine.memory, address);
    if (prototype !== null) this.#prototypes.set(name, prototype);
    for (const property of ownProperties(glance, this.#engine.memory, address)) {
      const atom = this.#atom(property.atom);
      if (!atom || atom.text === "" || atom.kind === "private") continue;
      this.#property(pathOf(name, atom), property);
    }
  }

  /** A function object of the embedder's: C code with data of its own, or a closure of Rust's. */
  #embedded(name: string, address: number, classId: number): void {
    const { heap } = this.#engine.memory;
    const pointer = this.#glance.u32(address + heap.opaque);
    if (classId === heap.classCFunctionData) {
      // JSCFunctionDataRecord begins with the function
      if (this.#glance.holds(pointer, 8)) this.#native(name, this.#lists.data(this.#glance.u32(pointer)));
    } else if (classId >= heap.classOfEmbedder) {
      this.#native(name, this.#lists.closure(pointer));
    }
  }

  /** Follows what a JavaScript function captured. */
  #captures(name: string, address: number): void {
    const glance = this.#glance;
    const memory = { bytes: glance.bytes };
    const { heap } = this.#engine.memory;
    const bytecode = functionOfObject(memory, this.#engine.memory, address);
    if (bytecode !== null && name !== "" && !this.#scripts.has(bytecode)) this.#scripts.set(bytecode, name);
    const count = bytecode === null ? 0 : functionFields(memory, this.#engine.memory, bytecode)!.closureCount;
    const references = glance.u32(address + heap.captured);
    if (count === 0 || !glance.holds(references, 4 * count)) return;
    for (let i = 0; i < count; i++) {
      const reference = glance.u32(references + 4 * i);
      if (!glance.holds(reference, heap.capturedValue + 4)) continue;
      const value = this.#object(glance.u32(reference + heap.capturedValue));
      const classId = value === null ? 0 : glance.u16(value + heap.classId);
      if (value === null || (classId !== heap.classCFunctionData && classId < heap.classOfEmbedder)) continue;
      this.#captured.set(value, [...(this.#captured.get(value) ?? []), name]);
    }
  }

  #property(path: string, { at, holds }: OwnProperty): void {
    const glance = this.#glance;
    const { heap } = this.#engine.memory;
    if (holds === "value") this.#value(path, at);
    else if (holds === "accessor") {
      for (const [word, offset] of [
        ["get", heap.getter],
        ["set", heap.setter],
      ] as const) {
        const pointer = glance.u32(at + offset);
        if (isObject(glance, this.#engine.memory, pointer)) this.#meet(`${word} ${path}`, pointer);
      }
    } else if (holds === "autoinit") {
      if ((glance.u32(at + heap.autoinit) & 3) === heap.autoinitList)
        this.#entry(path, glance.u32(at + heap.autoinitFrom), 0);
    }
  }

  #entry(path: string, at: number, depth: number): void {
    const entry = this.#lists.entry(at);
    if (entry?.kind === "function") this.#native(path, entry.native);
    else if (entry?.kind === "accessor") {
      this.#native(`get ${path}`, entry.getter);
      this.#native(`set ${path}`, entry.setter);
    } else if (entry?.kind === "object" && depth < 4) {
      for (let i = 0; i < entry.length; i++) {
        const address = entry.list + i * entrySize;
        const inner = this.#lists.entry(address);
        if (inner) this.#entry(memberName(path, inner.name), address, depth + 1);
      }
    }
  }

  #native(name: string, native: NativeFunction | null): void {
    if (native) this.#natives.push({ ...native, name });
  }
}

/** What hangs from an object; the prototype of generators has a name of its own. */
function pathOf(name: string, { kind, text }: Atom): string {
  const generators = /^%((?:Async)?Generator)FunctionPrototype%$/.exec(name);
  if (generators && text === "prototype") return `%${generators[1]}Prototype%`;
  return memberName(name, kind === "symbol" ? `[${text}]` : text);
}
