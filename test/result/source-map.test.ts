/** Source maps from anywhere: what is read of one holds together, whatever it says, and what is none is refused. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Diagnostic } from "../../src/base/diagnostics.ts";
import { OriginalPlaces } from "../../src/result/original-places.ts";
import { SourceMap } from "../../src/result/source-map.ts";

const position = fc.record({
  line: fc.integer({ min: 1, max: 30 }),
  column: fc.integer({ min: 1, max: 40 }),
});
const vlq = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const mappings = fc.string({ unit: fc.constantFrom(...vlq, ",", ";", ";", "é"), maxLength: 60 });
const basic = fc.record({
  version: fc.constant(3),
  sources: fc.array(fc.option(fc.string()), { maxLength: 4 }),
  names: fc.array(fc.string(), { maxLength: 4 }),
  sourcesContent: fc.array(fc.option(fc.string()), { maxLength: 4 }),
  mappings,
});
const sections = fc.record({
  version: fc.constant(3),
  sections: fc.array(fc.record({ offset: fc.record({ line: fc.nat(9), column: fc.nat(9) }), map: basic }), {
    maxLength: 3,
  }),
});

test("a position is in a source that there is, and 1-based, whatever the mappings say", () => {
  fc.assert(
    fc.property(fc.oneof(basic, sections), fc.array(position), (map, positions) => {
      const read = new SourceMap(JSON.stringify(map));
      for (const { line, column } of positions)
        for (const found of [
          read.original(line, column),
          read.originalOfLine(line),
          read.exactly(line, column),
        ])
          if (found) {
            expect(read.sources[found.source]).toBeTypeOf("string");
            expect(Math.min(found.line, found.column)).toBeGreaterThan(0);
          }
    }),
  );
});

test("what is no map is refused in words", () => {
  const member = fc.constantFrom(
    "version",
    "sources",
    "names",
    "mappings",
    "sections",
    "offset",
    "map",
    "file",
  );
  const anything = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(3, null, "", "AAAA", -1, true),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(member, tie("value"), { maxKeys: 5 }),
    ),
  })).value;
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        anything.map((value) => JSON.stringify(value)),
      ),
      (text) => {
        try {
          new SourceMap(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Diagnostic);
        }
      },
    ),
  );
});

test("an engine without columns has the original of a line that comes from one line", () => {
  // line 1 from the source's line 1, line 2 from its lines 2 and 3, line 3 from nowhere
  const json = JSON.stringify({ version: 3, sources: ["a.ts"], names: [], mappings: "AAAA,EAAE;AACA,EACA" });
  const places = new OriginalPlaces({
    compiled: "f.mjs",
    name: "b.js",
    text: null,
    map: "b.js.map",
    json,
    sources: ["a.ts"],
  });
  expect(places.at("f.mjs", 1, 0)).toEqual({ file: "a.ts", line: 1, column: null });
  expect(places.at("f.mjs", 2, 0)).toEqual({ file: "(not mapped) b.js", line: 2, column: null });
  expect(places.at("f.mjs", 3, 0)).toEqual({ file: "(not mapped) b.js", line: 3, column: null });
  expect(places.at("<input>", 1, 0)).toEqual({ file: "<input>", line: 1, column: null });
});
