/** How changes of fuel are written, everywhere the same: signed, with their share of what there was before. */
import { grouped, percent } from "../../base/numbers.ts";
import type { Change } from "../../ci/diff.ts";

/** `+694,372`, `-1,204`, `±0`. */
export function signed(fuel: number): string {
  return fuel === 0 ? "±0" : `${fuel < 0 ? "-" : "+"}${grouped(Math.abs(fuel))}`;
}

/** `+8.0%`; `new` where there was nothing, `gone` where nothing is left, and `<0.1%` where the digits would say 0. */
export function share({ base, head }: Change): string {
  if (base === 0) return head === 0 ? "±0%" : "new";
  if (head === 0) return "gone";
  const part = percent(Math.abs(head - base), base);
  const sign = head < base ? "-" : "+";
  if (head === base) return "±0%";
  return part === "0.0" ? `${sign}<0.1%` : `${sign}${part}%`;
}

/** `+694,372 (+8.0%)`. */
export function changeText(change: Change): string {
  return `${signed(change.head - change.base)} (${share(change)})`;
}
