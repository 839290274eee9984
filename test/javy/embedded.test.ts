/** The embedded engine is what its provenance file says, keeps its names, and runs promises and top-level await. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readEmbeddedPlugin } from "../../src/javy/embedded.ts";
import { recognise } from "../../src/javy/module.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { functionNames } from "../../src/wasm/names.ts";
import { runPlain } from "../support/plain.ts";

const provenance = JSON.parse(readFileSync(new URL("../../plugin/plugin.json", import.meta.url), "utf8")) as {
  sha256: string;
  bytes: number;
  importNamespace: string;
  bytecodeVersion: number;
};
const { bytes, sha256 } = readEmbeddedPlugin();

test("sha256, size and namespace are the recorded ones", () => {
  expect({ sha256, bytes: bytes.length }).toEqual({ sha256: provenance.sha256, bytes: provenance.bytes });
  expect(recognise(decodeModule(bytes))).toEqual({
    kind: "plugin",
    namespace: provenance.importNamespace,
    abi: {
      realloc: "cabi_realloc",
      run: { name: "invoke", parameters: 5 },
      compile: { name: "compile-src", words: 3 },
    },
  });
});

test("engine functions have names", () => {
  const names = new Set(functionNames(decodeModule(bytes)).values());
  for (const name of ["JS_CallInternal", "JS_ReadFunctionTag", "js_create_function", "JS_RunGC"]) {
    expect(names, name).toContain(name);
  }
});

test("a program with top-level await runs", () => {
  const { outcome, bytecode } = runPlain(
    'const v = await Promise.resolve("later"); report(); function report() { console.log(v); }',
  );
  expect(bytecode[0]).toBe(provenance.bytecodeVersion);
  expect(outcome.end).toEqual({ kind: "ok" });
  expect(new TextDecoder().decode(outcome.stdout.head)).toBe("later\n");
});

test("no path of the machine that built it is inside", () => {
  const text = Buffer.from(bytes).toString("latin1");
  expect(text).not.toMatch(/\/(root|home|Users|work|tmp)\/[\w.-]+\//);
});
