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
