/**
 * Generates src/quickjs/layouts/<name>.ts: where an engine keeps the fields of its structures in wasm32 memory.
 * The engine's own quickjs.c is compiled by clang for wasm32, together with a table of offsetof, sizeof and
 * bit-field expressions; the table is then read from the linked module's memory.
 *
 *   node scripts/layouts.js ng26 --crate rquickjs-sys@0.12.2
 *   node scripts/layouts.js ng26 --crate rquickjs-sys@0.12.2 --from path/to/quickjs --check
 *
 * Needs clang and wasm-ld with the headers of wasi-libc: --clang names it (default clang-19).
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fetchCrate } from "./opcodes.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** An expression of C, or a bit field as [struct, field, value that fills it, type of an enum or ""]. */
const at = (struct, field) => `offsetof(${struct}, ${field})`;
const size = (struct) => `sizeof(${struct})`;
const bits = (struct, field) => ({ struct, field });

/** The generated object, with an expression of C for each number. */
const shape = {
  // JSGCObjectHeader, at the start of every structure that the collector knows
  object: {
    gcType: bits("JSGCObjectHeader", "gc_obj_type"),
    gcTypeObject: "JS_GC_OBJ_TYPE_JS_OBJECT",
    gcTypeFunction: "JS_GC_OBJ_TYPE_FUNCTION_BYTECODE",
    gcTypeContext: "JS_GC_OBJ_TYPE_JS_CONTEXT",
    size: size("JSObject"),
    classId: at("JSObject", "class_id"),
    bytecode: at("JSObject", "u.func.function_bytecode"),
  },
  // classes of functions that have bytecode
  classes: {
    normal: "JS_CLASS_BYTECODE_FUNCTION",
    generator: "JS_CLASS_GENERATOR_FUNCTION",
    async: "JS_CLASS_ASYNC_FUNCTION",
    asyncGenerator: "JS_CLASS_ASYNC_GENERATOR_FUNCTION",
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
    constantCount: at("JSFunctionBytecode", "cpool_count"),
    file: at("JSFunctionBytecode", "filename"),
    line: at("JSFunctionBytecode", "line_num"),
    column: at("JSFunctionBytecode", "col_num"),
    lineTableLength: at("JSFunctionBytecode", "pc2line_len"),
    lineTable: at("JSFunctionBytecode", "pc2line_buf"),
    sourceLength: at("JSFunctionBytecode", "source_len"),
    source: at("JSFunctionBytecode", "source"),
  },
  variable: { size: size("JSVarDef"), name: at("JSVarDef", "var_name") },
  closureVariable: {
    size: size("JSClosureVar"),
    name: at("JSClosureVar", "var_name"),
    index: at("JSClosureVar", "var_idx"),
    type: bits("JSClosureVar", "closure_type"),
  },
  // a suspended activation, which JS_CallInternal is given in place of a function object
  resumed: {
    size: size("JSAsyncFunctionState"),
    function: at("JSAsyncFunctionState", "frame.cur_func"),
    pc: at("JSAsyncFunctionState", "frame.cur_pc"),
  },
  context: { runtime: at("JSContext", "rt") },
  runtime: { atoms: at("JSRuntime", "atom_array"), atomCount: at("JSRuntime", "atom_size") },
  string: {
    size: size("JSString"),
    length: bits("JSString", "len"),
    wide: bits("JSString", "is_wide_char"),
    // 0: the characters follow; 1: they are another string's, from a byte offset on; 2: they are elsewhere
    kind: bits("JSString", "kind"),
    atomType: bits("JSString", "atom_type"),
    sliceStart: at("JSStringSlice", "start"),
  },
  value: {
    size: size("JSValue"),
    // the upper half of a 64-bit value
    tagObject: "JS_TAG_OBJECT",
    tagFunction: "JS_TAG_FUNCTION_BYTECODE",
    tagInt: "JS_TAG_INT",
  },
  // the first atom that is not predefined
  firstAtom: "JS_ATOM_END",
};

function leaves(node, path = []) {
  return Object.entries(node).flatMap(([key, value]) =>
    typeof value === "object" && !("field" in value)
      ? leaves(value, [...path, key])
      : [{ path: [...path, key], value }],
  );
}

