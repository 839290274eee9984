/**
 * Printing a map as it is at that moment, by code that is made for its type: `0->1;1->3` and a line break, or a line an
 * entry. Entries stand in the order in which their keys came. What prints single values is the support library.
 */
import { encodeText } from "../../base/bytes.ts";
import { emit } from "../../wasm/emit.ts";
import { I32 } from "../../wasm/types.ts";
import {
  flatten,
  isFloat,
  isInteger,
  isMap,
  isTuple,
  type MapType,
  type Type,
  typeText,
} from "../language-types.ts";
import type { SupportFunction } from "../support/library.ts";
import type { Expr } from "../tree.ts";
import type { CodeWriter } from "./code.ts";

export function printMap(code: CodeWriter, map: Expr, csv: boolean): void {
  const printer = new MapPrinter(code);
  const type = map.type as MapType;
  const handle = code.env.scratch(I32);
  code.expression(map);
  emit(code.env.w, "local.set", handle);
  const plain = (inner: Type) => typeText(inner).replaceAll(" ", "");
  if (csv) {
    const name = map.kind === "variable" ? map.variable.name : "map";
    printer.text(`== ${name} CSV FLUSH ==\nkey (${plain(type.key)}), val (${plain(type.value)})\n`);
  }
  printer.entries(type, handle, csv ? { arrow: ", ", end: "\n", between: "" } : report);
  if (!csv) printer.text("\n");
}

interface Marks {
  readonly arrow: string;
  readonly end: string;
  readonly between: string;
}

/** As reports have it. */
const report: Marks = { arrow: "->", end: "", between: ";" };

class MapPrinter {
  readonly #code: CodeWriter;

  constructor(code: CodeWriter) {
    this.#code = code;
  }

  text(text: string): void {
    for (const byte of encodeText(text)) {
      emit(this.#code.env.w, "i32.const", byte);
      this.#call("putc");
    }
  }

  #call(name: SupportFunction): void {
    this.#code.env.support(name);
  }

  /** Entries of the map whose address is in a local. */
  entries({ key, value }: MapType, map: number, marks: Marks): void {
    const { env } = this.#code;
    const { w } = env;
    const [n, entry] = [env.scratch(I32), env.scratch(I32)];
    emit(w, "i32.const", 0);
    emit(w, "local.set", n);
    this.#code.open("block");
    this.#code.open("loop");
    emit(w, "local.get", n);
    emit(w, "local.get", map);
    this.#call("map_count");
    emit(w, "i32.ge_u");
    emit(w, "br_if", 1);
    if (marks.between !== "") {
      emit(w, "local.get", n);
      this.#code.open("if");
      this.text(marks.between);
      this.#code.close();
    }
    emit(w, "local.get", map);
    emit(w, "local.get", n);
    this.#call("map_entry");
    emit(w, "local.set", entry);
    const words = this.#value(key, entry, 0, true);
    this.text(marks.arrow);
    this.#value(value, entry, words, false);
    this.text(marks.end);
    emit(w, "local.get", n);
    emit(w, "i32.const", 1);
    emit(w, "i32.add");
    emit(w, "local.set", n);
    emit(w, "br", 0);
    this.#code.close();
    this.#code.close();
  }

  /** Prints the value whose words stand in an entry from `word` on; gives the word behind it. */
  #value(type: Type, entry: number, word: number, isKey: boolean): number {
    if (isTuple(type)) {
      let next = word;
      this.text("(");
      type.items.forEach((item, i) => {
        if (i > 0) this.text(isKey ? "," : "; ");
        next = this.#value(item, entry, next, isKey);
      });
      this.text(")");
      return next;
    }
    const { env } = this.#code;
    emit(env.w, "local.get", entry);
    emit(env.w, "i32.const", word);
    this.#call("map_word");
    this.#code.fromWord(type);
    const local = env.scratch(flatten(type)[0]!);
    if (isMap(type)) {
      emit(env.w, "local.set", local);
      this.entries(type, local, report);
    } else if (type === "str") {
      emit(env.w, "local.tee", local);
      this.#call("str_addr");
      emit(env.w, "local.get", local);
      this.#call("str_len");
      this.#call("puts");
    } else if (type === "funcref") {
      emit(env.w, "i32.const", 1);
      emit(env.w, "i32.sub");
      this.#call("puti32");
    } else if (type === "bool" || isInteger(type) || isFloat(type)) this.#call(`put${type}`);
    return word + 1;
  }
}
