/** The functions that have some instructions are those that a walk over all code finds them in. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostic } from "../../../src/base/diagnostics.ts";
import { decodeModule } from "../../../src/wasm/decode.ts";
import { body, encodeModule, entry } from "../../../src/wasm/encode.ts";
import { bodiesContaining } from "../../../src/wasm/facts/containing.ts";
import { opcodes } from "../../../src/wasm/opcodes.ts";
import { type Module, SectionId } from "../../../src/wasm/types.ts";
import { codeOf, marked } from "../../../src/wasm/walk.ts";
import { assemble, everything } from "../../support/binaryen.ts";
import { damaged } from "../../support/damaged.ts";
import { inRoot } from "../../support/javy-prof.ts";
import { arbitraryProgram } from "../../support/programs.ts";

/** Bodies that have a marked instruction, and those that cannot be read. */
function walked(module: Module, rows: Uint8Array): { having: number[]; unreadable: number[] } {
  const [having, unreadable]: [number[], number[]] = [[], []];
  for (const i of module.bodies.keys()) {
    let has = false;
    try {
      for (const code = codeOf(module, module.importedFunctions + i); code.advance(); )
        has ||= rows[code.row] === 1;
    } catch (error) {
      if (!(error instanceof Diagnostic)) throw error;
      unreadable.push(i);
    }
    if (has) having.push(i);
  }
  return { having, unreadable };
}

describe.each(["plugin/plugin.wasm", "fixtures/engines/ng28/bare.wasm", "fixtures/wasm/words.wasm"])(
  "%s",
  (file) => {
    const module = decodeModule(new Uint8Array(readFileSync(inRoot(file))));

    test.each([[["memory.grow", "try"]], [["br_table"]], [["i64.rem_u", "f64.sqrt", "memory.copy"]], [[]]])(
      "%j",
      (names) => {
        const rows = marked(names);
        expect(bodiesContaining(module, rows, 0)).toEqual(walked(module, rows).having);
      },
    );
  },
);

test("all of a module with little code", () => {
  const module = assemble(`(module (func (nop)) (func (nop)))`);
  expect(bodiesContaining(module, marked(["br"]))).toEqual([0, 1]);
  expect(bodiesContaining(module, marked(["br"]), 0)).toEqual([]);
  expect(bodiesContaining(assemble("(module)"), marked(["br"]), 0)).toEqual([]);
});

test("types in their long form are left to who walks", () => {
  const module = assemble(
    `(module (type $t (func)) (func (local (ref null $t))) (func (block (result i64) (i64.const 5)) (drop)) (func (drop (ref.null $t))))`,
    everything,
  );
  expect(bodiesContaining(module, marked(["br"]), 0)).toEqual([0, 2]);
});

test("a br_table that runs past the end of all code", () => {
  const module = assemble(
    `(module (func (param i32) (block (block (br_table 0 1 1 1 1 1 1 1 (local.get 0))))))`,
  );
  const labels = 200_000;
  const code = entry((w) => {
    w.leb(1);
    w.copy(
      body([], (w) => {
        w.copy(Uint8Array.of(0x20, 0x00, 0x0e));
        w.leb(labels);
        for (let i = 0; i < labels / 4; i++) w.copy(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x00));
      }),
    );
  });
  const section = module.sections.find(({ id }) => id === SectionId.code)!;
  const broken = decodeModule(encodeModule(module, new Map([[section, code]])));
  expect(bodiesContaining(broken, marked(["br"]))).toEqual([0]);
});

test("of random code, damaged or not, none is left out", () => {
  const programs = fc
    .oneof(arbitraryProgram("none"), arbitraryProgram("try_table"))
    .map(({ bytes }) => bytes);
  const names = opcodes.map(({ name }) => name);
  fc.assert(
    fc.property(
      fc.oneof(programs, damaged(programs, 2)),
      fc.array(fc.constantFrom(...names.slice(0, 80)), { maxLength: 4 }),
      (bytes, names) => {
        let module: Module;
        try {
          module = decodeModule(bytes);
        } catch (error) {
          if (error instanceof Diagnostic) return;
          throw error;
        }
        const rows = marked(names);
        const found = bodiesContaining(module, rows, 0);
        const { having, unreadable } = walked(module, rows);
        expect(found).toEqual(expect.arrayContaining([...having, ...unreadable]));
      },
    ),
    { numRuns: 300 },
  );
});
