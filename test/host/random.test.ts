import { expect, test } from "vitest";
import { randomStream } from "../../src/host/random.ts";

const hex = (fill: (into: Uint8Array) => void, length: number) => {
  const bytes = new Uint8Array(length);
  fill(bytes);
  return Buffer.from(bytes).toString("hex");
};

/** Printed by Rust: rand_pcg 0.9, Pcg64Mcg::seed_from_u64(42), fill_bytes of 16, 5 and 16 bytes. */
test("seed 42 gives what rand_pcg gives", () => {
  const fill = randomStream(42n);
  expect([hex(fill, 16), hex(fill, 5), hex(fill, 16)]).toEqual([
    "9badf442d9e5d6926f6e3ef22a622022",
    "26e7f97e79",
    "b765edc5e83fb4396dbf7620e5231c1e",
  ]);
});

test("another seed gives another stream, the same seed the same", () => {
  expect(hex(randomStream(1n), 32)).not.toBe(hex(randomStream(2n), 32));
  expect(hex(randomStream(7n), 32)).toBe(hex(randomStream(7n), 32));
});
