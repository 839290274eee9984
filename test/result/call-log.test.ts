/** The ordered calls in typed arrays are the list of rows that they were made of. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { CallLog } from "../../src/result/call-log.ts";
import { eventKinds } from "../../src/result/result.ts";

test("rows go in and come out, by iteration and in JSON", () => {
  const row = fc.record({
    kind: fc.constantFrom(...eventKinds),
    node: fc.nat(2 ** 31 - 1),
    at: fc.nat(Number.MAX_SAFE_INTEGER),
  });
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const log = CallLog.from(rows);
      expect(log.length).toBe(rows.length);
      expect([...log]).toEqual(rows);
      expect(JSON.parse(JSON.stringify({ log })).log).toEqual(rows);
    }),
    { seed: 1 },
  );
});
