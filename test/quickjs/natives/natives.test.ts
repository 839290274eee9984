/**
 * Names of native functions without a name section, held against the names that the same module has with one: no wrong
 * name, and how many are found.
 */
import { describe, expect, test } from "vitest";
import { readEmbeddedPlugin } from "../../../src/javy/embedded.ts";
import { findDispatch } from "../../../src/quickjs/dispatch.ts";
import { versions } from "../../../src/quickjs/engines/versions.ts";
import { ListReader } from "../../../src/quickjs/natives/function-lists.ts";
import { walkHeap } from "../../../src/quickjs/natives/heap-walk.ts";
import { searchConstructors, searchLists } from "../../../src/quickjs/natives/list-search.ts";
import { joinedName } from "../../../src/quickjs/natives/native-names.ts";
import { nameNatives } from "../../../src/quickjs/natives/natives.ts";
import { opcodeWork, otherWork } from "../../../src/quickjs/natives/opcode-work.ts";
import { decodeModule } from "../../../src/wasm/decode.ts";
import { codeFacts } from "../../../src/wasm/facts/code-facts.ts";
import { initialMemory } from "../../../src/wasm/facts/initial-memory.ts";
import { initialTable } from "../../../src/wasm/facts/initial-table.ts";
import { functionNames } from "../../../src/wasm/names.ts";
import { withoutNames } from "../../support/strip-names.ts";

const { bytes } = readEmbeddedPlugin();
const module = decodeModule(bytes);
const real = functionNames(module);
const stripped = decodeModule(withoutNames(bytes));
const natives = nameNatives(stripped, findDispatch(stripped));
const indexOf = (name: string) => [...real].find(([, one]) => one === name)![0];

test("the stripped module has no names of its own, and gets those that the module with names gets", () => {
  expect(functionNames(stripped).size).toBe(0);
  expect(natives).toEqual(nameNatives(module, findDispatch(module)));
});

/** What the C and Rust functions of a category are called. */
const expected: Readonly<Record<string, RegExp>> = {
  interpreter: /^JS_CallInternal$/,
  setup: /^JS_(SetPropertyFunctionList|NewObjectProtoList)$/,
  gc: /^(JS_RunGC|gc_\w+|mark_children|free_gc_object|free_zero_ref\w+|js_free_value_rt|__JS_FreeValueRT|\w+_finalizer)$/,
  allocation: /(alloc|free)$/,
  "property access": /^JS_(Get|Set|Create|Define)Property/,
  jobs: /^JS_ExecutePendingJob$/,
  modules: /odule|^JS_EvalFunctionInternal$/,
  "bytecode loading": /^(JS_Read|bc_get_|js_\w+_read$)/,
  compiling: /^(__JS_EvalInternal|js_parse_|js_create_function|ss_check|get_lvalue)/,
  regexp: /^(re_parse_|get_class_atom|lre_)/,
  JSON: /json/i,
  output: /write/,
  input: /read/,
};

test("what is exported has that name where it has no better one", () => {
  const exported = [...natives].filter(([, { name }]) => name.endsWith("(exported)"));
  expect(exported.map(([, { name }]) => name)).toContain("initialize-runtime (exported)");
  for (const [index, { name }] of exported)
    expect(module.exports).toContainEqual({ name: name.replace(" (exported)", ""), kind: "func", index });
});

test("engine functions: none is in a wrong category, and every category has some", () => {
  const found = new Map<string, string[]>();
  for (const [index, { kind, name }] of natives)
    if (kind === "engine" && !name.endsWith("(exported)"))
      found.set(name, [...(found.get(name) ?? []), real.get(index)!]);
  for (const [category, names] of found)
    for (const name of names) expect(name, category).toMatch(expected[category]!);
  // A plugin's runtime was made before the run.
  expect([...found.keys(), "setup"].sort()).toEqual(Object.keys(expected).sort());
  expect(found.get("gc")).toEqual(expect.arrayContaining(["JS_RunGC", "free_gc_object"]));
  expect(found.get("allocation")).toEqual(expect.arrayContaining(["dlmalloc", "dlfree"]));
  expect(found.get("regexp")).toContain("lre_exec_backtrack");
});

