/**
 * JSCFunctionListEntry in a module's memory: the tables from which QuickJS makes its builtins. In wasm32, in every
 * version since 2020:
 *
 *   0 name  4 flags u8  5 kind u8  6 magic i16  8 length u8, 9 call convention u8, 12 function    (a function)
 *                                               8 getter, 12 setter                               (an accessor)
 *                                               8 list, 12 its length                             (an object)
 * Functions are table indices. An entry counts only where all of it makes sense: a printable name, a known kind, and
 * functions whose WebAssembly type is what their call convention says.
 */
import { typeText } from "../../wasm/type-text.ts";
import { F64, funcTypeAt, I32, I64, type Module, type ValType } from "../../wasm/types.ts";
import { Glance } from "../memory/checked-view.ts";

export const entrySize = 16;

/** A native function as a list, or a function object in memory, has it. */
export interface NativeFunction {
  /** Absolute function index. */
  readonly function: number;
  /** JSCFunctionEnum: how it is called; -1 where it is none of QuickJS's own ways. */
  readonly convention: number;
  /** What it is given in its last parameter, where its call convention has one. */
  readonly magic: number;
}

export type ListEntry =
  | { readonly kind: "function"; readonly name: string; readonly native: NativeFunction }
  | {
      readonly kind: "accessor";
      readonly name: string;
      readonly getter: NativeFunction | null;
      readonly setter: NativeFunction | null;
    }
  | { readonly kind: "object"; readonly name: string; readonly list: number; readonly length: number }
  | { readonly kind: "text"; readonly name: string; readonly text: string }
  | { readonly kind: "value"; readonly name: string }
  | { readonly kind: "alias"; readonly name: string };

/** JSCFunctionEnum, in order: the parameters after the context, and the result. Magic, where there is one, comes last. */
const generic = [I64, I32, I32] as const;
const conventions: readonly {
  readonly params: readonly ValType[];
  readonly result: ValType;
  magic?: true;
}[] = [
  { params: [I32, ...generic], result: I64 },
  { params: [I32, ...generic, I32], result: I64, magic: true },
  { params: [I32, ...generic], result: I64 },
  { params: [I32, ...generic, I32], result: I64, magic: true },
  { params: [I32, ...generic], result: I64 },
  { params: [I32, ...generic, I32], result: I64, magic: true },
  { params: [F64], result: F64 },
  { params: [F64, F64], result: F64 },
  { params: [I32, I64], result: I64 },
  { params: [I32, I64, I64], result: I64 },
  { params: [I32, I64, I32], result: I64, magic: true },
  { params: [I32, I64, I64, I32], result: I64, magic: true },
  { params: [I32, ...generic, I32, I32], result: I64, magic: true },
];
const GETTER = 8;
const SETTER = 9;
const GETTER_MAGIC = 10;
const SETTER_MAGIC = 11;

/** Index of the parameter that holds the magic; undefined where the convention has none. */
export function magicParameter(convention: number): number | undefined {
  const found = conventions[convention];
  return found?.magic ? found.params.length - 1 : undefined;
}

/** What is needed to read lists: the memory, the table, the types. */
export class ListReader {
  readonly memory: Uint8Array;
  readonly #glance: Glance;
  readonly #module: Module;
  readonly #table: ReadonlyMap<number, number>;

  constructor(module: Module, memory: Uint8Array, table: ReadonlyMap<number, number>) {
    this.memory = memory;
    this.#module = module;
    this.#table = table;
    this.#glance = new Glance({ bytes: memory });
  }

  /** The function that a pointer means, if it can be called by that convention. */
  native(pointer: number, convention: number, magic: number): NativeFunction | null {
    const expected = conventions[convention];
    const index = expected && this.#typed(pointer, expected.params, [expected.result]);
    return index === undefined ? null : { function: index, convention, magic };
  }

  /** A C function that is given data of its own (JSCFunctionData). */
  data(pointer: number): NativeFunction | null {
    const index = this.#typed(pointer, [I32, ...generic, I32, I32], [I64]);
    return index === undefined ? null : { function: index, convention: -1, magic: 0 };
  }

