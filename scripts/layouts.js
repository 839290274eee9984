/**
 * Generates src/quickjs/engines/layouts/<name>.ts: where an engine keeps the fields of its structures in wasm32 memory.
 * The engine's own quickjs.c is compiled by clang for wasm32, together with a table of offsetof, sizeof and
 * bit-field expressions; the table is then read from the linked module's memory.
 *
 *   node scripts/layouts.js ng26 --crate rquickjs-sys@0.12.2
 *   node scripts/layouts.js ng26 --crate rquickjs-sys@0.12.2 --from path/to/quickjs --check
 *
 * Needs clang and wasm-ld with the headers of wasi-libc: --clang names it (default clang-19).
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { origin, parseOptions, withSources, writeOrCheck } from "./engine-source.js";

/**
 * An expression of C, or a bit field; `before`: of a structure that ends where the address points at. Null: none.
 * @typedef {{ struct: string, field: string, before: boolean }} Bits
 * @typedef {string | Bits | null} Wanted
 * @typedef {{ [key: string]: Wanted | Shape }} Shape
 * @typedef {{ path: readonly string[], value: Wanted }} Item
 */

/**
 * What was measured: a number, or where a bit field is. Offsets in bytes.
 * @typedef {{ offset: number, shift: number, bits: number }} Place
 * @typedef {number | Place | null} Measured
 * @typedef {{ [key: string]: Measured | Tree }} Tree
 */

/** @type {(struct: string, field: string) => string} */
const at = (struct, field) => `offsetof(${struct}, ${field})`;
/** @type {(struct: string) => string} */
const size = (struct) => `sizeof(${struct})`;
/** @type {(struct: string, field: string, before?: boolean) => Bits} */
const bits = (struct, field, before = false) => ({ struct, field, before });

/**
 * What of the engine's generations a source is, as far as structures differ.
 * @param {string} source
 */
function traits(source) {
  return {
    /** Debug information is a structure at the end of JSFunctionBytecode, which is left away without it. */
    debug: /\bdebug\.filename\b/.test(source),
    /** The function's own position begins its line table, and has no fields. */
    positionInTable: /\bdebug\.pc2line_buf\b/.test(source) && !/\bdebug\.line_num\b/.test(source),
    /** What a function keeps of its variables. */
    variable: /\bJSBytecodeVarDef\b/.test(source) ? "JSBytecodeVarDef" : "JSVarDef",
    /** Columns stand in the line table, in a table of their own, or nowhere. */
    columns: /** @type {"apart" | "with lines" | "none"} */ (
      /\bpc2column_len\b/.test(source) ? "apart" : /\bint col_num;/.test(source) ? "with lines" : "none"
    ),
    /** Where a captured variable comes from: a number, or two bits. */
    closureType: /\bclosure_type : \d/.test(source),
    /** Strings can be slices of others. */
    slices: /\bJSStringSlice\b/.test(source),
    /** The hash table of a shape stands between it and its properties. */
    hashedShapes: /\buint32_t hash_table\[\]/.test(source),
    /** Constants are aligned to values behind the structure. */
    alignedConstants: /cpool_offset = \(function_size \+ 7\)/.test(source),
    /** Reference count and kind of a structure stand before it. */
    headerBefore: /\bJSMallocBlockHeader\b/.test(source),
  };
}

/**
 * The generated object, with an expression of C for each number; null where the engine has no such thing.
 * @type {(source: ReturnType<typeof traits>) => Shape}
 */
