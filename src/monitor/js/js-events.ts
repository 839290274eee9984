/**
 * The events of the provider `js`: what JavaScript does inside QuickJS, as rows of the same table as WebAssembly's.
 * Which opcodes there are is the engine's matter, so their names are handed in. A rule means them only where it
 * names the provider: `*:opcode:call:before` is WebAssembly's, as in Whamm.
 */
import { type Bound, bound, type Event, type Mode } from "../events.ts";

export const jsProvider = "js";

const modes: readonly Mode[] = ["before", "after"];

const fuel = bound("fuel", "u64", false, "fuel that the program has consumed before this place");
const depth = bound("depth", "u32", false, "JavaScript functions that are running, this one included");
const caller = bound("caller", "str", false, "name of the JavaScript function that called it, or empty");

/** Of every place in JavaScript. */
const inFunction: readonly Bound[] = [
  bound("fid", "u32", true, "number of the function: those of the program first, in the order of its text"),
  bound("fname", "str", true, "name of the function, as a stack trace would say it"),
  bound("file", "str", true, "name of the file, or empty"),
  bound("line", "u32", true, "line, 1-based; 0 where it is not known"),
  bound("pc", "u32", true, "byte offset in the function's bytecode"),
  depth,
  fuel,
];

const activation: readonly Bound[] = [
  bound("argc", "i32", false, "arguments that were passed; -1 where the engine does not tell"),
  bound("resumed", "bool", false, "a generator or async function goes on where it was suspended"),
  caller,
];

/** How many arguments of a builtin have their sizes told. */
export const sizedArguments = 4;

/**
 * Of a call of a builtin, as the engine's gateway to its C functions has them: the parameter of the builtin itself that
 * should hold the count held 1,245,024 at an Array.prototype.sort of the embedded engine, perhaps since a compiler may
 * pass anything where a builtin does not look.
 */
const passed: readonly Bound[] = [
  bound("argc", "i32", false, "arguments that were passed; -1 where the engine called it by itself"),
  ...Array.from({ length: sizedArguments }, (_, n) =>
    bound(
      ...([`arg${n}_bytes`, "i32", false] as const),
      `bytes of argument ${n} where it is a string, one or two a character; -1 where it is none`,
    ),
  ),
];

/** The function of JavaScript that is running, at events which are no place in it. */
const running: readonly Bound[] = [
  bound("fname", "str", false, "name of the function that is running, or empty"),
  bound("file", "str", false, "file of that function, or empty"),
  bound("line", "u32", false, "line that it is at, 0 where it is not known"),
  depth,
  fuel,
];

const builtin: readonly Bound[] = [
  bound("fid", "u32", true, "number of the builtin"),
  bound("fname", "str", true, "name of the builtin: JSON.parse, Array.prototype.map"),
  caller,
  bound("caller_file", "str", false, "file of that function, or empty"),
  bound("caller_line", "u32", false, "line that it is at, 0 where it is not known"),
  depth,
  fuel,
];

const next = bound(
  "next",
  "i32",
  false,
  "offset of the opcode that runs next, -1 where the function is left",
);

const immediates: readonly Bound[] = [
  bound("imm0", "i64", true, "immediate 0; a jump's is the offset that it leads to; 0 where there is none"),
  bound("imm1", "i64", true, "immediate 1, 0 where there is none"),
  bound(
    "atom",
    "str",
    true,
    "the name in the opcode: of the property, variable …; empty where there is none",
  ),
];

const exception: readonly Bound[] = [
  bound("class", "str", false, "class of the error that is thrown: TypeError; empty where it is none"),
  bound("message", "str", false, "its message, or the string that is thrown; empty from 201 characters on"),
];

const event = (
  packageName: string | null,
  name: string,
  variables: readonly Bound[],
  help: string,
  of: readonly Mode[] = [],
): Event => ({
  ...{ provider: jsProvider, package: packageName, name, modes: of, variables, functions: [], help },
});

/** Every event of the provider. `opcodes`: names of the engines' opcodes. */
export function jsEvents(opcodes: readonly string[]): readonly Event[] {
  return [
    ...opcodes.map((name) => {
      const named = bound("opname", "str", true, "name of the opcode", JSON.stringify(name));
      return event("opcode", name, [named, ...immediates, next, ...inFunction], `the opcode ${name}`, modes);
    }),
    event(
      "func",
      "entry",
      [...activation, ...inFunction],
      "a function begins, or goes on after a suspension",
    ),
    event("func", "exit", [...activation, ...inFunction], "a function returns, throws or is suspended"),
    event("builtin", "entry", [...passed, ...builtin], "a function of the engine's own library begins"),
    event("builtin", "exit", builtin, "a function of the engine's own library ends"),
    event(
      ...([null, "alloc"] as const),
      [bound("bytes", "u32", false, "bytes that are asked for"), ...running],
      "the engine asks its allocator for memory, or for more of it",
    ),
    event(
      ...([null, "throw"] as const),
      [...exception, ...inFunction],
      "a statement, an operator or a function that is called throws",
    ),
    event("line", "start", inFunction, "control comes to a line, or jumps back within it"),
  ];
}
