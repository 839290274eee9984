/** Whatever the bytes of a module, rewriting them gives a module or a Diagnostic; and a valid one where it was valid. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { rewrite } from "../../src/probe/rewrite.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { I64, type Module } from "../../src/wasm/types.ts";
import { damaged } from "../support/damaged.ts";
import { frameHooks, frameProbes, meter } from "../support/metered.ts";
import { arbitraryProgram } from "../support/programs.ts";

const read = (path: string) => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const { cases } = JSON.parse(readFileSync(new URL("../fuel/cases.json", import.meta.url), "utf8")) as {
  cases: { readonly wasm: string }[];
};
const small = cases.map(({ wasm }) => new Uint8Array(Buffer.from(wasm, "base64")));
const plugin = read("../../plugin/plugin.wasm");

const isValid = (bytes: Uint8Array) => WebAssembly.validate(bytes as BufferSource);

function rewriteDamaged(bytes: Uint8Array): boolean {
  let rewritten: Uint8Array;
  let module: Module;
  try {
    module = decodeModule(bytes);
    rewritten = rewrite(module, {
      hooks: [...frameHooks, { module: "javy_prof", name: "x", params: [I64] }],
      functions: new Map(),
      everywhere: frameProbes,
      meter: meter("wasmtime-50", "run", true),
    });
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    expect(error.kind).toBe("unsupported");
    // Nothing that V8 takes is refused; names must be UTF-8, which V8 does not ask of custom sections.
    if (isValid(bytes) && !/malformed UTF-8/.test(error.message)) throw error;
    return false;
  }
  if (isValid(bytes)) expect(isValid(rewritten)).toBe(true);
  return isValid(bytes);
}

test("small modules", () => {
  let valid = 0;
  fc.assert(
    fc.property(damaged(fc.constantFrom(...small), 3), (bytes) => {
      if (rewriteDamaged(bytes)) valid += 1;
    }),
    { numRuns: 6000 },
  );
  expect(valid, "some of the damaged are valid still").toBeGreaterThan(300);
});

test("programs", () => {
  let valid = 0;
  const sources = fc.oneof(arbitraryProgram("none"), arbitraryProgram("legacy")).map(({ bytes }) => bytes);
  fc.assert(
    fc.property(damaged(sources, 3), (bytes) => {
      if (rewriteDamaged(bytes)) valid += 1;
    }),
    { numRuns: 2000 },
  );
  expect(valid).toBeGreaterThan(100);
});

test("the plugin", () => {
  fc.assert(
    fc.property(damaged(fc.constant(plugin), 4), (bytes) => {
      let module: Module;
      try {
        module = decodeModule(bytes);
        rewrite(module, { hooks: [], functions: new Map(), meter: meter("wasmtime-50", "run", true) });
      } catch (error) {
        if (!(error instanceof Diagnostic)) throw error;
        expect(error.kind).toBe("unsupported");
      }
    }),
    { numRuns: 20 },
  );
});
