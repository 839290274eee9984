/**
 * Reads a serialized program (what QuickJS's JS_WriteObject makes, a Javy module's payload) into its functions.
 *
 *   version, checksum │ atoms │ module record │ function: flags, name, counts, variables, captured variables,
 *                                               constants (functions among them), code, file, lines, source
 *
 * Read from JS_ReadObjectAtoms, JS_ReadModule and JS_ReadFunctionTag of quickjs.c; what differs between engines
 * is in versions.ts. Everything is bounded by the input: a count never allocates before its items were read.
 */
import { ByteReader } from "../../base/bytes.ts";
import { Diagnostic, unsupported } from "../../base/diagnostics.ts";
import {
  type DebugPart,
  type EngineVersion,
  enginesOfVersion,
  type FlagTuple,
  type SerializedFormat,
} from "../engines/versions.ts";
import { type AtomTable, readAtoms } from "./atoms.ts";
import { CodeAtoms } from "./code-atoms.ts";
import { atomOffsets } from "./disassemble.ts";
import {
  type BytecodeFunction,
  type BytecodeUnit,
  type ClosureVariable,
  type FunctionKindQjs,
  noAtoms,
} from "./function.ts";
import { placedLines } from "./line-table.ts";
import { readModule } from "./modules.ts";
import { deepest, readTag, skipTagged } from "./values.ts";

export const functionKinds: readonly FunctionKindQjs[] = ["normal", "generator", "async", "async generator"];

/**
 * Reads a whole program; `base` is where `bytes` stand in the file, for errors. Where the module does not tell the
 * engine, the first of those with this version byte that can read all of it.
 */
export function readUnit(bytes: Uint8Array, base = 0, known?: EngineVersion): BytecodeUnit {
  if (known !== undefined) {
    checkVersion(bytes, base, known);
    return readUnitOf(bytes, base, known);
  }
  const candidates = enginesOfVersion(new ByteReader(bytes, base).u8());
  for (const engine of candidates.slice(0, -1)) {
    try {
      return readUnitOf(bytes, base, engine);
    } catch (error) {
      if (!(error instanceof Diagnostic)) throw error;
    }
  }
  return readUnitOf(bytes, base, candidates.at(-1)!);
}

/**
 * Reads a whole program and keeps none of its functions: a program can have hundreds of thousands. `visit` sees each
 * after those inside it. @throws Diagnostic where it cannot be read.
 */
export function eachFunction(
  bytes: Uint8Array,
  engine: EngineVersion,
  visit: (fn: BytecodeFunction) => void,
): void {
  checkVersion(bytes, 0, engine);
  readUnitOf(bytes, 0, engine, (fn) => {
    visit(fn);
    return placeholder;
  });
}

function checkVersion(bytes: Uint8Array, base: number, engine: EngineVersion): void {
  if (enginesOfVersion(new ByteReader(bytes, base).u8()).some(({ id }) => id === engine.id)) return;
  throw unsupported(
    `the program has bytecode version ${bytes[0]}, its engine ${engine.engine} ${engine.version}`,
    "pass the plugin that it was compiled for with --plugin",
  );
}

function readUnitOf(
  bytes: Uint8Array,
  base: number,
  engine: EngineVersion,
  keep: (fn: BytecodeFunction) => BytecodeFunction = (fn) => fn,
): BytecodeUnit {
  const reader = new ByteReader(bytes, base);
  reader.u8(); // version
  if (engine.format.checksum) checkSum(reader);
  const atoms = readAtoms(reader, engine);
  const unit = new UnitReader(reader, engine, atoms, keep);
  const start = reader.at;
  let tag = readTag(reader, engine.table);
  const module = tag === "module" ? readModule(reader, atoms, engine.format) : null;
  if (module !== null) tag = readTag(reader, engine.table);
  if (tag !== "function_bytecode") reader.fail(`a ${tag} where a program belongs`, start);
  unit.readFunction(-1, 0);
  return { engine: engine.id, module, functions: unit.functions };
}

/** All ones is the engine's way to say that there is no checksum. */
function checkSum(reader: ByteReader): void {
  const start = reader.at;
  const declared = reader.u32();
  const found = sum(reader.bytes.subarray(reader.at));
  if (declared !== 0xffff_ffff && declared !== found)
    reader.fail(`checksum 0x${declared.toString(16)} does not match 0x${found.toString(16)}`, start);
}