const shapeOf = ({
  positionInTable,
  variable,
  debug,
  columns,
  closureType,
  slices,
  alignedConstants,
  hashedShapes,
  headerBefore,
}) => ({
  // JSGCObjectHeader, at the start of every structure that the collector knows
  object: {
    gcType: headerBefore
      ? bits("JSMallocBlockHeader", "gc_obj_type", true)
      : bits("JSGCObjectHeader", "gc_obj_type"),
    link: at("JSGCObjectHeader", "link"),
    gcTypeObject: "JS_GC_OBJ_TYPE_JS_OBJECT",
    gcTypeFunction: "JS_GC_OBJ_TYPE_FUNCTION_BYTECODE",
    gcTypeContext: "JS_GC_OBJ_TYPE_JS_CONTEXT",
    size: size("JSObject"),
    bytecode: at("JSObject", "u.func.function_bytecode"),
  },
  function: {
    size: size("JSFunctionBytecode"),
    hasPrototype: bits("JSFunctionBytecode", "has_prototype"),
    isDerivedConstructor: bits("JSFunctionBytecode", "is_derived_class_constructor"),
    kind: bits("JSFunctionBytecode", "func_kind"),
    code: at("JSFunctionBytecode", "byte_code_buf"),
    codeLength: at("JSFunctionBytecode", "byte_code_len"),
    name: at("JSFunctionBytecode", "func_name"),
    variables: at("JSFunctionBytecode", "vardefs"),
    closure: at("JSFunctionBytecode", "closure_var"),
    argumentCount: at("JSFunctionBytecode", "arg_count"),
    variableCount: at("JSFunctionBytecode", "var_count"),
    closureCount: at("JSFunctionBytecode", "closure_var_count"),
    realm: at("JSFunctionBytecode", "realm"),
    constants: at("JSFunctionBytecode", "cpool"),
    constantsAlignment: alignedConstants ? "8" : "1",
    constantCount: at("JSFunctionBytecode", "cpool_count"),
    hasDebug: debug ? bits("JSFunctionBytecode", "has_debug") : null,
    sizeWithoutDebug: debug ? at("JSFunctionBytecode", "debug") : size("JSFunctionBytecode"),
    file: at("JSFunctionBytecode", debug ? "debug.filename" : "filename"),
    line: positionInTable ? null : at("JSFunctionBytecode", debug ? "debug.line_num" : "line_num"),
    column: {
      "with lines": positionInTable ? null : at("JSFunctionBytecode", "col_num"),
      apart: at("JSFunctionBytecode", "debug.column_num"),
      none: null,
    }[columns],
    lineTableLength: at("JSFunctionBytecode", debug ? "debug.pc2line_len" : "pc2line_len"),
    lineTable: at("JSFunctionBytecode", debug ? "debug.pc2line_buf" : "pc2line_buf"),
    columnTableLength: columns === "apart" ? at("JSFunctionBytecode", "debug.pc2column_len") : null,
    columnTable: columns === "apart" ? at("JSFunctionBytecode", "debug.pc2column_buf") : null,
    sourceLength: at("JSFunctionBytecode", debug ? "debug.source_len" : "source_len"),
    source: at("JSFunctionBytecode", debug ? "debug.source" : "source"),
  },
  variable: { size: size(variable), name: at(variable, "var_name") },
  closureVariable: {
    size: size("JSClosureVar"),
    name: at("JSClosureVar", "var_name"),
    index: at("JSClosureVar", "var_idx"),
    type: closureType ? bits("JSClosureVar", "closure_type") : null,
    isLocal: closureType ? null : bits("JSClosureVar", "is_local"),
    isArgument: closureType ? null : bits("JSClosureVar", "is_arg"),
  },
  // a suspended activation, which JS_CallInternal is given in place of a function object
  resumed: {
    size: size("JSAsyncFunctionState"),
    function: at("JSAsyncFunctionState", "frame.cur_func"),
    pc: at("JSAsyncFunctionState", "frame.cur_pc"),
  },
  // an activation that runs
  frame: {
    size: size("JSStackFrame"),
    function: at("JSStackFrame", "cur_func"),
    variables: at("JSStackFrame", "var_buf"),
  },
  context: { runtime: at("JSContext", "rt") },
  runtime: {
    atoms: at("JSRuntime", "atom_array"),
    atomCount: at("JSRuntime", "atom_size"),
    objects: at("JSRuntime", "gc_obj_list"),
    exception: at("JSRuntime", "current_exception"),
    frame: at("JSRuntime", "current_stack_frame"),
  },
  string: {
    size: size("JSString"),
    length: bits("JSString", "len"),
    wide: bits("JSString", "is_wide_char"),
    // 0: the characters follow; 1: they are another string's, from a byte offset on; 2: they are elsewhere
    kind: slices ? bits("JSString", "kind") : null,
    atomType: bits("JSString", "atom_type"),
    sliceStart: slices ? at("JSStringSlice", "start") : null,
  },
  value: {
    size: size("JSValue"),
    // the upper half of a 64-bit value
    tagObject: "JS_TAG_OBJECT",
    tagFunction: "JS_TAG_FUNCTION_BYTECODE",
    tagInt: "JS_TAG_INT",
    tagString: "JS_TAG_STRING",
    tagException: "JS_TAG_EXCEPTION",
  },
  // what heap-walk.ts reads: every object's properties, functions of C, classes
  heap: {
    classId: at("JSObject", "class_id"),
    shape: at("JSObject", "shape"),
    properties: at("JSObject", "prop"),
    opaque: at("JSObject", "u.opaque"),
    captured: at("JSObject", "u.func.var_refs"),
    capturedValue: at("JSVarRef", "pvalue"),
    classCFunction: "JS_CLASS_C_FUNCTION",
    classCFunctionData: "JS_CLASS_C_FUNCTION_DATA",
    classOfEmbedder: "JS_CLASS_INIT_COUNT",
    cFunction: at("JSObject", "u.cfunc.c_function"),
    cFunctionKind: at("JSObject", "u.cfunc.cproto"),
    cFunctionMagic: at("JSObject", "u.cfunc.magic"),
    global: at("JSContext", "global_obj"),
    classPrototypes: at("JSContext", "class_proto"),
    classes: at("JSRuntime", "class_array"),
    classCount: at("JSRuntime", "class_count"),
    classSize: size("JSClass"),
    className: at("JSClass", "class_name"),
    allocators: at("JSRuntime", "mf"),
    allocatorCount: "sizeof(JSMallocFunctions) / sizeof(void *)",
    shapePrototype: at("JSShape", "proto"),
    shapeCount: at("JSShape", "prop_count"),
    shapeProperties: at("JSShape", hashedShapes ? "hash_table" : "prop"),
    shapeHashMask: hashedShapes ? at("JSShape", "prop_hash_mask") : null,
    shapePropertySize: size("JSShapeProperty"),
    shapePropertyAtom: at("JSShapeProperty", "atom"),
    shapePropertyFlags: bits("JSShapeProperty", "flags"),
    kindMask: "JS_PROP_TMASK",
    kindAccessor: "JS_PROP_GETSET",
    kindAutoinit: "JS_PROP_AUTOINIT",
    propertySize: size("JSProperty"),
    getter: at("JSProperty", "u.getset.getter"),
    setter: at("JSProperty", "u.getset.setter"),
    autoinit: at("JSProperty", "u.init.realm_and_id"),
    autoinitList: "JS_AUTOINIT_ID_PROP",
    autoinitFrom: at("JSProperty", "u.init.opaque"),
  },
  // the first atom that is not predefined
  firstAtom: "JS_ATOM_END",
});

