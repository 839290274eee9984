#!/usr/bin/env node
/**
 * Draws a speedscope profile as a flame graph, a picture for a page that cannot run a viewer:
 *
 *     scripts/flamegraph.js discount.speedscope.json > docs/discount.svg
 *
 * The first profile with calls in order is taken. Calls of one function below the same stack become one box, as wide as
 * their fuel, the widest first; the root is at the top. Names are text of the profiled program: they are escaped.
 * The same profile gives the same bytes.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {import("../src/format/files/speedscope-spec.ts").SpeedscopeFile} SpeedscopeFile
 * @typedef {{ name: string, total: number, below: Map<number, Box> }} Box fuel in `total`, `below` by index of the frame
 */

/** Pixels. */
const width = 880;
const rowHeight = 22;
/** Of one character of the 12 pixel font, about. */
const characterWidth = 6.7;
/** What is narrower is left out. */
const narrowest = 0.6;

/**
 * The calls of a profile as a tree.
 * @param {SpeedscopeFile} file
 * @returns {Box}
 * @throws {Error} where the file has no calls in order
 */
export function boxes({ shared, profiles }) {
  const profile = profiles.find(({ type }) => type === "evented");
  if (profile?.type !== "evented") throw new Error("the file has no profile with calls in order");
  /** @type {Box} */
  const root = { name: profile.name, total: profile.endValue - profile.startValue, below: new Map() };
  /** @type {{ box: Box, at: number }[]} */
  const open = [{ box: root, at: profile.startValue }];
  for (const { type, frame, at } of profile.events) {
    const top = /** @type {{ box: Box, at: number }} */ (open.at(-1));
    if (type === "O") {
      const { below } = top.box;
      const box = below.get(frame) ?? { name: shared.frames[frame]?.name ?? "", total: 0, below: new Map() };
      below.set(frame, box);
      open.push({ box, at });
    } else {
      top.box.total += at - top.at;
      open.pop();
    }
  }
  return root;
}

/**
 * The picture, an SVG document that ends with a line break.
 * @param {SpeedscopeFile} file
 */
export function flameGraph(file) {
  const root = boxes(file);
  /** @type {string[]} */
  const drawn = [];
  let deepest = 0;
  /**
   * @param {Box} box
   * @param {number} x
   * @param {number} depth 0 at the root
   */
  const draw = (box, x, depth) => {
    const size = (box.total / root.total) * width;
    if (size < narrowest) return;
    deepest = Math.max(deepest, depth);
    drawn.push(rectangle(box, x, depth, size, root.total));
    let at = x;
    for (const child of [...box.below.values()].sort((a, b) => b.total - a.total)) {
      draw(child, at, depth + 1);
      at += (child.total / root.total) * width;
    }
  };
  draw(root, 0, 0);
  const height = (deepest + 1) * rowHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fffdf8"/>
${drawn.join("\n")}
</svg>
`;
}

/**
 * @param {Box} box
 * @param {number} x
 * @param {number} depth
 * @param {number} size width in pixels
 * @param {number} whole fuel of the run
 */
function rectangle({ name, total }, x, depth, size, whole) {
  const y = depth * rowHeight;
  const fuel = total.toLocaleString("en-US");
  const percent = `${((total / whole) * 100).toFixed(1)}%`;
  const room = Math.floor((size - 8) / characterWidth);
  const full = `${name}  ${fuel} (${percent})`;
  const label = full.length <= room ? full : name.length <= room ? name : `${name.slice(0, room - 1)}…`;
  const text =
    room < 3 ? "" : `<text x="${round(x + 4)}" y="${y + 15}" xml:space="preserve">${escaped(label)}</text>`;
  return `<g><title>${escaped(full)}</title><rect x="${round(x)}" y="${y}" width="${round(Math.max(size - 1, 0.5))}" height="${rowHeight - 1}" rx="2" fill="${colour(depth === 0 ? "" : name)}"/>${text}</g>`;
}

/** @param {number} pixels */
const round = (pixels) => Number(pixels.toFixed(1));

/**
 * One of the warm colours, always the same one for a name; grey for none.
 * @param {string} name
 */
function colour(name) {
  if (name === "") return "#e4e0d8";
  let hash = 0;
  for (const character of name) hash = (hash * 31 + /** @type {number} */ (character.codePointAt(0))) % 9973;
  return `hsl(${18 + (hash % 36)} 85% ${66 + (hash % 5) * 3}%)`;
}

/**
 * Text of the program as text of the document: without markup, and without characters that XML does not allow.
 * @param {string} text
 */
function escaped(text) {
  return text
    .replace(/[^\t\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path] = process.argv.slice(2);
  if (path === undefined) throw new Error("usage: scripts/flamegraph.js <profile.speedscope.json>");
  process.stdout.write(flameGraph(JSON.parse(readFileSync(path, "utf8"))));
}
