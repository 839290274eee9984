/** Names of the profiler's own are refused in programs and plugins alike, and others that look like them are not. */
import { expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { readEmbeddedPlugin } from "../../src/javy/embedded.ts";
import { readPlugin } from "../../src/program/plugin.ts";
import { refuseReservedNames } from "../../src/program/reserved-names.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { encodeModule, entry } from "../../src/wasm/encode.ts";
import { assemble } from "../support/binaryen.ts";

test.each([
  ['(func (export "javy_prof.limit"))', 'the module exports "javy_prof.limit": '],
  ['(global (export "javy_prof.fuel") i64 (i64.const 0))', 'the module exports "javy_prof.fuel": '],
  ['(import "javy_prof" "tick" (func))', 'the module imports from "javy_prof": '],
])("%s", (field, message) => {
  expect(() => refuseReservedNames(assemble(`(module ${field})`))).toThrow(message);
});

test("what only looks like them", () => {
  const module = assemble(
    '(module (import "javy_profile" "a" (func)) (func (export "javy_prof")) (func (export "javy_profiler.x")))',
  );
  expect(() => refuseReservedNames(module, "javy_prof2")).not.toThrow();
});

test("a plugin that calls itself as the profiler does", () => {
  const embedded = decodeModule(readEmbeddedPlugin().bytes);
  const section = embedded.sections.find(({ name }) => name === "import_namespace")!;
  const renamed = entry((w) => {
    w.name("import_namespace");
    w.copy(new TextEncoder().encode("javy_prof"));
  });
  const bytes = encodeModule(embedded, new Map([[section, renamed]]));
  expect(() => readPlugin(bytes, "", "plugin")).toThrow(Diagnostic);
  expect(() => readPlugin(bytes, "", "plugin")).toThrow('calls itself "javy_prof"');
});