/**
 * @param {Shape} node
 * @param {readonly string[]} path
 * @returns {Item[]}
 */
function leaves(node, path = []) {
  return Object.entries(node).flatMap(([key, value]) =>
    value === null || typeof value === "string" || isBits(value)
      ? [{ path: [...path, key], value }]
      : leaves(value, [...path, key]),
  );
}

/**
 * @param {Bits | Shape} value
 * @returns {value is Bits}
 */
function isBits(value) {
  return "field" in value;
}

/** @type {(items: readonly Item[]) => Bits[]} */
const bitFields = (items) =>
  items.flatMap(({ value }) => (value !== null && typeof value === "object" ? [value] : []));

/**
 * C source: one exported array of numbers, and for each bit field a structure with only that field set.
 * @param {readonly Item[]} items
 */
function program(items) {
  const numbers = items
    .filter(({ value }) => typeof value === "string")
    .map(({ value }) => `(int)(${value})`);
  const fields = bitFields(items);
  return `#include "quickjs.c"
_Static_assert(sizeof(JSValue) == 8, "values are NaN-boxed");
const int numbers[] = { ${numbers.join(", ")} };
${fields.map(({ struct, field }, i) => `union { struct ${struct} s; unsigned char b[sizeof(${struct})]; } field${i}; void set${i}(void) { field${i}.s.${field} = -1; } int size${i}(void) { return sizeof(struct ${struct}); }`).join("\n")}
`;
}

/**
 * quickjs-ng includes bytecode of its own that its build makes (builtin-….h), which not every package has. Where it is
 * missing, an empty one stands in: it is code, and no structure depends on it.
 * @param {string} folder
 * @param {string} temporary
 */
