/** Sections under an identity map keep their bytes; under added imports every reference still means the same thing. */
import { readFileSync } from "node:fs";
import binaryen from "binaryen";
import { describe, expect, test } from "vitest";
import { ByteReader } from "../../src/base/bytes.ts";
import { modelNamed } from "../../src/fuel/models.ts";
import type { MeterGlobals } from "../../src/probe/plan.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { encodeSections, entry } from "../../src/wasm/encode.ts";
import { functionNames } from "../../src/wasm/names.ts";
import { afterAddedImports, type IndexMap, reindexSection } from "../../src/wasm/reindex.ts";
import { I32, type Module, type Section, SectionId } from "../../src/wasm/types.ts";

const plugin = decodeModule(
  new Uint8Array(readFileSync(new URL("../../plugin/plugin.wasm", import.meta.url))),
);
const { All, CompactImports } = binaryen.Features as typeof binaryen.Features & { CompactImports: number };

function assemble(wat: string): Module {
  const module = binaryen.parseText(wat);
  module.setFeatures(All & ~CompactImports);
  const before = binaryen.getDebugInfo();
  binaryen.setDebugInfo(true);
  const bytes = module.emitBinary();
  binaryen.setDebugInfo(before);
  module.dispose();
  return decodeModule(bytes);
}

/** Every place where a function or global is named. */
const everywhere = `(module $m
  (import "m" "print" (func $print (param i32))) (import "m" "base" (global $base i32))
  (table $t 20 funcref) (table $u 4 4 (ref null func) (ref.func $two))
  (memory 1) (tag $x (param i32))
  (global $fn (mut funcref) (ref.func $two)) (global $copy i32 (global.get $base)) (global $n (mut i32) (i32.const 5))
  (elem (table $t) (i32.const 0) func $two $print $one) (elem $p func $one $two) (elem (table $u) (i32.const 1) func $one)
  (elem (table $t) (global.get $base) func $one) (elem declare func $one)
  (elem $q (table $t) (i32.const 8) (ref null func) (ref.null func) (ref.func $one) (global.get $fn0)) (elem $r funcref (ref.func $two))
  (global $fn0 (ref null func) (ref.func $one)) (data (global.get $base) "x")
  (func $start (global.set $n (i32.const 7))) (start $start)
  (func $one (export "one") (param $a i32) (local $l i64) (block $label (br_if $label (local.get $a))) (call $print (local.get $a)))
  (func $two (drop (ref.func $one)) (table.init $t $p (i32.const 0) (i32.const 0) (i32.const 0)) (elem.drop $r))
  (export "n" (global $n)) (export "two" (func $two)) (export "t" (table $t)) (export "memory" (memory 0)) (export "x" (tag $x)))`;

describe("under the identity map every section keeps its bytes", () => {
  const same = (index: number) => index;
  const identity: IndexMap = { func: same, table: same, memory: same, global: same, tag: same };
  test.each([
    ["the plugin", plugin],
    ["a module with everything", assemble(everywhere.replace("(global.get $fn0)", "(ref.null func)"))],
  ])("in %s", (_, module) => {
    const seen: number[] = [];
    for (const section of module.sections) {
      const now = reindexSection(module, section, identity);
      if (!now) continue;
      seen.push(section.id);
      const was = module.bytes.subarray(section.content, section.end);
      expect(Buffer.from(now).equals(Buffer.from(was)), `section ${section.id} ${section.name}`).toBe(true);
    }
    for (const id of [SectionId.global, SectionId.export, SectionId.element]) expect(seen).toContain(id);
    expect(seen.includes(SectionId.data), "data at an address that is a global's").toBe(module !== plugin);
  });
});

test("data at constant addresses is left alone, unless memories move", () => {
  const data = plugin.sections.find(({ id }) => id === SectionId.data)!;
  expect(reindexSection(plugin, data, afterAddedImports(plugin, { func: 3, global: 2 }))).toBeUndefined();
  const payload = reindexSection(plugin, data, afterAddedImports(plugin, { memory: 1 }))!;
  expect(payload.length).toBeGreaterThan(data.end - data.content);
});

/** One section of a module of one's own, reindexed with `functions` and `globals` added in front of all. */
function moved(
  section: Section,
  bytes: Uint8Array,
  functions: number,
  globals: number,
): number[] | null | undefined {
  const data = [{ mode: "active", address: null }];
  const module = { bytes, imports: [], memories: [], data } as unknown as Module;
  const now = reindexSection(
    module,
    section,
    afterAddedImports(module, { func: functions, global: globals }),
  );
  return now && [...now];
}

