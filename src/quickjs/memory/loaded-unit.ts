/**
 * Reads a function in the guest's memory with all functions inside it, as read-unit.ts reads a serialized
 * program: same order, same shape. And tells whether such a tree is a given program after loading.
 */
import { createHash } from "node:crypto";
import { isStackOverflow } from "../../base/stack-overflow.ts";
import { plainCode } from "../bytecode/caches.ts";
import { CodeAtoms } from "../bytecode/code-atoms.ts";
import { atomOffsets } from "../bytecode/disassemble.ts";
import {
  type BytecodeFunction,
  type BytecodeUnit,
  type ClosureVariable,
  noAtoms,
} from "../bytecode/function.ts";
import { placedLines } from "../bytecode/line-table.ts";
import { closureType, functionKinds } from "../bytecode/read-unit.ts";
import { deepest } from "../bytecode/values.ts";
import type { BitField } from "../engines/layouts/layout.ts";
import { type EngineVersion, engineById } from "../engines/versions.ts";
import { Glance, type GuestMemory } from "./checked-view.ts";
import { type FunctionFields, functionFields } from "./functions.ts";
import { contextAtoms, type GuestAtoms } from "./guest-atoms.ts";

export interface LoadedUnit {
  readonly unit: BytecodeUnit;
  /** The JSFunctionBytecode of each function, by index. */
  readonly addresses: readonly number[];
}

/** Reads the tree of functions below the JSFunctionBytecode at `root`; null when any part does not check out. */
export function readUnitAt(memory: GuestMemory, engine: EngineVersion, root: number): LoadedUnit | null {
  const atoms = atomsAt(memory, engine, root);
  if (atoms === null) return null;
  const functions: BytecodeFunction[] = [];
  const take = (made: BytecodeFunction) => {
    functions[made.index] = made;
    return true;
  };
  const tree = new Tree(memory, engine, atoms, { take, keeps: true });
  if (tree.read(root, -1, 0) < 0) return null;
  return { unit: { engine: engine.id, module: null, functions }, addresses: tree.addresses };
}

/**
 * Addresses of the functions at `root`, by index, where they are what loading the serialized `program` makes; null where
 * they are not. One function is held at a time: a program can have hundreds of thousands.
 */
export function addressesOf(
  memory: GuestMemory,
  engine: EngineVersion,
  root: number,
  program: BytecodeUnit,
): readonly number[] | null {
  const { functions } = program;
  const atoms = program.engine === engine.id ? atomsAt(memory, engine, root) : null;
  if (atoms === null) return null;
  const isSame = (made: BytecodeFunction): boolean =>
    made.index < functions.length && sameItems(functions[made.index]!.constants, made.constants);
  const mayBe = (made: BytecodeFunction): boolean =>
    made.index < functions.length && sameFunction(functions[made.index]!, made, engine);
  const tree = new Tree(memory, engine, atoms, { take: isSame, mayBe });
  return tree.read(root, -1, 0) === 0 && tree.addresses.length === functions.length ? tree.addresses : null;
}

/** Whether every part of the function at `root`, and of those inside it, checks out. */
export function checksOutAt(memory: GuestMemory, engine: EngineVersion, root: number): boolean {
  const atoms = atomsAt(memory, engine, root);
  return atoms !== null && new Tree(memory, engine, atoms, {}).read(root, -1, 0) === 0;
}

/** Whether the runtime of the function at `root` is laid out as the engine's: the quick part of all of the above. */
export function hasAtomsAt(memory: GuestMemory, engine: EngineVersion, root: number): boolean {
  return atomsAt(memory, engine, root) !== null;
}

function atomsAt(memory: GuestMemory, engine: EngineVersion, root: number): GuestAtoms | null {
  const realm = functionFields(memory, engine.memory, root)?.realm ?? 0;
  return contextAtoms(memory, engine, realm);
}

interface TreeOptions {
  /** Sees each function once those inside it were read; default: all is well. */
  readonly take?: (made: BytecodeFunction) => boolean;
  /** Sees it before, without its constants. Where either says no, reading ends. Default: as `take`. */
  readonly mayBe?: (made: BytecodeFunction) => boolean;
  /** The functions are kept past this look at the memory; default: they are views of it. */
  readonly keeps?: boolean;
}

