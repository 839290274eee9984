/** The picture of `scale` as SVG, for a page: sizes as points, the fit as a curve, the limit as a line. Numbers and words of ours, and the scenario's name as text. */
import { grouped } from "../../base/numbers.ts";
import type { ScaleDocument } from "../../ci/scale-document.ts";
import { inertText } from "../inert.ts";
import { equation } from "./scale-words.ts";

const [width, height] = [720, 400];
const area = { left: 100, right: 700, top: 50, bottom: 350 };
const curveSteps = 100;

export function renderScaleSvg({ scenario, paths, sizes, fit, largest }: ScaleDocument): string {
  const found = [largest?.fits, largest?.next].filter((one) => one != null);
  const runs = [...sizes, ...found].filter(({ failure }) => failure === null);
  const limit = runs.findLast((one) => one.limit !== null)?.limit ?? null;
  const most = Math.max(1, ...runs.map(({ fuel }) => fuel));
  const bound = limit !== null && limit <= 4 * most ? limit : null;
  const [maxN, maxFuel] = [Math.max(1, ...runs.map(({ n }) => n)), Math.max(most, bound ?? 0)];
  const x = (n: number) => round(area.left + (n / maxN) * (area.right - area.left));
  const y = (fuel: number) => round(area.bottom - (fuel / maxFuel) * (area.bottom - area.top));
  const text = (at: readonly [number, number], anchor: string, content: string) =>
    `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}">${escaped(content)}</text>`;
  const parts = [
    text([area.left, 20], "start", `${scenario}: n elements in ${paths.map(({ path }) => path).join(", ")}`),
    ...(fit ? [text([area.left, 38], "start", equation(fit, maxN))] : []),
    `<path d="M${area.left} ${area.top}V${area.bottom}H${area.right}" fill="none" stroke="#888"/>`,
    text([area.left - 8, area.top + 4], "end", grouped(maxFuel)),
    text([area.left - 8, area.bottom], "end", "0"),
    text([area.right, area.bottom + 20], "end", `n = ${grouped(maxN)}`),
  ];
  if (bound !== null)
    parts.push(
      `<path d="M${area.left} ${y(bound)}H${area.right}" stroke="#c33" stroke-dasharray="4 3"/>`,
      text([area.right, y(bound) - 6], "end", `limit ${grouped(bound)}`),
    );
  if (fit) {
    const at = (n: number) => fit.coefficients.reduceRight((sum, one) => sum * n + one, 0);
    const curve = Array.from({ length: curveSteps + 1 }, (_, i) => (i / curveSteps) * maxN)
      .filter((n) => at(n) >= 0 && at(n) <= maxFuel)
      .map((n, i) => `${i === 0 ? "M" : "L"}${x(n)} ${y(at(n))}`);
    parts.push(`<path d="${curve.join("")}" fill="none" stroke="#57c"/>`);
  }
  const dots = runs.map(({ n, fuel }) => {
    const title = escaped(`n = ${grouped(n)}: ${grouped(fuel)} fuel`);
    return `<circle cx="${x(n)}" cy="${y(fuel)}" r="3" fill="#25a"><title>${title}</title></circle>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    ...dots,
    "</svg>",
    "",
  ].join("\n");
}

const round = (value: number): number => Math.round(10 * value) / 10;

function escaped(text: string): string {
  return inertText(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