// biome-ignore format: bytes
test.each<[what: string, id: number, from: number[], to: number[]]>([
  ["function and global exports; tables, memories and tags stay", SectionId.export,
    [5, 1, 97, 0, 3, 1, 98, 3, 4, 1, 99, 1, 0, 1, 100, 2, 0, 1, 101, 4, 0],
    [5, 1, 97, 0, 8, 1, 98, 3, 6, 1, 99, 1, 0, 1, 100, 2, 0, 1, 101, 4, 0]],
  ["the start function, over a byte's limit", SectionId.start, [124], [0x81, 1]],
  ["an unusual LEB", SectionId.start, [0x83, 0], [8]],
  ["a table with an initialiser, beside one without", SectionId.table,
    [2, 0x40, 0, 0x63, 0x70, 1, 1, 2, 0xd2, 1, 0x0b, 0x70, 4, 5], [2, 0x40, 0, 0x63, 0x70, 1, 1, 2, 0xd2, 6, 0x0b, 0x70, 4, 5]],
  ["globals", SectionId.global,
    [3, 0x7f, 0, 0x23, 1, 0x41, 1, 0x6a, 0x0b, 0x64, 0x70, 1, 0xd2, 1, 0x0b, 0x7e, 0, 0x42, 0xff, 0, 0x0b],
    [3, 0x7f, 0, 0x23, 3, 0x41, 1, 0x6a, 0x0b, 0x64, 0x70, 1, 0xd2, 6, 0x0b, 0x7e, 0, 0x42, 0xff, 0, 0x0b]],
  ["element segments 0 to 3", SectionId.element,
    [4, 0, 0x23, 1, 0x0b, 2, 0, 1, 1, 0, 1, 2, 2, 7, 0x41, 3, 0x0b, 0, 1, 2, 3, 0, 1, 0],
    [4, 0, 0x23, 3, 0x0b, 2, 5, 6, 1, 0, 1, 7, 2, 7, 0x41, 3, 0x0b, 0, 1, 7, 3, 0, 1, 5]],
  ["element segments 4 to 7", SectionId.element,
    [4, 4, 0x41, 1, 0x0b, 1, 0xd2, 1, 0x0b, 5, 0x70, 1, 0xd2, 0, 0x0b, 6, 2, 0x41, 1, 0x0b, 0x64, 0x70, 1, 0x23, 1, 0x0b, 7, 0x70, 1, 0xd0, 0x70, 0x0b],
    [4, 4, 0x41, 1, 0x0b, 1, 0xd2, 6, 0x0b, 5, 0x70, 1, 0xd2, 5, 0x0b, 6, 2, 0x41, 1, 0x0b, 0x64, 0x70, 1, 0x23, 3, 0x0b, 7, 0x70, 1, 0xd0, 0x70, 0x0b]],
  ["data segments", SectionId.data,
    [3, 0, 0x23, 1, 0x0b, 1, 9, 1, 2, 0xd2, 1, 2, 1, 0x41, 1, 0x0b, 0], [3, 0, 0x23, 3, 0x0b, 1, 9, 1, 2, 0xd2, 1, 2, 1, 0x41, 1, 0x0b, 0]],
  ["the name section: functions, locals, labels and globals, not types", SectionId.custom,
    [4, 110, 97, 109, 101, 0, 2, 1, 109, 1, 4, 1, 1, 1, 102, 2, 6, 1, 2, 1, 0, 1, 112, 3, 7, 1, 0x83, 0, 1, 4, 1, 108, 4, 4, 1, 1, 1, 116, 7, 4, 1, 1, 1, 103],
    [4, 110, 97, 109, 101, 0, 2, 1, 109, 1, 4, 1, 6, 1, 102, 2, 6, 1, 7, 1, 0, 1, 112, 3, 6, 1, 8, 1, 4, 1, 108, 4, 4, 1, 1, 1, 116, 7, 4, 1, 3, 1, 103]],
])("moved: %s", (_, id, from, to) => {
  const bytes = Uint8Array.from(from);
  expect(moved({ id, name: id === SectionId.custom ? "name" : "", start: 0, content: 0, end: bytes.length }, bytes, 5, 2)).toEqual(to);
});

test("sections without functions or globals are left alone", () => {
  for (const id of [SectionId.type, SectionId.memory, SectionId.tag, SectionId.dataCount, SectionId.custom])
    expect(
      moved({ id, name: "other", start: 0, content: 0, end: 1 }, Uint8Array.of(1), 1, 1),
    ).toBeUndefined();
});