describe("builtins", () => {
  test.each([
    ["js_array_sort", "Array.prototype.sort"],
    ["js_array_concat", "Array.prototype.concat"],
    ["js_array_at", "Array.prototype.at"],
    ["js_string_split", "String.prototype.split"],
    ["js_regexp_exec", "RegExp.prototype.exec"],
    ["js_regexp_Symbol_replace", "RegExp.prototype[Symbol.replace]"],
    ["js_regexp_get_flags", "get RegExp.prototype.flags"],
    ["js_parseInt", "parseInt"],
    ["js_math_floor", "Math.floor"],
    ["js_object_assign", "Object.assign"],
    ["js_promise_then", "Promise.prototype.then"],
    ["js_array_iterator_next", "%ArrayIteratorPrototype%.next"],
    ["js_typed_array_subarray", "%TypedArray%.prototype.subarray"],
    ["js_Date_now", "Date.now"],
    ["js_proxy_constructor", "Proxy"],
    ["js_json_parse", "__javy_683_json_parse"],
  ])("%s is %s", (c, name) => {
    expect(natives.get(indexOf(c))).toEqual({ kind: "builtin", name });
  });

  test("the embedder's own, closures of Rust's among them", () => {
    const named = (name: string) =>
      real.get([...natives].find(([, native]) => native.kind === "builtin" && native.name === name)![0]);
    expect(named("Javy.IO.readSync")).toContain("javy::apis::stream_io::register::{closure#1}");
    expect(named("Javy.IO.writeSync")).toContain("javy::apis::stream_io::register::{closure#0}");
    expect(named("console.log|error")).toContain("javy::apis::console::register");
    expect(named("JSON.parse")).toContain("javy::apis::json::register::{closure#1}");
    expect(named("JSON.stringify")).toContain("javy::apis::json::register::{closure#2}");
    expect(named("TextDecoder.prototype.decode")).toContain("javy::apis::text_encoding::register");
  });

  test("one function that is many is told by its magic", () => {
    const every = natives.get(indexOf("js_array_every"))!;
    expect(every.name).toBe("Array.prototype.every|some|forEach|…");
    // its parameters: context, this, count, arguments, magic
    expect(every.magic?.parameter).toBe(4);
    expect(every.magic?.names.get(3)).toBe("Array.prototype.map");
    expect(natives.get(indexOf("js_math_min_max"))!.magic?.names.get(1)).toBe("Math.max");
    expect(natives.get(indexOf("js_map_get"))!.magic?.names).toEqual(
      new Map([
        [0, "Map.prototype.get"],
        [2, "WeakMap.prototype.get"],
      ]),
    );
  });

  test("an accessor that compilers merge with the engine's own functions names nothing", () => {
    expect(natives.get(indexOf("JS_DupValue"))?.kind).not.toBe("builtin");
  });

  test("nearly all of the library's functions that are in the table have a name", () => {
    const table = new Set(initialTable(module).values());
    // what no program can call, or only through a class of its own
    const inner = /finalizer|_mark$|exotic|_call$|_job$|_proxy_|cmp|resolve_element|get_this|_property$/;
    const library = [...table].filter(
      (index) => /^js_/.test(real.get(index)!) && !inner.test(real.get(index)!),
    );
    const unnamed = library.filter((index) => !natives.has(index)).map((index) => real.get(index));
    expect(library.length).toBeGreaterThan(300);
    expect(unnamed.length / library.length, unnamed.join(" ")).toBeLessThan(0.15);
  });
});

test("the lists in the data segments say the same as the heap", () => {
  const facts = codeFacts(stripped);
  const lists = new ListReader(stripped, initialMemory(stripped), initialTable(stripped));
  const engine = versions.find(({ id }) => id === "ng26")!;
  const key = ({ function: index, magic }: { function: number; magic: number }) => `${index}/${magic}`;
  const byHeap = new Map<string, Set<string>>();
  for (const native of walkHeap(lists, engine)!.natives)
    byHeap.set(key(native), (byHeap.get(key(native)) ?? new Set()).add(native.name));
  const byLists = [...searchLists(lists, facts).natives, ...searchConstructors(lists, facts)];
  expect(byLists.length).toBeGreaterThan(450);
  const differing = byLists.filter((native) => !byHeap.get(key(native))?.has(native.name));
  // Javy replaced these, and left out weak references.
  const replaced =
    /^(JSON\.(parse|stringify)|Math\.random|(WeakRef|FinalizationRegistry)(\.prototype\.\w+)?)$/;
  expect(differing.map(({ name }) => name).filter((name) => !replaced.test(name))).toEqual([]);
});

test("the initial memory of a module without segments is empty, and names nothing", () => {
  const empty = decodeModule(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  expect(initialMemory(empty).length).toBe(0);
  expect(initialTable(empty).size).toBe(0);
  expect(walkHeap(new ListReader(empty, initialMemory(empty), new Map()), versions[0]!)).toBeNull();
});

test("joined names leave out what they share", () => {
  expect(joinedName(["A.b"])).toBe("A.b");
  expect(joinedName(["A.b", "A.c", "A.b"])).toBe("A.b|c");
  expect(joinedName(["A.b", "C.d", "A.e", "A.f"])).toBe("A.b|C.d|e|…");
});

test("every opcode of every engine has its work", () => {
  for (const engine of versions) {
    const works = opcodeWork(engine);
    const without = engine.opcodes
      .filter((_, code) => works[code] === "other opcodes")
      .map(({ name }) => name);
    expect(without.length, without.join(" ")).toBeLessThan(8);
    const of = (name: string) => works[engine.opcodes.findIndex((opcode) => opcode.name === name)];
    expect(of("get_field")).toBe("property access");
    expect(of("call_method")).toBe(otherWork);
    expect(of("add")).toBe("operators");
    expect(of("for_of_next")).toBe("iteration");
  }
});
