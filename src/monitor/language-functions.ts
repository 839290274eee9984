/**
 * The functions of the language and the methods of strings, as data: parameters, result, one line of help, and
 * whether a call folds when all its arguments are known. Which events have the special ones says events.ts.
 */
import { type Primitive, type TupleType, type Type, unit } from "./language-types.ts";

export interface LanguageFunction {
  readonly name: string;
  /** "library": the name of a library; "integer": any integer type. */
  readonly params: readonly (Type | "library" | "integer")[];
  readonly result: Type;
  /** In scope everywhere, or only at the events that list it. */
  readonly everywhere: boolean;
  readonly help: string;
}

const bytes: TupleType = { kind: "tuple", items: ["i32", "i32"] };

const core = (
  name: string,
  params: LanguageFunction["params"],
  result: Type,
  help: string,
): LanguageFunction => ({
  ...{ name, params, result, everywhere: true, help },
});

const special = (...given: Parameters<typeof core>): LanguageFunction => ({
  ...core(...given),
  everywhere: false,
});

export const languageFunctions: readonly LanguageFunction[] = [
  core(
    "strcmp",
    [bytes, "str"],
    "bool",
    "whether the program's memory holds the string at (address, length)",
  ),
  core(
    "strcontains",
    [bytes, "str"],
    "bool",
    "whether the program's memory at (address, length) contains the string",
  ),
  core("memid", ["library"], "u32", "the memory of a library, for the functions below"),
  core(
    ...(["memcpy", ["integer", "integer", "integer", "integer", "integer"], unit] as const),
    "copies: from memory, address, to memory, address, length",
  ),
  core("active_data_start", ["integer"], "u32", "lowest address that the memory's data segments fill"),
  core("active_data_len", ["integer"], "u32", "bytes from there to the end of the last of them"),
  core("page_size", ["integer"], "u32", "bytes of a page of the memory"),
  core("mem_size", ["integer"], "u32", "pages that the memory has now"),
  core("write_str", ["integer", "integer", "str"], unit, "writes a string: memory, address, string"),
  core("read_str", ["integer", "integer", "integer"], "str", "reads a string: memory, address, length"),
  special("drop_args", [], unit, "takes the instruction's operands away; in alt"),
  special("alt_call_by_id", ["integer"], unit, "calls that function instead, with the same operands; in alt"),
  special("alt_call_by_name", ["str"], unit, "calls the function of that name instead; in alt"),
  special(
    "resolve_funcref",
    ["funcref", "integer"],
    "i32",
    "index of a function in a table, -1 where unknown",
  ),
  special(
    "dup_at",
    ["integer", "integer"],
    unit,
    "copies what the instruction will write: to memory, address",
  ),
];

export interface Method {
  readonly name: string;
  readonly params: readonly Primitive[];
  readonly result: Primitive;
  readonly help: string;
}

export const stringMethods: readonly Method[] = [
  { name: "addr", params: [], result: "u32", help: "address of its bytes in the memory of strings" },
  { name: "len", params: [], result: "u32", help: "bytes of it in UTF-8" },
  { name: "starts_with", params: ["str"], result: "bool", help: "whether it begins with the other" },
  { name: "ends_with", params: ["str"], result: "bool", help: "whether it ends with the other" },
  { name: "contains", params: ["str"], result: "bool", help: "whether the other occurs in it" },
];
