/** Documents in chunks: the whole is the same JSON, and no chunk grows with it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { rowsChunks, rowsJson } from "../../src/format/rows.ts";

test("any document says what JSON.stringify says", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const document = { value, table: [value, value] };
      expect(JSON.parse(rowsJson(document, new Set(["table"])))).toEqual(
        JSON.parse(JSON.stringify(document)),
      );
    }),
    { seed: 1 },
  );
});

test("a table may be made while it is written, and long lists come in parts", () => {
  const count = 200_000;
  function* table(): Generator<unknown> {
    for (let i = 0; i < count; i++) yield { i };
  }
  const list = Array.from({ length: count }, (_, i) => i);
  let longest = 0;
  let text = "";
  for (const chunk of rowsChunks({ table: { [Symbol.iterator]: table }, list }, new Set(["table"]))) {
    longest = Math.max(longest, chunk.length);
    text += chunk;
  }
  expect(longest).toBeLessThan(2 * 65_536);
  const { table: rows, list: read } = JSON.parse(text);
  expect([rows.length, rows[count - 1]]).toEqual([count, { i: count - 1 }]);
  expect(read).toEqual(list);
});
