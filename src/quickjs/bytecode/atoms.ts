/**
 * Atoms are the engine's interned strings and symbols. A number names one: with the top bit set it is an
 * integer key; below the count of predefined atoms it is one of those; above, in a serialized program, it
 * counts into the program's own table (in a running engine, into the runtime's atom array: memory.ts).
 */
import type { ByteReader } from "../../base/bytes.ts";
import type { EngineTable } from "../engines/opcodes/table.ts";
import type { EngineVersion } from "../engines/versions.ts";
import type { AtomTexts } from "./code-atoms.ts";

export type AtomKind = "string" | "symbol" | "private";

export interface Atom {
  readonly kind: AtomKind;
  readonly text: string;
}

const kinds: readonly (AtomKind | undefined)[] = [undefined, "string", "symbol", "symbol"];
const integerBit = 0x8000_0000;

/** An integer key's atom, or null when `atom` is a number of another sort. */
export function integerAtom(atom: number): Atom | null {
  return atom >= integerBit ? { kind: "string", text: String(atom - integerBit) } : null;
}

/** A predefined atom (0 is none: the empty name), or null when `atom` is beyond them. */
export function predefinedAtom(atom: number, table: EngineTable): Atom | null {
  if (atom === 0) return { kind: "string", text: "" };
  const text = table.atoms[atom - 1];
  if (text === undefined) return null;
  if (atom >= table.firstSymbolAtom) return { kind: "symbol", text };
  return { kind: atom >= table.firstPrivateAtom ? "private" : "string", text };
}

/** What an operand's atom reads as: its text, null for a symbol or a private brand. */
export function atomText(atom: Atom): string | null {
  return atom.kind === "string" ? atom.text : null;
}

/** The atoms of one serialized program. */
export class AtomTable implements AtomTexts {
  readonly #table: EngineTable;
  readonly #own: readonly Atom[];
  /** Of all that are no integer keys, by number. */
  readonly #texts: readonly (string | null)[];

  constructor(table: EngineTable, own: readonly Atom[]) {
    this.#table = table;
    this.#own = own;
    const predefined = table.atoms.map((_, i) => atomText(predefinedAtom(i + 1, table)!));
    this.#texts = ["", ...predefined, ...own.map(atomText)];
  }

  /** The atom that the program calls `atom`, null when it has no such atom. */
  get(atom: number): Atom | null {
    return (
      integerAtom(atom) ??
      predefinedAtom(atom, this.#table) ??
      this.#own[atom - this.#table.atoms.length - 1] ??
      null
    );
  }

  text(atom: number): string | null | undefined {
    return atom >= integerBit ? String(atom - integerBit) : this.#texts[atom];
  }

  /** Reads a LEB128 atom: an integer key when odd, otherwise twice the atom's number. */
  read(reader: ByteReader): Atom {
    const start = reader.at;
    const value = reader.leb();
    const half = Math.floor(value / 2);
    if (value % 2 === 1) return { kind: "string", text: String(half) };
    return this.get(half) ?? reader.fail(`no atom ${half}`, start);
  }

  /** Reads an atom that names something, as text; symbols and brands name nothing: "". */
  readName(reader: ByteReader): string {
    const start = reader.at;
    const value = reader.leb();
    const half = Math.floor(value / 2);
    if (value % 2 === 1) return String(half);
    const text = this.text(half);
    return text === undefined ? reader.fail(`no atom ${half}`, start) : (text ?? "");
  }
}

/** Reads the table of a program's own atoms. */
export function readAtoms(reader: ByteReader, engine: EngineVersion): AtomTable {
  const count = reader.leb();
  const own: Atom[] = [];
  for (let i = 0; i < count; i++) {
    const start = reader.at;
    const type = engine.format.typedAtoms ? reader.u8() : 1;
    if (type === 0) {
      const atom = reader.u32();
      const found = atom === 0 ? null : predefinedAtom(atom, engine.table);
      own.push(found ?? reader.fail(`atom ${atom} is not predefined`, start));
    } else {
      const kind = kinds[type] ?? reader.fail(`unknown kind of atom ${type}`, start);
      own.push({ kind, text: readString(reader) });
    }
  }
  return new AtomTable(engine.table, own);
}

/** Reads a string: twice its length, plus one when its characters are 16 bits wide. */
export function readString(reader: ByteReader): string {
  const header = reader.leb();
  const wide = header % 2 === 1;
  const length = Math.floor(header / 2);
  return characters(reader.take(wide ? length * 2 : length), wide);
}

/** Passes over a string. */
export function skipString(reader: ByteReader): void {
  const header = reader.leb();
  const length = Math.floor(header / 2);
  reader.take(header % 2 === 1 ? length * 2 : length);
}

/** Text from Latin-1 bytes or UTF-16 units, unpaired surrogates kept. */
export function characters(bytes: Uint8Array, wide: boolean): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(wide ? "utf16le" : "latin1");
}
