/**
 * What the numbers mean that a few opcodes take, in words: they are flags or choose one of a list. The same in every
 * engine that is supported (OP_SPECIAL_OBJECT_*, JS_THROW_*, OP_DEFINE_METHOD_*, JS_DEFINE_CLASS_HAS_HERITAGE of
 * each quickjs.c; newer ones add to the ends of the lists).
 */

const specialObjects = [
  "arguments",
  "mapped arguments",
  "this function",
  "new.target",
  "home object",
  "variable object",
  "import.meta",
  "object without prototype",
];

const errors = [
  "read-only variable",
  "redeclaration",
  "uninitialized variable",
  "delete of super",
  "iterator without throw",
];

const methods = ["method", "getter", "setter"];

const method = (flags: number): string | null => {
  const kind = methods[flags & 3];
  return kind === undefined ? null : `${kind}${flags & 4 ? ", enumerable" : ""}`;
};

const words: Readonly<Record<string, (value: number) => string | null>> = {
  special_object: (value) => specialObjects[value] ?? null,
  throw_error: (value) => errors[value] ?? null,
  define_method: method,
  define_method_computed: method,
  define_class: (flags) => (flags & 1 ? "extends" : null),
  define_class_computed: (flags) => (flags & 1 ? "extends" : null),
};

/** The words for an opcode's number, null where it is just a number. */
export function operandWords(opcode: string, value: number): string | null {
  return words[opcode]?.(value) ?? null;
}