  /**
   * A closure of Rust's, as rquickjs keeps it: among the first words of the record is the pointer to a vtable of a
   * trait object (what drops it, size, alignment, what calls it).
   */
  closure(record: number): NativeFunction | null {
    const glance = this.#glance;
    if (!glance.holds(record, 16)) return null;
    for (let at = record; at < record + 16; at += 4) {
      const vtable = glance.u32(at);
      if (!glance.holds(vtable, 16)) continue;
      const [drop, size, alignment, call] = [0, 4, 8, 12].map((offset) => glance.u32(vtable + offset)) as [
        number,
        number,
        number,
        number,
      ];
      const drops = drop === 0 || this.#typed(drop, [I32], []) !== undefined;
      const index = this.#typed(call, [I32, I32, I32], []);
      if (drops && size <= 4096 && [1, 2, 4, 8, 16].includes(alignment) && index !== undefined)
        return { function: index, convention: -1, magic: 0 };
    }
    return null;
  }

  /** The type of a function, as text. */
  typeOf(index: number): string {
    return typeText(this.#module, this.#module.functions[index]!);
  }

  /** The functions that `count` words from an address on point to; none where one points to no function. */
  functions(at: number, count: number): number[] {
    if (!this.#glance.holds(at, 4 * count)) return [];
    const found: number[] = [];
    for (let i = 0; i < count; i++) {
      const index = this.#table.get(this.#glance.u32(at + 4 * i));
      if (index === undefined) return [];
      found.push(index);
    }
    return found;
  }

  /** The function at a table index, if it is of that type. */
  #typed(pointer: number, params: readonly ValType[], results: readonly ValType[]): number | undefined {
    const index = pointer === 0 ? undefined : this.#table.get(pointer);
    if (index === undefined) return undefined;
    const type = funcTypeAt(this.#module, this.#module.functions[index]!);
    const same = (a: readonly ValType[], b: readonly ValType[]) =>
      a.length === b.length && a.every((t, i) => t === b[i]);
    return type && same(type.params, params) && same(type.results, results) ? index : undefined;
  }

  /** A C string of printable characters; null where there is none. */
  text(pointer: number, longest = 64): string | null {
    const { memory } = this;
    if (pointer <= 0 || pointer >= memory.length) return null;
    let text = "";
    for (let at = pointer; at < memory.length && text.length <= longest; at++) {
      const byte = memory[at]!;
      if (byte === 0) return text;
      if (byte < 0x20 || byte > 0x7e) return null;
      text += String.fromCharCode(byte);
    }
    return null;
  }

  /** The entry at an address; null where what is there is none. */
  entry(at: number): ListEntry | null {
    const glance = this.#glance;
    if (!glance.holds(at, entrySize, 8)) return null;
    const name = this.text(glance.u32(at));
    // flags: configurable, writable, enumerable
    if (!name || this.memory[at + 4]! > 7) return null;
    const kind = this.memory[at + 5]!;
    const magic = (glance.u16(at + 6) << 16) >> 16;
    const first = glance.u32(at + 8);
    const second = glance.u32(at + 12);
    switch (kind) {
      case 0: {
        if (glance.u16(at + 10) !== 0) return null;
        const native = this.native(second, first >>> 8, magic);
        return native && { kind: "function", name, native };
      }
      case 1:
      case 2: {
        const getter = this.native(first, kind === 1 ? GETTER : GETTER_MAGIC, magic);
        const setter = this.native(second, kind === 1 ? SETTER : SETTER_MAGIC, magic);
        const broken = (first !== 0 && !getter) || (second !== 0 && !setter) || (!getter && !setter);
        return broken ? null : { kind: "accessor", name, getter, setter };
      }
      case 3: {
        const text = this.text(first);
        return text === null ? null : { kind: "text", name, text };
      }
      case 8: {
        const isList = second > 0 && second < 500 && glance.holds(first, second * entrySize, 8);
        return isList && magic === 0 ? { kind: "object", name, list: first, length: second } : null;
      }
      case 9: {
        const of = this.text(first);
        return of && (second + 1) >>> 0 <= 3 ? { kind: "alias", name } : null;
      }
      default:
        return kind <= 11 && magic === 0 ? { kind: "value", name } : null;
    }
  }
}
