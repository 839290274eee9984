// Says what plugin.wasm is, and positions.wasm. Two uses:
//
//   node describe.mjs write <deps folder> name=version...   writes plugin.json (build.sh)
//   node describe.mjs check                                 plugin.json fits the two files, or exit 1
//
// All facts about the files are read from their bytes, and the bytecode version
// from a program it compiles. What cannot be read there (which sources, which
// tools) is the `provenance`, which `write` takes from the build and `check`
// leaves alone. Both refuse a plugin without the names the profiler looks for,
// or with a path of the machine that built it.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const HERE = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const WASM = path.join(HERE, "plugin.wasm");
const POSITIONS = path.join(HERE, "positions.wasm");
const JSON_FILE = path.join(HERE, "plugin.json");

// Engine functions that must exist under their own name. Some more of QuickJS
// are inlined by clang (async_func_resume, free_function_bytecode) and cannot
// be asked for.
const ENGINE = [
  "JS_CallInternal",
  "js_call_c_function",
  "js_create_function",
  "JS_ReadFunctionTag",
  "JS_EvalFunctionInternal",
  "JS_ExecutePendingJob",
  "js_async_function_resume",
  "js_generator_next",
  "JS_Throw",
  "JS_ThrowError",
  "JS_RunGC",
  "lre_compile",
  "lre_exec_backtrack",
];
// Absolute paths and the name of the crates' registry.
const FORBIDDEN = /\/(?:usr|root|home|tmp|work|build|rustc|opt|var|etc|mnt)\/[\w./-]*|[\w./-]*crates\.io[\w./-]*/g;

const [mode, ...args] = process.argv.slice(2);
const bytes = fs.readFileSync(WASM);
const facts = { ...describe(bytes), positions: describePositions(fs.readFileSync(POSITIONS)) };
if (facts.positions.bytecodeVersion !== facts.bytecodeVersion) {
  throw new Error("positions.wasm writes another bytecode version than plugin.wasm");
}
if (mode === "write") {
  const provenance = await provenanceOf(args);
  if (provenance.quickjs.bytecodeVersion !== facts.bytecodeVersion) {
    throw new Error("the plugin writes another bytecode version than its sources say");
  }
  delete provenance.quickjs.bytecodeVersion;
  fs.writeFileSync(JSON_FILE, `${JSON.stringify({ ...facts, provenance }, null, 2)}\n`);
} else if (mode === "check") {
  const { provenance: _, ...written } = JSON.parse(fs.readFileSync(JSON_FILE, "utf8"));
  for (const key of new Set([...Object.keys(facts), ...Object.keys(written)])) {
    const [is, says] = [facts[key], written[key]].map((v) => JSON.stringify(v));
    if (is !== says) throw new Error(`plugin.wasm and plugin.json differ in "${key}": ${is} against ${says}`);
  }
  for (const { file, bytes: size, sha256 } of [facts, facts.positions])
    console.log(`plugin.json describes ${file}: ${size} bytes, sha256 ${sha256}`);
} else {
  throw new Error("usage: describe.mjs write <deps folder> name=version... | check");
}

function describe(wasm) {
  const module = parse(wasm);
  const leaked = new Set(wasm.toString("latin1").match(FORBIDDEN));
  if (leaked.size > 0) throw new Error(`plugin.wasm contains ${[...leaked].slice(0, 5).join(", ")}`);
  const carries = module.customs.filter((name) => name.startsWith(".debug") || name === "producers");
  if (carries.length > 0) throw new Error(`plugin.wasm has a section ${carries.join(", ")}`);
  const indexOf = new Map([...module.names].map(([index, name]) => [name, index]));
  const engine = {};
  for (const name of ENGINE) {
    if (!indexOf.has(name)) throw new Error(`plugin.wasm has no function named ${name}`);
    engine[name] = indexOf.get(name);
  }
  return {
    file: path.basename(WASM),
    sha256: createHash("sha256").update(wasm).digest("hex"),
    bytes: wasm.length,
    importNamespace: module.importNamespace,
    bytecodeVersion: compiledVersion(wasm),
    functions: { imported: module.importedFunctions, defined: module.definedFunctions, named: module.names.size },
    memory: module.memory,
    dataSegments: module.dataSegments,
    customSections: module.customs,
    imports: module.imports,
    exports: module.exports,
    engine,
  };
}

/** The compiler of positions: no more is asked of it than that it is another compiler of the same bytecode. */
function describePositions(wasm) {
  const leaked = new Set(wasm.toString("latin1").match(FORBIDDEN));
  if (leaked.size > 0) throw new Error(`positions.wasm contains ${[...leaked].slice(0, 5).join(", ")}`);
  return {
    file: path.basename(POSITIONS),
    sha256: createHash("sha256").update(wasm).digest("hex"),
    bytes: wasm.length,
    bytecodeVersion: compiledVersion(wasm),
    exports: parse(wasm).exports.map(({ name }) => name),
  };
}

