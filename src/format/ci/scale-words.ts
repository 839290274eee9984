/** Numbers and sentences about a fit, the same in every form. */
import { grouped } from "../../base/numbers.ts";
import type { ScaleDocument, ScaleError, ScaleFit, SizeRun } from "../../ci/scale-document.ts";

/** `fuel = 210,113 + 8,432.61·n`: with as many digits as matter at `largest`. */
export function equation({ coefficients }: ScaleFit, largest: number): string {
  const terms = coefficients.map((value, power) => {
    const digits = power === 0 ? 0 : Math.min(6, Math.ceil(Math.log10(Math.max(largest, 1) ** power)) + 1);
    const text = decimal(Math.abs(value), digits) + ["", "·n", "·n²"][power]!;
    if (power === 0) return value < 0 ? `-${text}` : text;
    return `${value < 0 ? " - " : " + "}${text}`;
  });
  return `fuel = ${terms.join("")}`;
}

/** With groups before the point, and no zeros at the end. */
function decimal(value: number, digits: number): string {
  const [whole = "", part = ""] = value.toFixed(digits).split(".");
  const rest = part.replace(/0+$/, "");
  return rest === "" ? grouped(BigInt(whole)) : `${grouped(BigInt(whole))}.${rest}`;
}

/** Both are the largest of their kind, and may be of two sizes. */
function errorText({ fuel, relative }: ScaleError): string {
  return `${grouped(fuel)} fuel, or ${shareText(relative)}`;
}

function shareText(relative: number): string {
  const percent = 100 * relative;
  if (relative === 0) return "0%";
  return percent < 0.01 ? "<0.01%" : `${percent.toFixed(2)}%`;
}

/** What the fit is worth, a line each. */
export function fitWords({ fit, sizes }: ScaleDocument): string[] {
  if (!fit) return ["too few sizes ran well for a fit: name more with --sizes"];
  const { coefficients, error, unseen, other } = fit;
  const isSquare = coefficients.length === 3;
  const count = sizes.filter(({ failure }) => failure === null).length;
  const lines = [`at the ${count} sizes that it was made of, off by at most ${errorText(error)}`];
  if (unseen)
    lines.push(`at each of them when it is left out of the fit, off by at most ${errorText(unseen)}`);
  else lines.push("too few sizes to tell how far it is off at others");
  if (other)
    lines.push(
      isSquare
        ? `n² pays: without it, sizes left out are off by ${errorText(other)}`
        : `n² does not pay: with it, sizes left out are off by ${errorText(other)}`,
    );
  else if (!isSquare) lines.push("too few sizes to tell whether n² pays: five or more do");
  return lines;
}

/** What is over the limit, or how the run failed. Not inert. */
export function problemText({ exceeded, failure, fuel, limit }: SizeRun): string {
  if (failure !== null) return `the guest failed: ${failure}`;
  return exceeded
    .map((amount) =>
      amount === "fuel"
        ? `fuel ${grouped(fuel)} of ${grouped(limit ?? 0)}`
        : amount.replace("Bytes", " bytes over the platform's limit"),
    )
    .join(", ");
}

/** The most that fit, and how that is known, a line each. Not inert. */
export function largestWords({ largest, sizes }: ScaleDocument): string[] {
  if (!largest) return [];
  const { fits, next, expected, again, runs } = largest;
  const lines: string[] = [];
  if (fits && next) {
    const of = fits.limit === null ? "" : ` of ${grouped(fits.limit)}`;
    lines.push(`the largest n that fits: ${grouped(fits.n)}, with ${grouped(fits.fuel)}${of} fuel`);
    lines.push(`n = ${grouped(next.n)} does not: ${problemText(next)}`);
  } else if (fits)
    lines.push(`every size fits, up to n = ${grouped(fits.n)}, which is the largest that is tried`);
  else if (next) lines.push(`no size fits: n = ${grouped(next.n)} does not: ${problemText(next)}`);
  const were = fits && next ? "both were run" : "it was run";
  const said =
    expected === null || !fits
      ? ""
      : expected === fits.n
        ? "; the fit says the same"
        : `; the fit alone says ${grouped(expected)}`;
  lines.push(
    `${were}${said}${runs > 0 ? `; ${grouped(runs)} more runs than the ${sizes.length} above` : ""}`,
  );
  if (again !== null)
    lines.push(`but n = ${grouped(again)} fits again: what it costs does not grow with n alone`);
  return lines;
}
