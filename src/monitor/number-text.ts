/** Floats as Whamm prints them: sign, shortest digits that read back, exponent: +2e0, -1.5e-7, +inf, NaN. */

/** `single`: the number is an f32, whose shortest digits are fewer. */
export function formatFloat(value: number, single: boolean): string {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "+";
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return `${sign}inf`;
  const [digits, exponent] = shortest(magnitude, single).split("e") as [string, string];
  return `${sign}${digits}e${Number(exponent)}`;
}

/** In exponent notation, with as few digits as read back as the same number. */
function shortest(value: number, single: boolean): string {
  if (!single) return value.toExponential();
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toExponential();
}