/** C source: one exported array of numbers, and for each bit field a structure with only that field set. */
function program(items) {
  const numbers = items
    .filter(({ value }) => typeof value === "string")
    .map(({ value }) => `(int)(${value})`);
  const fields = items.filter(({ value }) => typeof value === "object").map(({ value }) => value);
  return `#include "quickjs.c"
_Static_assert(JS_NAN_BOXING, "values are NaN-boxed");
const int numbers[] = { ${numbers.join(", ")} };
${fields.map(({ struct, field }, i) => `union { struct ${struct} s; unsigned char b[sizeof(${struct})]; } field${i}; void set${i}(void) { field${i}.s.${field} = -1; }`).join("\n")}
`;
}

function measure(folder, clang, temporary) {
  const items = leaves(shape);
  const source = join(temporary, "layout.c");
  const output = join(temporary, "layout.wasm");
  writeFileSync(source, program(items));
  const fields = items.filter(({ value }) => typeof value === "object");
  const exported = ["numbers", ...fields.flatMap((_, i) => [`field${i}`, `set${i}`])];
  // as rquickjs-sys's build.rs does for WASI
  const defines = ["_GNU_SOURCE", "EMSCRIPTEN=1", "FE_DOWNWARD=0", "FE_UPWARD=0", "NDEBUG"];
  execFileSync(
    clang,
    [
      "--target=wasm32-wasi",
      "-O1",
      "-w",
      "-nostdlib",
      `-I${resolve(folder)}`,
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
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
    if (kind === "function") (imports[from] ??= {})[name] = () => 0;
  const { exports } = new WebAssembly.Instance(module, imports);
  const memory = () => new DataView(exports.memory.buffer);
  let number = 0;
  let field = 0;
  return items.map(({ path, value }) => {
    if (typeof value === "string")
      return { path, value: memory().getInt32(exports.numbers.value + 4 * number++, true) };
    const index = field++;
    exports[`set${index}`]();
    return { path, value: bitField(memory(), exports[`field${index}`].value, path) };
  });
}

/** Finds the run of ones in a zeroed structure of which one bit field was filled. */
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

function render(values, name, origin) {
  const tree = {};
  for (const { path, value } of values) {
    let node = tree;
    for (const key of path.slice(0, -1)) node = node[key] ??= {};
    node[path.at(-1)] = value;
  }
  const print = (node, indent) =>
    Object.entries(node)
      .map(([key, value]) => {
        if (typeof value === "number") return `${indent}${key}: ${value},\n`;
        if ("shift" in value)
          return `${indent}${key}: { offset: ${value.offset}, shift: ${value.shift}, bits: ${value.bits} },\n`;
        const flat = Object.entries(value)
          .map(([k, v]) => `${k}: ${v}`)
          .join(", ");
        const line = `${indent}${key}: { ${flat} },\n`;
        const plain = Object.values(value).every((v) => typeof v === "number");
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

function main(args) {
  const options = { crate: "", from: "", check: false, clang: "clang-19", name: "" };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--crate") options.crate = args[++i] ?? "";
    else if (arg === "--from") options.from = args[++i] ?? "";
    else if (arg === "--clang") options.clang = args[++i] ?? "";
    else if (arg === "--check") options.check = true;
    else if (/^[a-z]\w*$/.test(arg) && options.name === "") options.name = arg;
    else throw new Error(`unknown argument ${arg}`);
  }
  if (options.name === "" || !/^[\w-]+@[\w.+-]+$/.test(options.crate))
    throw new Error(
      "usage: node scripts/layouts.js <name> --crate <crate>@<version> [--from folder] [--check]",
    );

  const temporary = mkdtempSync(join(tmpdir(), "javy-prof-layouts-"));
  try {
    const folder = options.from === "" ? fetchCrate(options.crate, temporary) : options.from;
    const text = render(measure(folder, options.clang, temporary), options.name, {
      crate: `crate ${options.crate}, ${basename(folder)}/`,
      command: `node scripts/layouts.js ${options.name} --crate ${options.crate}`,
    });
    const path = join(root, "src", "quickjs", "layouts", `${options.name}.ts`);
    if (!options.check) writeFileSync(path, text);
    else if (readFileSync(path, "utf8") !== text) throw new Error(`${path} differs from its source`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

main(process.argv.slice(2));