/** The engine's checksum: a multiplicative hash by 32-bit words; the last one to four bytes count as one word. */
export function sum(bytes: Uint8Array): number {
  const factor = 0x9e37_0001;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hash = 0;
  let at = 0;
  for (; at + 4 < bytes.length; at += 4) hash = Math.imul((hash + view.getUint32(at, true)) | 0, factor);
  let rest = 0;
  // a last word of exactly four bytes is left out, as the engine does
  if (bytes.length - at < 4) for (let i = 0; at + i < bytes.length; i++) rest |= bytes[at + i]! << (8 * i);
  return Math.imul((hash + rest) | 0, factor) >>> 0;
}

/** Where a bit field is: 0 bits where the engine has none of that name. */
interface Bits {
  readonly shift: number;
  readonly mask: number;
}

function bitsOf(fields: readonly FlagTuple[], wanted: string): Bits {
  let shift = 0;
  for (const [name, bits] of fields) {
    if (name === wanted) return { shift, mask: (1 << bits) - 1 };
    shift += bits;
  }
  return { shift: 0, mask: 0 };
}

const field = (value: number, { shift, mask }: Bits): number => (value >> shift) & mask;

/** Which bits and counts of a function are what, looked up once a program. */
function fieldsOf({ functionFlags, functionCounts, variableFlags, closureFlags }: SerializedFormat) {
  const count = (name: string) => functionCounts.indexOf(name);
  return {
    hasDebug: bitsOf(functionFlags, "hasDebug"),
    kind: bitsOf(functionFlags, "kind"),
    isDerivedConstructor: bitsOf(functionFlags, "isDerivedConstructor"),
    hasPrototype: bitsOf(functionFlags, "hasPrototype"),
    ...{ arguments: count("arguments"), closure: count("closure") },
    ...{ constants: count("constants"), code: count("code") },
    isCaptured: bitsOf(variableFlags, "isCaptured"),
    type: closureFlags.some(([name]) => name === "type") ? bitsOf(closureFlags, "type") : null,
    isLocal: bitsOf(closureFlags, "isLocal"),
    isArgument: bitsOf(closureFlags, "isArgument"),
  };
}

class UnitReader {
  readonly functions: BytecodeFunction[] = [];
  readonly #reader: ByteReader;
  readonly #engine: EngineVersion;
  readonly #atoms: AtomTable;
  readonly #keep: (fn: BytecodeFunction) => BytecodeFunction;
  readonly #fields: ReturnType<typeof fieldsOf>;

  /** `keep`: what to keep of a function. */
  constructor(
    reader: ByteReader,
    engine: EngineVersion,
    atoms: AtomTable,
    keep: (fn: BytecodeFunction) => BytecodeFunction,
  ) {
    this.#reader = reader;
    this.#engine = engine;
    this.#atoms = atoms;
    this.#keep = keep;
    this.#fields = fieldsOf(engine.format);
  }