class Tree {
  readonly addresses: number[] = [];
  readonly #seen = new Set<number>();
  readonly #glance: Glance;
  readonly #engine: EngineVersion;
  readonly #atoms: GuestAtoms;
  readonly #take: (made: BytecodeFunction) => boolean;
  readonly #mayBe: (made: BytecodeFunction) => boolean;
  readonly #keeps: boolean;

  constructor(
    memory: GuestMemory,
    engine: EngineVersion,
    atoms: GuestAtoms,
    { take = () => true, mayBe = () => true, keeps = false }: TreeOptions,
  ) {
    this.#glance = new Glance(memory);
    this.#engine = engine;
    this.#atoms = atoms;
    this.#take = take;
    this.#mayBe = mayBe;
    this.#keeps = keeps;
  }

  /** Reads the function at `address` and those inside it; its index, or -1 when something is wrong. */
  read(address: number, parent: number, depth: number): number {
    const fields = functionFields(this.#glance, this.#engine.memory, address);
    // a function stands in one constant pool only
    if (fields === null || depth > deepest || this.#seen.has(address)) return -1;
    this.#seen.add(address);
    const index = this.addresses.push(address) - 1;
    const own = this.#own(fields, index, parent);
    if (own === null || !this.#mayBe(own)) return -1;
    const constants: number[] = [];
    for (let i = 0; i < fields.constantCount; i++) {
      const value = fields.constants + i * this.#engine.memory.value.size;
      if (this.#glance.i32(value + 4) !== this.#engine.memory.value.tagFunction) constants.push(-1);
      else {
        const inner = this.read(this.#glance.u32(value), index, depth + 1);
        if (inner < 0) return -1;
        constants.push(inner);
      }
    }
    return this.#take({ ...own, constants }) ? index : -1;
  }

  /** Everything about a function but the functions inside it. */
  #own(fields: FunctionFields, index: number, parent: number): BytecodeFunction | null {
    const code = this.#bytes(fields.code, fields.codeLength);
    const name = this.#text(fields.name);
    const file = this.#text(fields.file);
    const atoms = this.#codeAtoms(code);
    const variables = this.#variables(fields);
    const closure = this.#closure(fields);
    if (name === null || file === null || atoms === null || variables === null || closure === null)
      return null;
    return {
      index,
      parent,
      constants: [],
      name,
      kind: functionKinds[fields.kind]!,
      code,
      codeStart: 0,
      atoms,
      variables,
      argumentCount: fields.argumentCount,
      closure,
      file,
      ...placedLines(
        {
          line: fields.line,
          column: fields.column,
          lineTable: this.#bytes(fields.lineTable, fields.lineTableLength),
          columnTable: this.#bytes(fields.columnTable, fields.columnTableLength),
        },
        this.#engine.lines,
      ),
      isDerivedConstructor: fields.isDerivedConstructor,
      hasPrototype: fields.hasPrototype,
    };
  }

  #bytes(at: number, size: number): Uint8Array {
    return this.#keeps ? this.#glance.copy(at, size) : this.#glance.bytes.subarray(at, at + size);
  }

  /** An atom as a name: "" for a symbol, null when there is no such atom. */
  #text(atom: number): string | null {
    const text = this.#atoms.text(atom);
    return text === undefined ? null : (text ?? "");
  }

  #codeAtoms(code: Uint8Array): ReadonlyMap<number, string | null> | null {
    let offsets: readonly number[];
    try {
      offsets = atomOffsets(code, this.#engine.opcodes);
    } catch (error) {
      // not the code is wrong, but the guest is deep in its recursion
      if (isStackOverflow(error)) throw error;
      return null;
    }
    if (offsets.length === 0) return noAtoms;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    for (const offset of offsets)
      if (this.#atoms.text(view.getUint32(offset, true)) === undefined) return null;
    const atoms = new CodeAtoms(code, offsets, this.#atoms);
    return this.#keeps ? new Map(atoms) : atoms;
  }

  #variables(fields: FunctionFields): string[] | null {
    const { variable } = this.#engine.memory;
    const count = fields.variables === 0 ? 0 : fields.argumentCount + fields.variableCount;
    const names: string[] = [];
    for (let i = 0; i < count; i++) {
      const name = this.#text(this.#glance.u32(fields.variables + i * variable.size + variable.name));
      if (name === null) return null;
      names.push(name);
    }
    return names;
  }

  #closure(fields: FunctionFields): ClosureVariable[] | null {
    const { closureVariable: at } = this.#engine.memory;
    const captured: ClosureVariable[] = [];
    for (let i = 0; i < fields.closureCount; i++) {
      const base = fields.closure + i * at.size;
      const name = this.#text(this.#glance.u32(base + at.name));
      if (name === null) return null;
      const bit = (field: BitField | null) => field !== null && this.#glance.field(base, field) === 1;
      captured.push({
        name,
        index: this.#glance.u16(base + at.index),
        type: at.type ? this.#glance.field(base, at.type) : closureType(bit(at.isLocal), bit(at.isArgument)),
      });
    }
    return captured;
  }
}

/** Whether `loaded`, read from memory, is what loading the serialized `program` makes. */
export function identify(program: BytecodeUnit, loaded: BytecodeUnit): boolean {
  const engine = engineById(program.engine);
  return (
    program.engine === loaded.engine &&
    program.functions.length === loaded.functions.length &&
    program.functions.every((fn, index) => {
      const made = loaded.functions[index]!;
      return sameFunction(fn, made, engine) && sameItems(fn.constants, made.constants);
    })
  );
}

/**
 * A hash that is the same for units that `identify` takes for one: of all functions' code without what memory may not
 * say, which is the operand of an atom and what an inline cache stands for.
 */
export function contentKey({ engine: id, functions }: BytecodeUnit): string {
  const engine = engineById(id);
  const hash = createHash("sha256");
  for (const { name, file, line, column, kind, code, atoms, parent } of functions) {
    const plain = Uint8Array.from(plainCode(code, engine));
    for (const offset of atomOffsets(plain, engine.opcodes)) plain.fill(0, offset, offset + 4);
    const names = engine.caches.size === 0 ? [...atoms.values()] : [];
    hash.update(JSON.stringify([name, file, line, column, kind, parent, code.length, names])).update(plain);
  }
  return hash.digest("base64");
}

/** But for the constants. Loading rewrites atom operands; all else stays as it was. */
function sameFunction(a: BytecodeFunction, b: BytecodeFunction, engine: EngineVersion): boolean {
  return (
    a.parent === b.parent &&
    a.name === b.name &&
    a.file === b.file &&
    a.line === b.line &&
    a.column === b.column &&
    a.kind === b.kind &&
    sameItems(a.lineTable, b.lineTable) &&
    sameItems(a.columnTable, b.columnTable) &&
    sameCode(a, b, engine)
  );
}

function sameItems(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Where an inline cache stands, memory no longer says which name an operand was. */
function sameCode(a: BytecodeFunction, b: BytecodeFunction, engine: EngineVersion): boolean {
  if (a.code.length !== b.code.length) return false;
  if (engine.caches.size === 0 && a.atoms instanceof CodeAtoms && b.atoms instanceof CodeAtoms)
    return a.atoms.isSame(b.atoms) && sameButAt(a.code, b.code, a.atoms.offsets);
  const left = plainCode(a.code, engine);
  const right = plainCode(b.code, engine);
  for (let i = 0; i < left.length; i++) {
    const atom = a.atoms.get(i);
    if (atom !== undefined) {
      if (b.atoms.get(i) !== atom && (b.atoms.has(i) || engine.caches.size === 0)) return false;
      i += 3;
    } else if (left[i] !== right[i]) return false;
  }
  return true;
}

/** Whether two codes of one length are the same but for the four bytes at each of the offsets. */
function sameButAt(a: Uint8Array, b: Uint8Array, offsets: readonly number[]): boolean {
  let next = 0;
  for (let i = 0; i < a.length; i++) {
    if (i === offsets[next]) {
      next += 1;
      i += 3;
    } else if (a[i] !== b[i]) return false;
  }
  return true;
}
