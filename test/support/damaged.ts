/** Damaged modules for fast-check. */
import fc from "fast-check";

/** The bytes with some of them replaced, at any places, or cut. */
export function damaged(sources: fc.Arbitrary<Uint8Array>, changes: number): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    place: fc.noBias(fc.nat(2 ** 31 - 1)),
    change: fc.oneof(
      fc.constantFrom(1, -1, 2, -2).map((delta) => (byte: number) => byte + delta),
      fc.constantFrom(0x00, 0x0b, 0x40, 0x7f, 0x80, 0xff).map((now) => () => now),
      fc.nat(255).map((now) => () => now),
    ),
  });
  return fc
    .record({ source: sources, all: fc.array(change, { minLength: 1, maxLength: changes }) })
    .map(({ source, all }) => {
      const bytes = source.slice();
      // What the module begins with is tested elsewhere, and leaves nothing to rewrite.
      for (const { place, change } of all) {
        const at = 8 + (place % (bytes.length - 8));
        bytes[at] = change(bytes[at]!);
      }
      return bytes;
    });
}