test("indices of imports stay, those of what is defined move", () => {
  const imports = ["func", "global", "func"].map((kind) => ({ description: { kind } }));
  const map = afterAddedImports({ imports } as unknown as Module, { func: 3, global: 2 });
  expect([0, 1, 2, 9].map(map.func)).toEqual([0, 1, 5, 12]);
  expect([0, 1, 9].map(map.global)).toEqual([0, 3, 11]);
});

/** Subsections of the name section, as [function or block index, [label or local index,] name] by id. */
function allNames(module: Module): Record<number, unknown[]> {
  const section = module.sections.find(({ name }) => name === "name")!;
  const r = new ByteReader(module.bytes.subarray(section.content, section.end));
  r.name();
  const found: Record<number, unknown[]> = {};
  const list = <T>(item: () => T) => Array.from({ length: r.leb() }, item);
  while (!r.done) {
    const id = r.u8();
    const end = r.leb() + r.at;
    const single = (): unknown[] => [r.leb(), r.name()];
    found[id] =
      id === 0 ? [r.name()] : list<unknown[]>(id === 2 || id === 3 ? () => [r.leb(), list(single)] : single);
    expect(r.at).toBe(end);
  }
  return found;
}

function validates(bytes: Uint8Array): boolean {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(All);
  const valid = module.validate() === 1;
  module.dispose();
  return valid;
}

describe("a rewritten module", () => {
  const module = assemble(everywhere.replace("(global.get $fn0)", "(ref.null func)"));
  const hooks = ["a", "b", "c"].map((name) => ({ module: "h", name, params: [I32] }));
  const plan = (globals: MeterGlobals, checks: boolean) => ({
    hooks,
    functions: new Map(),
    meter: { model: modelNamed("wasmtime-50"), mode: "run" as const, globals, checks },
  });

  test.each([
    ["hooks only", { hooks, functions: new Map() }, 3, 0],
    ["defined globals", plan({ kind: "define" }, false), 3, 0],
    ["a tick", plan({ kind: "define" }, true), 4, 0],
    ["imported globals", plan({ kind: "import", module: "meter" }, true), 4, 2],
  ] as const)("is valid and means the same, with %s", (_, how, functions, globals) => {
    const bytes = rewrite(module, how);
    expect(validates(bytes)).toBe(true);
    const now = decodeModule(bytes);
    const map = afterAddedImports(module, { func: functions, global: globals });
    expect(now.start).toBe(map.func(module.start!));
    const moved = ({ kind, index }: { kind: string; index: number }) =>
      kind === "func" ? map.func(index) : kind === "global" ? map.global(index) : index;
    expect(now.exports.slice(0, module.exports.length)).toEqual(
      module.exports.map((one) => ({ ...one, index: moved(one) })),
    );
    const names = allNames(module);
    expect(Object.keys(names)).toEqual(expect.arrayContaining(["0", "1", "2", "7"]));
    const first = (entries: unknown[], to: (index: number) => number) =>
      (entries as [number, unknown][]).map(([index, rest]) => [to(index), rest]);
    expect(allNames(now)).toEqual({
      ...names,
      1: first(names[1]!, map.func),
      2: first(names[2]!, map.func),
      7: first(names[7]!, map.global),
    });
    expect([...functionNames(now)].sort()).toEqual(
      [...functionNames(module)].map(([index, name]) => [map.func(index), name]).sort(),
    );
  });

  test("drops a damaged name section: its indices could not be kept right", () => {
    const section = (damage: number[]) =>
      entry((w) => {
        w.name("name");
        w.copy(Uint8Array.of(1, 4, 1, 0, 1, 0x66, ...damage));
      });
    const damaged = (damage: number[]) =>
      decodeModule(
        encodeSections([
          { id: 1, payload: Uint8Array.of(1, 0x60, 0, 0) },
          { id: 3, payload: Uint8Array.of(1, 0) },
          { id: 10, payload: Uint8Array.of(1, 2, 0, 0x0b) },
          { id: 0, payload: section(damage) },
        ]),
      );
    for (const damage of [[2], [2, 9, 1], [2, 2, 1, 0], [7, 3, 1, 0, 5], [3, 4, 1, 0, 1, 0xff]]) {
      const now = decodeModule(rewrite(damaged(damage), { hooks, functions: new Map() }));
      expect(functionNames(now), damage.join()).toEqual(new Map());
    }
  });
});
