/** Percent as a user writes them, `80%` or `12.5%`, and what they are of some fuel. In integers, so that no share is rounded twice. */

/** Parts of a million: of `0.5%` 5000; undefined where the text is no percentage of at most four decimals. */
export function millionthsOf(text: string): bigint | undefined {
  const [, whole, part = ""] = /^(\d+)(?:\.(\d{1,4}))?\s*%$/.exec(text) ?? [];
  return whole === undefined ? undefined : BigInt(whole + part.padEnd(4, "0"));
}

/** So many parts of a million of `fuel`, rounded down. */
export function shareOf(fuel: number, millionths: bigint): number {
  return Number((BigInt(fuel) * millionths) / 1_000_000n);
}
