/** What a module carries, read without running it; and what is said where a part is damaged. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { linkDynamic } from "../../src/javy/link.ts";
import { factsOf, type ModuleFacts } from "../../src/program/inspect.ts";
import { readPlugin } from "../../src/program/plugin.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { appendToVector, encodeSections, entry } from "../../src/wasm/encode.ts";
import { SectionId } from "../../src/wasm/types.ts";
import { compile } from "../support/compile.ts";
import { programOf } from "../support/program.ts";

const pluginBytes = new Uint8Array(readFileSync(new URL("../../plugin/plugin.wasm", import.meta.url)));
const plugin = readPlugin(pluginBytes, "", "plugin");
const source = "export function twice(n) {\n  return 2 * n;\n}\nconsole.log(twice(2));\n";
const payload = compile(source);
const linked = (bytecode: Uint8Array) => linkDynamic(plugin, bytecode, source);

function facts(bytes: Uint8Array, withPlugin = true): ModuleFacts {
  return factsOf(programOf(bytes, withPlugin ? pluginBytes : undefined, "app.js"));
}

test("the engine's own JavaScript in a pre-initialised plugin", () => {
  const { held, problems, engines, payload: none } = programOf(pluginBytes).programs;
  expect([problems, none]).toEqual([[], null]);
  expect(engines.map(({ id }) => id)).toEqual(["ng26"]);
  const functions = held.flatMap(({ unit }) => unit.functions);
  expect(new Set(held.map(({ origin }) => origin))).toEqual(new Set(["memory"]));
  // as javy-plugin-api's io.js and text-encoding.js declare them
  const variables = functions.map((fn) => fn.variables.slice(0, fn.argumentCount).join());
  expect(variables.filter((names) => names === "fd,data")).toHaveLength(2);
  expect(variables).toContain("source,destination");
  expect(functions.every(({ line, code }) => line > 0 && code.length > 0)).toBe(true);
});

describe("a dynamic module", () => {
  const bytes = linked(payload);

  test("its program, where it stands in the file", () => {
    const found = facts(bytes);
    expect(found.kind).toBe("dynamic");
    expect(found.quickjs.map(({ bytecodeVersion }) => bytecodeVersion)).toEqual([26]);
    const { offset, bytes: length } = found.payload!;
    expect(bytes.slice(offset, offset + length)).toEqual(payload);
    expect(found.programs).toHaveLength(1);
    expect(found.programs[0]!.functions.map(({ name, file, line }) => [name, file, line])).toEqual([
      ["(module function.mjs)", "function.mjs", 1],
      ["twice", "function.mjs", 1],
    ]);
    expect(found.source).toMatchObject({ bytes: source.length, lines: 4, text: true });
    expect(found.dispatch).toMatchObject({ name: "JS_CallInternal", targets: 226, nextMostTargets: 42 });
    expect(found.sections.map((section) => section.bytes)).toEqual(
      found.sections.map((section) => section.bytes).sort((a, b) => b - a),
    );
    expect(found.sections.reduce((sum, section) => sum + section.bytes, 8)).toBe(bytes.length);
  });

  test("without its plugin: the program all the same, and no interpreter", () => {
    const found = facts(bytes, false);
    expect([found.dispatch, found.problems]).toEqual([null, []]);
    expect(found.programs[0]!.functions).toHaveLength(2);
  });

  test("exports of a WIT world, each with the function that it calls", () => {
    const module = decodeModule(bytes);
    const exported = entry((w) => {
      w.name("do-it");
      w.u8(0);
      w.leb(2);
    });
    const name = entry((w) => {
      w.u8(1);
      w.name("doIt");
    });
    const added: Readonly<Record<number, Uint8Array>> = {
      [SectionId.export]: exported,
      [SectionId.data]: name,
    };
    const sections = module.sections.map(({ id, content, end }) => {
      const body = bytes.subarray(content, end);
      if (id === SectionId.dataCount) return { id, payload: Uint8Array.of(2) };
      return { id, payload: added[id] ? appendToVector(body, [added[id]]) : body };
    });
    const found = facts(encodeSections(sections));
    expect(found.witExports).toEqual([{ name: "do-it", function: "doIt" }]);
    expect(found.entryPoints).toEqual(["_start", "do-it"]);
    expect(found.programs[0]!.functions).toHaveLength(2);
  });
});

describe("damage is said where it is, and the rest is shown", () => {
  const damaged = (change: (bytes: Uint8Array) => void) => {
    const bytes = payload.slice();
    change(bytes);
    return linked(bytes);
  };

  test("a byte of the program", () => {
    const bytes = damaged((program) => {
      program[30]! ^= 0xff;
    });
    const found = facts(bytes);
    expect(found.problems.map(({ part }) => part)).toEqual(["program"]);
    // the place in the file: the checksum stands behind the version byte
    const place = found.payload!.offset + 1;
    expect(found.problems[0]!.error.offset).toBe(place);
    expect([found.programs, found.dispatch?.targets, found.source?.lines]).toEqual([[], 226, 4]);
  });

  test("a version that nobody knows", () => {
    const found = facts(
      damaged((program) => {
        program[0] = 99;
      }),
    );
    expect(found.problems.map(({ part, error }) => [part, error.message])).toEqual([
      ["engine", "unsupported QuickJS bytecode version 99"],
    ]);
    expect(found.payload?.bytes).toBe(payload.length);
  });

  test("a source that is no text", () => {
    const bytes = linked(payload);
    const section = decodeModule(bytes).sections.find(({ name }) => name === "javy_source")!;
    const found = facts(
      bytes.map((byte, i) => (i > section.content + 12 && i < section.end ? byte ^ 0x80 : byte)),
    );
    expect(found.problems.map(({ part }) => part)).toEqual(["source"]);
    expect(found.source?.text).toBe(false);
    expect(found.programs[0]!.functions).toHaveLength(2);
  });
});

test("a module without QuickJS: what was looked for, and the largest br_tables", () => {
  const collector = facts(
    new Uint8Array(readFileSync(new URL("../../dist/profiler/counters/collector.wasm", import.meta.url))),
  );
  expect([collector.kind, collector.dispatch, collector.branchTables]).toEqual(["other", null, []]);
  expect(collector.problems[0]).toMatchObject({
    part: "dispatch",
    error: { message: "no QuickJS interpreter was found in this module" },
  });
});