function withoutBytecode(folder, temporary) {
  const source = readFileSync(join(folder, "quickjs.c"), "utf8");
  for (const [, file, name] of source.matchAll(/#include "(builtin-([\w-]+)\.h)"/g)) {
    const variable = `qjsc_builtin_${name.replaceAll("-", "_")}`;
    if (!existsSync(join(folder, file)))
      writeFileSync(join(temporary, file), `static const unsigned char ${variable}[1] = { 0 };\n`);
  }
}

/**
 * @param {string} folder
 * @param {import("./engine-source.js").Options} options
 * @param {string} temporary
 * @returns {{ path: readonly string[], value: Measured }[]}
 */
function measure(folder, options, temporary) {
  const shape = shapeOf(traits(readFileSync(join(folder, "quickjs.c"), "utf8")));
  const items = leaves({ ...shape, firstAtom: `JS_ATOM_END - ${options.without.length}` });
  withoutBytecode(folder, temporary);
  const source = join(temporary, "layout.c");
  const output = join(temporary, "layout.wasm");
  writeFileSync(source, program(items));
  const fields = bitFields(items);
  const exported = ["numbers", ...fields.flatMap((_, i) => [`field${i}`, `set${i}`, `size${i}`])];
  // as rquickjs-sys's build.rs does for WASI
  const defines = [
    ...["_GNU_SOURCE", "EMSCRIPTEN=1", "FE_DOWNWARD=0", "FE_UPWARD=0", 'CONFIG_VERSION=""'],
    ...options.defines,
  ];
  execFileSync(
    options.clang,
    [
      "--target=wasm32-wasi",
      "-O1",
      "-w",
      "-nostdlib",
      `-I${resolve(folder)}`,
      `-I${temporary}`,
      ...defines.map((define) => `-D${define}`),
      "-Wl,--no-entry,--gc-sections,--allow-undefined",
      ...exported.map((name) => `-Wl,--export=${name}`),
      "-o",
      output,
      source,
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  const module = new WebAssembly.Module(readFileSync(output));
  /** @type {Record<string, Record<string, () => number>>} */
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
    if (kind === "function") (imports[from] ??= {})[name] = () => 0;
  const { exports } = new WebAssembly.Instance(module, imports);
  const memory = () => new DataView(/** @type {WebAssembly.Memory} */ (exports.memory).buffer);
  const address = (/** @type {string} */ name) =>
    Number(/** @type {WebAssembly.Global} */ (exports[name]).value);
  const call = (/** @type {string} */ name) => Number(/** @type {() => unknown} */ (exports[name])());
  let number = 0;
  let field = 0;
  return items.map(({ path, value }) => {
    if (value === null) return { path, value };
    if (typeof value === "string")
      return { path, value: memory().getInt32(address("numbers") + 4 * number++, true) };
    const index = field++;
    call(`set${index}`);
    const found = bitField(memory(), address(`field${index}`), path);
    const shift = value.before ? call(`size${index}`) : 0;
    return { path, value: { ...found, offset: found.offset - shift } };
  });
}

/**
 * Finds the run of ones in a zeroed structure of which one bit field was filled.
 * @param {DataView} memory
 * @param {number} start
 * @param {readonly string[]} path
 * @returns {Place}
 */
function bitField(memory, start, path) {
  let low = 0;
  while ((memory.getUint8(start + (low >> 3)) & (1 << (low & 7))) === 0) {
    low++;
    if (low > 8 * 256) throw new Error(`no bits set for ${path.join(".")}`);
  }
  let width = 0;
  while ((memory.getUint8(start + ((low + width) >> 3)) & (1 << ((low + width) & 7))) !== 0) width++;
  // given by the aligned word that holds it
  return { offset: (low >> 5) * 4, shift: low & 31, bits: width };
}

/**
 * @param {ReturnType<typeof measure>} values
 * @param {string} name
 * @param {import("./engine-source.js").Origin} origin
 */
function render(values, name, origin) {
  /** @type {Tree} */
  const tree = {};
  for (const { path, value } of values) {
    let node = tree;
    for (const key of path.slice(0, -1)) node = /** @type {Tree} */ ((node[key] ??= {}));
    node[String(path.at(-1))] = value;
  }
  /** @type {(node: Tree, indent: string) => string} */
  const print = (node, indent) =>
    Object.entries(node)
      .map(([key, value]) => {
        if (value === null || typeof value === "number") return `${indent}${key}: ${value},\n`;
        if (isPlace(value))
          return `${indent}${key}: { offset: ${value.offset}, shift: ${value.shift}, bits: ${value.bits} },\n`;
        const flat = Object.entries(value)
          .map(([k, v]) => `${k}: ${v}`)
          .join(", ");
        const line = `${indent}${key}: { ${flat} },\n`;
        const plain = Object.values(value).every((v) => v === null || typeof v === "number");
        return plain && line.length <= 60
          ? line
          : `${indent}${key}: {\n${print(value, `${indent}  `)}${indent}},\n`;
      })
      .join("");
  const constant = `layout${name[0].toUpperCase()}${name.slice(1)}`;
  return `// Generated from ${origin.crate} by \`${origin.command}\`. Do not edit.
import type { MemoryLayout } from "./layout.ts";

export const ${constant}: MemoryLayout = {
${print(tree, "  ")}};
`;
}

/**
 * @param {Place | Tree} value
 * @returns {value is Place}
 */
function isPlace(value) {
  return "shift" in value;
}

/** @param {readonly string[]} args */
function main(args) {
  const options = parseOptions(args, "layouts");
  withSources(options, (folder, temporary) => {
    const values = measure(folder, options, temporary);
    const text = render(values, options.name, origin(options, folder));
    writeOrCheck(join("src", "quickjs", "engines", "layouts", `${options.name}.ts`), text, options.check);
  });
}

main(process.argv.slice(2));