/** The first byte of what the plugin compiles. Compiling needs no WASI, so every import may refuse. */
function compiledVersion(wasm) {
  const module = new WebAssembly.Module(wasm);
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => {
      throw new Error(`compiling called ${name}`);
    };
  }
  const { memory, cabi_realloc, _initialize, "compile-src": compile } = new WebAssembly.Instance(module, imports)
    .exports;
  _initialize?.();
  const source = new TextEncoder().encode("export const f = async (x) => [await x];");
  const at = cabi_realloc(0, 0, 1, source.length);
  new Uint8Array(memory.buffer, at, source.length).set(source);
  const outcome = compile(at, source.length);
  const [failed, result, length] = new Uint32Array(memory.buffer, outcome, 3);
  const output = new Uint8Array(memory.buffer, result, length);
  if (failed !== 0) throw new Error(`compile-src: ${new TextDecoder().decode(output)}`);
  return output[0];
}

/** Only what describe() needs; src/wasm of the project decodes modules in earnest. */
function parse(wasm) {
  const TYPES = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x70: "funcref", 0x6f: "externref" };
  const KINDS = ["function", "table", "memory", "global"];
  let at = 8;
  const leb = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const string = () => {
    const length = leb();
    at += length;
    return wasm.toString("utf8", at - length, at);
  };
  const many = (item) => Array.from({ length: leb() }, item);
  const valtypes = () => many(() => TYPES[wasm[at++]] ?? "?").join(", ");
  const module = { imports: [], exports: [], customs: [], names: new Map(), importedFunctions: 0, definedFunctions: 0 };
  let types = [];
  const functionTypes = [];
  while (at < wasm.length) {
    const id = wasm[at++];
    const end = leb() + at;
    if (id === 0) {
      const name = string();
      module.customs.push(name);
      if (name === "import_namespace") module.importNamespace = wasm.toString("utf8", at, end);
      while (name === "name" && at < end) {
        const kind = wasm[at++];
        const next = leb() + at;
        if (kind === 1) many(() => module.names.set(leb(), string()));
        at = next;
      }
    } else if (id === 1) {
      types = many(() => {
        if (wasm[at++] !== 0x60) throw new Error("plugin.wasm has a type that is not a plain function");
        return `(${valtypes()}) -> (${valtypes()})`;
      });
    } else if (id === 2) {
      module.imports = many(() => {
        const [from, name] = [string(), string()];
        if (wasm[at++] !== 0) throw new Error(`plugin.wasm imports ${name}, which is no function`);
        functionTypes.push(leb());
        return { module: from, name, type: types[functionTypes.at(-1)] };
      });
      module.importedFunctions = functionTypes.length;
    } else if (id === 3) {
      functionTypes.push(...many(leb));
      module.definedFunctions = functionTypes.length - module.importedFunctions;
    } else if (id === 5) {
      [module.memory] = many(() => {
        const bounded = wasm[at++] & 1;
        return { minPages: leb(), maxPages: bounded ? leb() : null };
      });
    } else if (id === 7) {
      module.exports = many(() => {
        const [name, kind, index] = [string(), KINDS[wasm[at++]], leb()];
        return kind === "function" ? { name, kind, index, type: types[functionTypes[index]] } : { name, kind, index };
      });
    } else if (id === 12) {
      module.dataSegments = leb();
    }
    at = end;
  }
  return module;
}

async function provenanceOf([depsDir, ...tools]) {
  const { compiledCrates } = await import("./crates.mjs");
  const crates = compiledCrates(depsDir);
  const dirOf = (name) => crates.find((c) => c.name === name).dir;
  const engineDir = path.join(dirOf("rquickjs-sys"), "quickjs");
  const source = (file) => fs.readFileSync(path.join(engineDir, file), "utf8");
  const version = ["MAJOR", "MINOR", "PATCH"].map((part) => source("quickjs.h").match(`QJS_VERSION_${part} (\\d+)`)[1]);
  const vcs = (name) => JSON.parse(fs.readFileSync(path.join(dirOf(name), ".cargo_vcs_info.json"), "utf8")).git.sha1;
  return {
    crates: Object.fromEntries(
      crates.filter((c) => /^(javy|rquickjs|simd-json|serde_json)/.test(c.name)).map((c) => [c.name, c.version]),
    ),
    commits: { javy: vcs("javy"), rquickjs: vcs("rquickjs-sys") },
    // The crate does not say which commit of quickjs-ng it copied: the version
    // and the digest of the main source must do.
    quickjs: {
      name: "quickjs-ng",
      version: version.join("."),
      "quickjs.c": createHash("sha256").update(source("quickjs.c")).digest("hex"),
      bytecodeVersion: Number(source("quickjs.c").match(/#define BC_VERSION (\d+)/)[1]),
    },
    tools: Object.fromEntries(tools.map((pair) => pair.split("="))),
  };
}
