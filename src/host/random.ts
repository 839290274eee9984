/**
 * The guest's random bytes: the same for the same seed on every machine. PCG64 MCG (a 128-bit multiplicative
 * congruential generator, XSL-RR output), seeded as Rust's rand_core does from a u64: what Shopify's function-runner
 * gives its guests with seed 42, so that programs that use random numbers run the same there and here.
 */

const mask64 = (1n << 64n) - 1n;
const mask128 = (1n << 128n) - 1n;
const multiplier = 0x2360ed051fc65da44385df649fccf645n;

/** A function that fills buffers with the stream of `seed`. */
export function randomStream(seed: bigint): (into: Uint8Array) => void {
  let state = seedState(seed) | 1n;
  const next = (): bigint => {
    state = (state * multiplier) & mask128;
    const rotation = state >> 122n;
    const folded = (state >> 64n) ^ (state & mask64);
    return ((folded >> rotation) | (folded << (64n - rotation))) & mask64;
  };
  return (into) => {
    for (let at = 0; at < into.length; at += 8) {
      let value = next();
      for (let i = at; i < Math.min(at + 8, into.length); i++) {
        into[i] = Number(value & 0xffn);
        value >>= 8n;
      }
    }
  };
}

/** rand_core's seed_from_u64: 16 bytes from a PCG32. */
function seedState(seed: bigint): bigint {
  let state = seed & mask64;
  let result = 0n;
  for (let i = 0n; i < 4n; i++) {
    state = (state * 6364136223846793005n + 11634580027462260723n) & mask64;
    const shifted = (((state >> 18n) ^ state) >> 27n) & 0xffffffffn;
    const rotation = state >> 59n;
    const word = ((shifted >> rotation) | (shifted << ((32n - rotation) & 31n))) & 0xffffffffn;
    result |= word << (32n * i);
  }
  return result;
}
