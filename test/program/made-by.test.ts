/** What a module without QuickJS is said to be, by its producers sections, imports and exports. */
import { expect, test } from "vitest";
import type { Diagnostic } from "../../src/base/diagnostics.ts";
import { inspect, open } from "../../src/index.ts";
import { madeBy } from "../../src/program/made-by.ts";
import { decodeModule } from "../../src/wasm/decode.ts";

const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
const section = (id: number, content: readonly number[]) => [id, content.length, ...content];
const list = (items: readonly (readonly number[])[]) => [items.length, ...items.flat()];

interface Parts {
  /** By field: names and versions. */
  readonly producers?: Readonly<Record<string, readonly (readonly [name: string, version: string])[]>>;
  readonly imports?: readonly (readonly [module: string, name: string])[];
  readonly exports?: readonly string[];
  readonly passive?: readonly number[];
}

/** A module with a function of no arguments, one page of memory, and what is asked for. */
function moduleOf({ producers = {}, imports = [], exports = [], passive }: Parts): Uint8Array<ArrayBuffer> {
  const fields = Object.entries(producers).map(([field, values]) => [
    ...text(field),
    ...list(values.map(([name, version]) => [...text(name), ...text(version)])),
  ]);
  const memory = [...text("memory"), 2, 0];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[0x60, 0, 0]])),
    ...section(2, list(imports.map(([module, name]) => [...text(module), ...text(name), 0, 0]))),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, list([memory, ...exports.map((name) => [...text(name), 0, imports.length])])),
    ...section(10, [1, 2, 0, 0x0b]),
    ...(passive ? section(11, [1, 1, passive.length, ...passive]) : []),
    ...(fields.length > 0 ? section(0, [...text("producers"), ...list(fields)]) : []),
  ]);
}

const go = { language: [["Go", "go1.26.8"]], "processed-by": [["Go cmd/compile", "go1.26.8"]] } as const;
const rust = { language: [["Rust", ""]], "processed-by": [["rustc", "1.80.0 (051478957 2024)"]] } as const;
const starling = ["check_init", "coreabi_get_import", "coreabi_sample_i32", "componentize.wizer"];

test.each<[string, Parts, string | null]>([
  ["Go", { producers: go }, "Go 1.26.8"],
  ["Rust", { producers: rust }, "Rust, rustc 1.80.0"],
  ["AssemblyScript", { imports: [["env", "abort"]] }, "AssemblyScript, by its imports and exports"],
  ["ComponentizeJS", { exports: starling }, "JavaScript in SpiderMonkey, as ComponentizeJS makes it"],
  ["C", { producers: { "processed-by": [["clang", "19.1.5"]] } }, "C or C++, clang 19.1.5"],
  ["nothing that tells", { exports: ["check_init"] }, null],
])("%s", (_, parts, what) => {
  expect(madeBy(decodeModule(moduleOf(parts)))?.what ?? null).toBe(what);
});

test("a damaged section is no reason to say nothing of the rest", () => {
  const bytes = moduleOf({ producers: go });
  bytes[bytes.length - 1] = 0xff;
  expect(madeBy(decodeModule(bytes))?.what).toBe("Go 1.26.8");
});

test("what can be done is said, by run and by info", async () => {
  const program = await open(moduleOf({ producers: go, exports: ["_start"] }));
  expect(inspect(program)).toMatchObject({ kind: "other", madeBy: "Go 1.26.8" });
  expect(program.engine?.dispatch.problem).toMatchObject({
    message: "there is no QuickJS in this module: it is Go 1.26.8",
    details: [
      "its WebAssembly functions are profiled with --frames wasm",
      "it has no function names, so that they are numbers: go build without -ldflags=-s",
    ],
  });
  // QuickJS may be in these, of a kind that is not known
  const other = await open(moduleOf({ producers: rust }));
  expect(other.engine?.dispatch.problem?.message).toBe("no QuickJS interpreter was found in this module");
  expect(other.engine?.dispatch.problem?.details).toContain("it is Rust, rustc 1.80.0");
});

test("a data segment alone makes no Javy module", async () => {
  const passive = [26, ...Array<number>(40).fill(1)];
  expect(inspect(await open(moduleOf({ exports: starling, passive })))).toMatchObject({ kind: "other" });
});

test("a component of ComponentizeJS is told from others", async () => {
  const component = (parts: Parts) =>
    Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, ...section(1, [...moduleOf(parts)])]);
  const refusal = (bytes: Uint8Array) => open(bytes).catch((error: Diagnostic) => error.message);
  expect(await refusal(component({ exports: starling.slice(0, 2) }))).toMatch(
    /^this is a component of ComponentizeJS/,
  );
  expect(await refusal(component({ exports: ["run"] }))).toMatch(/^this is a WebAssembly component/);
});
