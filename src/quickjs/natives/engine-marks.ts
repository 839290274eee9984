/**
 * What tells the engine's own functions from all others, as data: texts that only they refer to, the types by which
 * only they call through the table, the host functions they call. C source of every supported version says the same;
 * a mark that a version lacks names nothing there.
 *
 * A type is written parameters > result, i for i32, l for i64: a class's finalizer (rt, value) is `il>`, and the only
 * function that calls one is the one that frees objects.
 */
export type EngineCategory =
  | "interpreter"
  | "setup"
  | "gc"
  | "allocation"
  | "property access"
  | "jobs"
  | "modules"
  | "bytecode loading"
  | "compiling"
  | "regexp"
  | "JSON"
  | "output"
  | "input";

export interface EngineMark {
  readonly category: EngineCategory;
  /** Any function that refers to a text that begins so. */
  readonly texts?: readonly string[];
  /** Any function that calls through the table by this type. */
  readonly calls?: readonly string[];
  /** Any function of this type that stands in the table. */
  readonly tabled?: readonly string[];
  /** Any function that calls this function of the host. */
  readonly imports?: readonly string[];
}

/** What JS_EvalFunctionInternal says, which evaluates a program that was read or compiled. */
export const evaluatingText = "bytecode function expected";

export const engineMarks: readonly EngineMark[] = [
  // the predefined atoms, which a runtime begins with; what installs builtins is found by their lists
  { category: "setup", texts: ["null\0false\0true\0if\0else\0"] },
  // a class's gc_mark (rt, value, mark_func) and finalizer (rt, value)
  { category: "gc", calls: ["ili>", "il>"] },
  // JSJobFunc (ctx, argc, argv)
  { category: "jobs", calls: ["iii>l"] },
  // exotic get_property (ctx, obj, atom, receiver), set_property, define_own_property
  {
    category: "property access",
    calls: ["ilil>l", "ililli>i", "ilillli>i"],
    texts: ["cannot read property '%s' of "],
  },
  {
    category: "modules",
    texts: [
      evaluatingText,
      "circular reference when looking for export '",
      "Could not find export '",
      "could not load module '",
    ],
  },
  {
    category: "bytecode loading",
    texts: [
      "invalid version (%d expected=",
      "checksum error",
      "invalid tag (tag=",
      "read after the end of the buffer",
    ],
  },
  {
    category: "compiling",
    texts: [
      "unexpected token in expression",
      "invalid assignment left-hand side",
      "stack overflow (op=%d",
      "expecting catch or finally",
      "expecting field name",
    ],
    // __JS_EvalInternal (ctx, this, input, length, file name, flags, scope, line or not)
    tabled: ["iliiiii>l", "iliiiiii>l"],
  },
  {
    category: "regexp",
    texts: [
      "too many captures",
      "nothing to repeat",
      "invalid group name",
      "expecting '{' after \\p",
      "invalid escape sequence in regular expression",
      "expecting group name",
    ],
  },
  {
    category: "JSON",
    texts: [
      "Unexpected end of JSON input",
      "BigInt are forbidden in JSON.stringify",
      "bigint are forbidden in JSON",
    ],
  },
  { category: "output", imports: ["fd_write"] },
  { category: "input", imports: ["fd_read"] },
];
