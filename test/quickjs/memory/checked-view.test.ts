/** A search for a bit field finds what looking at every address finds. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { versions } from "../../../src/quickjs/engines/versions.ts";
import { Glance } from "../../../src/quickjs/memory/checked-view.ts";

const fields = [
  ...new Map(versions.map(({ memory }) => [JSON.stringify(memory.object.gcType), memory])).values(),
];

test.each(fields)("a structure's type, $object.gcType", ({ object }) => {
  const { gcType, gcTypeFunction, gcTypeContext } = object;
  let hits = 0;
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 64, maxLength: 200 }),
      fc.constantFrom(gcTypeFunction, gcTypeContext),
      fc.constantFrom(4, 8),
      fc.nat(16),
      (bytes, value, step, more) => {
        // most bytes are the type, or nearly
        const low = bytes.map((byte) => byte % 7);
        const glance = new Glance({ bytes: low });
        const [from, last] = [8 + more, low.length - 12];
        const expected: number[] = [];
        for (let at = from; at <= last; at += step) if (glance.field(at, gcType) === value) expected.push(at);
        const found: number[] = [];
        const next = (start: number) => glance.search(gcType, value, start, last, step);
        for (let at = next(from); at >= 0; at = next(at + step)) found.push(at);
        expect(found).toEqual(expected);
        hits += found.length;
      },
    ),
  );
  expect(hits).toBeGreaterThan(50);
});
