/**
 * A whole module as additions to a plan: its functions, memories, tables, globals and segments stand behind what the
 * plan adds already, and its code is written with the numbers that they have then. What it imports must be among what
 * the plan adds. Modules with exception tags, types of garbage collection or passive element segments are refused.
 */
import { ByteReader, type ByteWriter } from "../base/bytes.ts";
import { unsupported } from "../base/diagnostics.ts";
import { blockSignature, valTypeAt } from "../wasm/block-type.ts";
import { valType } from "../wasm/decode.ts";
import { emit } from "../wasm/emit.ts";
import { initialTable } from "../wasm/facts/initial-table.ts";
import { initialisers } from "../wasm/facts/initialisers.ts";
import { lebAt, lebEnd, readMemarg, readOpcode, signedAt } from "../wasm/instructions.ts";
import { localDeclarations } from "../wasm/locals.ts";
import { Imm, type IndexSpace, opcodes } from "../wasm/opcodes.ts";
import { sectionReader } from "../wasm/sections.ts";
import {
  type ExternKind,
  type FuncType,
  funcTypeAt,
  type Import,
  type Module,
  type Range,
  SectionId,
  type ValType,
} from "../wasm/types.ts";
import { CodeWalk } from "../wasm/walk.ts";
import type { Indices } from "./action.ts";
import type {
  AddedData,
  AddedElements,
  AddedFunction,
  AddedGlobal,
  AddedMemory,
  AddedTable,
} from "./additions.ts";

/** Lists of a plan's additions that modules are merged into; they are appended to. */
export interface Lists {
  readonly functions: AddedFunction[];
  readonly globals: AddedGlobal[];
  readonly memories: AddedMemory[];
  readonly tables: AddedTable[];
  readonly data: AddedData[];
  readonly elements: AddedElements[];
}

/** Where a merged module's parts are: numbers in the plan's lists. */
export interface Merged {
  /** By name; undefined where there is no such export of that kind. */
  readonly exported: (kind: ExternKind, name: string) => number | undefined;
  /** Its start function. */
  readonly start: number | null;
}

/** Number in the plan's lists of what an import is, of the import's kind. */
export type Resolve = (from: Import) => number | undefined;

type Numbers = Readonly<Record<ExternKind, readonly number[]>>;

/** Appends `module` to `lists`. `name`: for messages. @throws Diagnostic (unsupported). */
export function merge(name: string, module: Module, lists: Lists, resolve: Resolve): Merged {
  if (module.tags.length > 0) throw refusal(name, "it has exception tags");
  const imports: Record<ExternKind, number[]> = { func: [], table: [], memory: [], global: [], tag: [] };
  for (const one of module.imports) {
    const number = resolve(one);
    if (number === undefined) throw refusal(name, `it imports ${one.module}.${one.name}, which there is not`);
    imports[one.description.kind].push(number);
  }
  const behind = (kind: ExternKind, count: number, list: readonly unknown[]) => [
    ...imports[kind],
    ...Array.from({ length: count - imports[kind].length }, (_, n) => list.length + n),
  ];
  const numbers: Numbers = {
    func: behind("func", module.functions.length, lists.functions),
    table: behind("table", module.tables.length, lists.tables),
    memory: behind("memory", module.memories.length, lists.memories),
    global: behind("global", module.globals.length, lists.globals),
    tag: [],
  };
  const source: Source = { name, module, numbers, firstData: lists.data.length };
  module.bodies.forEach((body, n) => {
    lists.functions.push(functionOf(source, module.importedFunctions + n, body));
  });
  lists.globals.push(...globalsOf(source));
  for (const limits of module.memories.slice(imports.memory.length)) lists.memories.push({ limits });
  lists.tables.push(...module.tables.slice(imports.table.length));
  lists.data.push(...dataOf(source));
  lists.elements.push(...elementsOf(source));
  return {
    exported: (kind, exported) => {
      const found = module.exports.find((one) => one.kind === kind && one.name === exported);
      return found && numbers[kind][found.index];
    },
    start: module.start === null ? null : numbers.func[module.start]!,
  };
}

/** A module that is being merged. */
interface Source {
  readonly name: string;
  readonly module: Module;
  /** Number in the plan's lists, by the index in the module. */
  readonly numbers: Numbers;
  readonly firstData: number;
}

const refusal = (name: string, why: string) => unsupported(`${name} cannot become part of a module: ${why}`);

function functionOf(source: Source, index: number, body: Range): AddedFunction {
  const { bytes, functions } = source.module;
  const { params, results } = typeOf(source, functions[index]!);
  const declared = localDeclarations(bytes, body);
  const locals: ValType[] = [];
  for (let at = declared.bytes.start; at < declared.bytes.end; ) {
    const type = lebEnd(bytes, at);
    for (let count = lebAt(bytes, at); count > 0; count--) locals.push(valTypeAt(bytes, type));
    at = type + 1;
  }
  const code = { start: declared.bytes.end, end: body.end - 1 };
  return { params, results, locals, write: (w, indices) => copyCode(source, code, w, indices) };
}

