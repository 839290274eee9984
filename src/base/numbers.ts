/** Numbers as people read them, everywhere the same. */

/** `1204991` as `1,204,991`; an integer. */
export function grouped(number: number | bigint): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `part` of `whole` in percent with one decimal, without the sign: `18.5`. */
export function percent(part: number, whole: number): string {
  return (whole === 0 ? 0 : (100 * part) / whole).toFixed(1);
}

/** `1 line`, `1,204 lines`: for nouns whose plural is an s. */
export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

const scales: Readonly<Record<string, number>> = { "": 1, k: 1e3, K: 1e3, m: 1e6, M: 1e6, g: 1e9, G: 1e9 };

/** A count as people write it (`11000000`, `11_000_000`, `11M`, `500k`, `1.5M`); undefined where the text is none. */
export function countOf(text: string): number | undefined {
  const match = /^(\d[\d_,]*)(\.\d+)?([kKmMgG]?)$/.exec(text.trim());
  if (!match) return undefined;
  const value = Number(match[1]!.replaceAll(/[_,]/g, "") + (match[2] ?? "")) * scales[match[3]!]!;
  return Number.isSafeInteger(value) ? value : undefined;
}
