/** The picture of `scale` as SVG, for a page: sizes as points, the fit as a curve, the limit as a line. Numbers and words of ours, and the scenario's name as text. */
import { grouped } from "../../base/numbers.ts";
import type { ScaleDocument } from "../../ci/scale-document.ts";
import { inertXml } from "../inert.ts";
import { pictureOf } from "./scale-picture.ts";
import { equation } from "./scale-words.ts";

const [width, height] = [720, 400];
const area = { left: 100, right: 700, top: 50, bottom: 350 };
const curveSteps = 100;

export function renderScaleSvg(document: ScaleDocument): string {
  const { scenario, paths, fit } = document;
  const { points, curve, limit, ...most } = pictureOf(document);
  const x = (n: number) => round(area.left + (n / most.n) * (area.right - area.left));
  const y = (fuel: number) => round(area.bottom - (fuel / most.fuel) * (area.bottom - area.top));
  const text = (at: readonly [number, number], anchor: string, content: string) =>
    `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}">${inertXml(content)}</text>`;
  const parts = [
    text([area.left, 20], "start", `${scenario}: n elements in ${paths.map(({ path }) => path).join(", ")}`),
    ...(fit ? [text([area.left, 38], "start", equation(fit, most.n))] : []),
    `<path d="M${area.left} ${area.top}V${area.bottom}H${area.right}" fill="none" stroke="#888"/>`,
    text([area.left - 8, area.top + 4], "end", grouped(most.fuel)),
    text([area.left - 8, area.bottom], "end", "0"),
    text([area.right, area.bottom + 20], "end", `n = ${grouped(most.n)}`),
  ];
  if (limit !== null)
    parts.push(
      `<path d="M${area.left} ${y(limit)}H${area.right}" stroke="#c33" stroke-dasharray="4 3"/>`,
      text([area.right, y(limit) - 6], "end", `limit ${grouped(limit)}`),
    );
  if (curve) {
    const steps = Array.from({ length: curveSteps + 1 }, (_, i) => (i / curveSteps) * most.n)
      .filter((n) => curve(n) >= 0 && curve(n) <= most.fuel)
      .map((n, i) => `${i === 0 ? "M" : "L"}${x(n)} ${y(curve(n))}`);
    parts.push(`<path d="${steps.join("")}" fill="none" stroke="#57c"/>`);
  }
  const dots = points.map(([n, fuel]) => {
    const title = inertXml(`n = ${grouped(n)}: ${grouped(fuel)} fuel`);
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