  /** Reads a function whose tag was read, and the functions inside it; returns its index. */
  readFunction(parent: number, depth: number): number {
    const reader = this.#reader;
    if (depth > deepest) reader.fail("functions are nested too deep");
    const { format } = this.#engine;
    const fields = this.#fields;
    const index = this.functions.length;
    // pre-order: the place is taken before the functions inside are read
    this.functions.push(placeholder);

    const flags = reader.u16();
    reader.u8(); // strict mode
    const name = this.#atoms.readName(reader);
    const counts = format.functionCounts.map(() => reader.leb());
    const variables = this.#variables();
    const closure = this.#closure(counts[fields.closure]!);
    const readConstants = () => this.#constants(counts[fields.constants]!, index, depth);
    const before = format.constants === "before code" ? readConstants() : null;
    const codeStart = reader.base + reader.at;
    const code = reader.take(counts[fields.code]!);
    const atoms = this.#codeAtoms(code, codeStart);
    const debug = field(flags, fields.hasDebug) === 1 ? this.#debug() : noDebug;
    const { constants, literals } = before ?? readConstants();
    this.functions[index] = this.#keep({
      index,
      parent,
      constants,
      literals,
      name,
      kind: functionKinds[field(flags, fields.kind)]!,
      code,
      codeStart,
      atoms,
      variables,
      argumentCount: counts[fields.arguments]!,
      closure,
      ...debug,
      isDerivedConstructor: field(flags, fields.isDerivedConstructor) === 1,
      hasPrototype: field(flags, fields.hasPrototype) === 1,
    });
    return index;
  }

  #variables(): string[] {
    const reader = this.#reader;
    const { variableReferences } = this.#engine.format;
    const count = reader.leb();
    const names: string[] = [];
    for (let i = 0; i < count; i++) {
      names.push(this.#atoms.readName(reader));
      reader.leb(); // scope
      reader.leb(); // next in scope
      const flags = reader.u8();
      if (variableReferences && field(flags, this.#fields.isCaptured) === 1) reader.leb();
    }
    return names;
  }

  #closure(count: number): ClosureVariable[] {
    const reader = this.#reader;
    const { type, isLocal, isArgument } = this.#fields;
    const captured: ClosureVariable[] = [];
    for (let i = 0; i < count; i++) {
      const name = this.#atoms.readName(reader);
      const index = reader.leb();
      const flags = reader.leb();
      const found =
        type === null
          ? closureType(field(flags, isLocal) === 1, field(flags, isArgument) === 1)
          : field(flags, type);
      captured.push({ name, index, type: found });
    }
    return captured;
  }

  #constants(count: number, owner: number, depth: number) {
    const reader = this.#reader;
    const context = { engine: this.#engine, atoms: this.#atoms };
    const constants: number[] = [];
    const literals: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const start = reader.at;
      const tag = readTag(reader, this.#engine.table);
      if (tag === "function_bytecode") constants.push(this.readFunction(owner, depth + 1));
      else {
        skipTagged(tag, reader, context, depth);
        constants.push(-1);
        literals.push(reader.bytes.subarray(start, reader.at));
      }
    }
    return { constants, literals };
  }

  #codeAtoms(code: Uint8Array, start: number): BytecodeFunction["atoms"] {
    const offsets = atomOffsets(code, this.#engine.opcodes, start);
    if (offsets.length === 0) return noAtoms;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    for (const offset of offsets) {
      const atom = view.getUint32(offset, true);
      if (this.#atoms.text(atom) === undefined)
        this.#reader.fail(`no atom ${atom}`, start + offset - this.#reader.base);
    }
    return new CodeAtoms(code, offsets, this.#atoms);
  }

  #debug(): DebugInfo {
    const debug = { ...noDebug };
    for (const part of this.#engine.format.debug) this.#debugPart(part, debug);
    return this.#engine.lines.beginsWithPosition
      ? { ...debug, ...placedLines(debug, this.#engine.lines) }
      : debug;
  }

  #debugPart(part: DebugPart, debug: DebugInfo): void {
    const reader = this.#reader;
    switch (part) {
      case "file":
        debug.file = this.#atoms.readName(reader);
        break;
      case "line":
      case "column":
        debug[part] = reader.leb();
        break;
      case "lineTable":
      case "columnTable":
      case "positions":
        debug[part] = reader.take(reader.leb());
        break;
      case "source":
        reader.take(reader.leb());
    }
  }
}

/** A captured variable's type, as newer engines number it, from the two bits of older ones. */
export function closureType(isLocal: boolean, isArgument: boolean): number {
  if (!isLocal) return 2;
  return isArgument ? 1 : 0;
}

interface DebugInfo {
  file: string;
  line: number;
  column: number;
  lineTable: Uint8Array;
  columnTable: Uint8Array;
  positions?: Uint8Array;
}

const nothing = new Uint8Array(0);
const noDebug: DebugInfo = {
  ...{ file: "", line: 0, column: 0 },
  ...{ lineTable: nothing, columnTable: nothing },
};

const placeholder: BytecodeFunction = {
  index: 0,
  parent: -1,
  constants: [],
  name: "",
  kind: "normal",
  code: new Uint8Array(0),
  codeStart: 0,
  atoms: new Map(),
  variables: [],
  argumentCount: 0,
  closure: [],
  ...noDebug,
  isDerivedConstructor: false,
  hasPrototype: false,
};