function typeOf({ name, module }: Source, index: number): FuncType {
  const type = funcTypeAt(module, index);
  const isPlain = (value: ValType) => value < 0x80 && value > 0x64;
  if (!type || ![...type.params, ...type.results].every(isPlain))
    throw refusal(name, "it has types of its own for references");
  return type;
}

/** The instructions in `code` with the indices that everything has in the module that is written. */
function copyCode(source: Source, code: Range, w: ByteWriter, indices: Indices): void {
  const { bytes } = source.module;
  for (const walk = new CodeWalk(bytes, code.start, code.end); walk.advance(); ) {
    const { at, row, immediates: first, next } = walk;
    const { imm, name, spaces } = opcodes[row]!;
    if (imm === Imm.index || imm === Imm.index2) {
      const second = lebEnd(bytes, first);
      const one = indexIn(source, spaces[0]!, lebAt(bytes, first), indices);
      if (imm === Imm.index) emit(w, name, one);
      else emit(w, name, one, indexIn(source, spaces[1]!, lebAt(bytes, second), indices));
    } else if (imm === Imm.memarg || imm === Imm.memargLane) {
      const r = new ByteReader(bytes);
      r.at = first;
      const { align, memory, offset } = readMemarg(r);
      const place = { align, memory: indexIn(source, "memory", memory, indices), offset };
      if (imm === Imm.memarg) emit(w, name, place);
      else emit(w, name, place, bytes[next - 1]!);
    } else if (imm === Imm.block) {
      const { params, results } = blockSignature(source.module, first);
      emit(w, name, indices.blockType(params, results));
    } else if (imm === Imm.catches || imm === Imm.cast || (imm === Imm.heap && signedAt(bytes, first) >= 0))
      throw refusal(source.name, `it has the instruction ${name}`);
    else w.copy(bytes, at, next);
  }
}

function indexIn(source: Source, space: IndexSpace, index: number, indices: Indices): number {
  const { numbers, firstData } = source;
  switch (space) {
    case "func":
      return indices.function(numbers.func[index]!);
    case "global":
      return indices.global(numbers.global[index]!);
    case "memory":
      return indices.memory(numbers.memory[index]!);
    case "table":
      return indices.table(numbers.table[index]!);
    case "data":
      return indices.data(firstData + index);
    case "type": {
      const { params, results } = typeOf(source, index);
      return indices.type(params, results);
    }
    case "local":
    case "label":
      return index;
    default:
      throw refusal(source.name, `it has an instruction that names a ${space}`);
  }
}

function globalsOf({ name, module }: Source): AddedGlobal[] {
  const r = sectionReader(module, SectionId.global);
  if (!r) return [];
  return Array.from({ length: r.leb() }, () => {
    const type = valType(r);
    const mutable = r.u8() === 1;
    const initial = constantOf(r);
    if (initial === undefined || opcodes[readOpcode(r)]!.name !== "end")
      throw refusal(name, "a global's initial value is no constant");
    return { type, mutable, initial };
  });
}

/** The value of the constant instruction at the reader; undefined where it is none. */
function constantOf(r: ByteReader): number | bigint | null | undefined {
  switch (opcodes[readOpcode(r)]!.name) {
    case "i32.const":
      return r.sleb();
    case "i64.const":
      return r.bigLeb(64, true);
    case "f32.const":
      return floatView(r.take(4)).getFloat32(0, true);
    case "f64.const":
      return floatView(r.take(8)).getFloat64(0, true);
    case "ref.null":
      r.bigLeb(33, true);
      return null;
    default:
      return undefined;
  }
}

const floatView = ({ buffer, byteOffset, length }: Uint8Array) => new DataView(buffer, byteOffset, length);

function dataOf({ name, module, numbers }: Source): AddedData[] {
  const active = initialisers(module).data;
  let seen = 0;
  return module.data.map(({ mode, bytes: { start, end }, address }) => {
    const bytes = module.bytes.subarray(start, end);
    if (mode === "passive") return { bytes };
    if (address === null) throw refusal(name, "a data segment's address is no constant");
    const memory = numbers.memory[active[seen++]!.memory]!;
    return { bytes, active: { memory, address: Number(BigInt.asUintN(32, address)) } };
  });
}

/** Of table 0: functions that stand side by side are one segment. */
function elementsOf({ name, module, numbers }: Source): AddedElements[] {
  for (const { mode, table, offset } of initialisers(module).elements)
    if (mode !== "active" || table !== 0 || offset?.value === null)
      throw refusal(name, "an element segment is not active in its first table at a constant place");
  const found: { table: number; from: number; functions: { added: number }[] }[] = [];
  for (const [index, target] of [...initialTable(module)].sort(([a], [b]) => a - b)) {
    const last = found.at(-1);
    const added = { added: numbers.func[target]! };
    if (last && last.from + last.functions.length === index) last.functions.push(added);
    else found.push({ table: numbers.table[0]!, from: index, functions: [added] });
  }
  return found;
}
