/**
 * Reads a serialized program (what QuickJS's JS_WriteObject makes, a Javy module's payload) into its functions.
 *
 *   version, checksum │ atoms │ module record │ function: flags, name, counts, variables, captured variables,
 *                                               constants (functions among them), code, file, lines, source
 *
 * Read from JS_ReadObjectAtoms, JS_ReadModule and JS_ReadFunctionTag of quickjs.c; what differs between engines
 * is in versions.ts. Everything is bounded by the input: a count never allocates before its items were read.
 */
import { ByteReader, decodeText } from "../base/bytes.ts";
import { type AtomTable, atomText, readAtoms } from "./atoms.ts";
import { atomOffsets } from "./disassemble.ts";
import type { BytecodeFunction, BytecodeUnit, ClosureVariable, FunctionKindQjs } from "./function.ts";
import { readModule } from "./modules.ts";
import { deepest, readTag, skipTagged } from "./values.ts";
import { type EngineVersion, engineVersion, type FlagTuple } from "./versions.ts";

export const functionKinds: readonly FunctionKindQjs[] = ["normal", "generator", "async", "async generator"];

/** Reads a whole program; `base` is where `bytes` stand in the file, for errors. */
export function readUnit(bytes: Uint8Array, base = 0): BytecodeUnit {
  const reader = new ByteReader(bytes, base);
  const engine = engineVersion(reader.u8());
  if (engine.format.checksum) checkSum(reader);
  const atoms = readAtoms(reader, engine);
  const unit = new UnitReader(reader, engine, atoms);
  const start = reader.at;
  let tag = readTag(reader, engine.table);
  const module = tag === "module" ? readModule(reader, atoms, engine.format) : null;
  if (module !== null) tag = readTag(reader, engine.table);
  if (tag !== "function_bytecode") reader.fail(`a ${tag} where a program belongs`, start);
  unit.readFunction(-1, 0);
  return { version: engine.version, module, functions: unit.functions };
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

/** Bit fields by name. */
export function readFlags(value: number, fields: readonly FlagTuple[]): Readonly<Record<string, number>> {
  const flags: Record<string, number> = {};
  let bit = 0;
  for (const [name, bits] of fields) {
    flags[name] = (value >> bit) & ((1 << bits) - 1);
    bit += bits;
  }
  return flags;
}

class UnitReader {
  readonly functions: BytecodeFunction[] = [];
  readonly #reader: ByteReader;
  readonly #engine: EngineVersion;
  readonly #atoms: AtomTable;

  constructor(reader: ByteReader, engine: EngineVersion, atoms: AtomTable) {
    this.#reader = reader;
    this.#engine = engine;
    this.#atoms = atoms;
  }

  /** Reads a function whose tag was read, and the functions inside it; returns its index. */
  readFunction(parent: number, depth: number): number {
    const reader = this.#reader;
    if (depth > deepest) reader.fail("functions are nested too deep");
    const { format } = this.#engine;
    const index = this.functions.length;
    // pre-order: the place is taken before the functions inside are read
    this.functions.push(placeholder);

    const flags = readFlags(reader.u16(), format.functionFlags);
    reader.u8(); // strict mode
    const name = this.#name();
    const counts: Record<string, number> = {};
    for (const count of format.functionCounts) counts[count] = reader.leb();
    const variables = this.#variables();
    const closure = this.#closure(counts["closure"] ?? 0);
    const constants = this.#constants(counts["constants"] ?? 0, index, depth);
    const codeStart = reader.base + reader.at;
    const code = reader.take(counts["code"] ?? 0);
    const atoms = this.#codeAtoms(code, codeStart);
    const debug = flags["hasDebug"] ? this.#debug() : noDebug;
    this.functions[index] = {
      index,
      parent,
      constants,
      name,
      kind: functionKinds[flags["kind"]!]!,
      code,
      codeStart,
      atoms,
      variables,
      argumentCount: counts["arguments"] ?? 0,
      closure,
      ...debug,
      isDerivedConstructor: flags["isDerivedConstructor"] === 1,
      hasPrototype: flags["hasPrototype"] === 1,
    };
    return index;
  }

  /** An atom that names something; symbols and brands name nothing here. */
  #name(): string {
    return atomText(this.#atoms.read(this.#reader)) ?? "";
  }

  #variables(): string[] {
    const reader = this.#reader;
    const count = reader.leb();
    const names: string[] = [];
    for (let i = 0; i < count; i++) {
      names.push(this.#name());
      reader.leb(); // scope
      reader.leb(); // next in scope
      if (readFlags(reader.u8(), this.#engine.format.variableFlags)["isCaptured"]) reader.leb();
    }
    return names;
  }

  #closure(count: number): ClosureVariable[] {
    const reader = this.#reader;
    const captured: ClosureVariable[] = [];
    for (let i = 0; i < count; i++) {
      const name = this.#name();
      const index = reader.leb();
      captured.push({
        name,
        index,
        type: readFlags(reader.leb(), this.#engine.format.closureFlags)["type"]!,
      });
    }
    return captured;
  }

  #constants(count: number, owner: number, depth: number): number[] {
    const reader = this.#reader;
    const context = { table: this.#engine.table, atoms: this.#atoms };
    const constants: number[] = [];
    for (let i = 0; i < count; i++) {
      const tag = readTag(reader, this.#engine.table);
      if (tag === "function_bytecode") constants.push(this.readFunction(owner, depth + 1));
      else {
        skipTagged(tag, reader, context, depth);
        constants.push(-1);
      }
    }
    return constants;
  }

  #codeAtoms(code: Uint8Array, start: number): Map<number, string | null> {
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    const atoms = new Map<number, string | null>();
    for (const offset of atomOffsets(code, this.#engine.opcodes, start)) {
      const number = view.getUint32(offset, true);
      const atom = this.#atoms.get(number);
      if (atom === null) this.#reader.fail(`no atom ${number}`, start + offset - this.#reader.base);
      atoms.set(offset, atomText(atom));
    }
    return atoms;
  }

  #debug(): DebugInfo {
    const reader = this.#reader;
    const file = this.#name();
    const line = reader.leb();
    const column = reader.leb();
    const lineTable = reader.take(reader.leb());
    const source = reader.take(reader.leb());
    return { file, line, column, lineTable, source: source.length === 0 ? null : decodeText(source) };
  }
}

type DebugInfo = Pick<BytecodeFunction, "file" | "line" | "column" | "lineTable" | "source">;

const noDebug: DebugInfo = { file: "", line: 0, column: 0, lineTable: new Uint8Array(0), source: null };

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
