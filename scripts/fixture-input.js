/**
 * What fixture programs read from stdin. A program says it in a header comment, `// input: <generator> <argument>`;
 * without one its stdin is empty. Large inputs are generated, never stored; the same header gives the same bytes.
 * Also says which programs there are: the folder is the list.
 *
 *   node scripts/fixture-input.js           the programs, as JSON: [{"name": "cart", "expect": "ok"}, …]
 *   node scripts/fixture-input.js cart      stdin of cart.js
 */
import { readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

export const programsFolder = new URL("../fixtures/programs/", import.meta.url);

/** The programs and how each ends: "ok", or "throw" for an uncaught exception. Sorted by name. */
export function listPrograms() {
  return readdirSync(programsFolder)
    .filter((file) => file.endsWith(".js"))
    .map((file) => file.slice(0, -".js".length))
    .sort()
    .map((name) => {
      const expect = header(name, "expect") ?? "ok";
      if (expect !== "ok" && expect !== "throw") throw new Error(`${name}.js: unknown "expect: ${expect}"`);
      return { name, expect };
    });
}

/**
 * The bytes that a program finds on its stdin.
 * @param {string} name
 */
export function fixtureInput(name) {
  const [generator, argument] = header(name, "input")?.split(" ") ?? ["empty"];
  const make = generators[generator];
  if (make === undefined) throw new Error(`${name}.js: unknown input generator "${generator}"`);
  return Buffer.from(make(Number(argument)));
}

/**
 * The value of `// key: value` among the comments that a program begins with.
 * @param {string} name
 * @param {string} key
 */
function header(name, key) {
  for (const line of readFileSync(new URL(`${name}.js`, programsFolder), "utf8").split("\n")) {
    if (!line.startsWith("//")) return undefined;
    const match = /^\/\/ (\w+): (.+)$/.exec(line);
    if (match !== null && match[1] === key) return match[2].trim();
  }
  return undefined;
}

/** @type {Readonly<Record<string, (argument: number) => string>>} */
const generators = {
  empty: () => "",

  /** `records <bytes>`: an array of records, padded to exactly so many bytes. */
  records(bytes) {
    const next = numbers(bytes);
    const regions = ["north", "south", "east", "west", "overseas"];
    const tail = (/** @type {number} */ padding) => `],"padding":"${".".repeat(padding)}"}`;
    let text = '{"records":[';
    for (let id = 0; ; id++) {
      const record = {
        id,
        region: regions[next(5)],
        amount: next(100_000),
        tags: [`t${next(9)}`, `t${next(9)}`],
      };
      const more = (id === 0 ? "" : ",") + JSON.stringify(record);
      if (text.length + more.length + tail(0).length > bytes) break;
      text += more;
    }
    return text + tail(bytes - text.length - tail(0).length);
  },

  /** `cart <lines>`: the input of a discount function. */
  cart(lines) {
    const next = numbers(lines);
    const tags = ["Sale", "summer", "Bundle-A", "bundle-b", " clearance ", "wool", "VIP", "new"];
    const rules = [
      { tag: "sale", percent: 10 },
      { tag: "clearance", percent: 30 },
      { tag: "wool", steps: [[8, 25], [5, 15], [2, 5]] }, // biome-ignore format: pairs
      { tags: ["bundle-a", "bundle-b"], percent: 40 },
      { tags: ["vip", "new", "summer"], percent: 50 },
    ];
    const line = (/** @type {unknown} */ _, /** @type {number} */ index) => ({
      id: `gid://shopify/CartLine/${index}`,
      quantity: 1 + next(9),
      cost: {
        amountPerQuantity: {
          amount: `${next(300)}.${String(next(100)).padStart(2, "0")}`,
          currencyCode: "CAD",
        },
      },
      merchandise: {
        id: `gid://shopify/ProductVariant/${1000 + next(500)}`,
        sku: `SKU-${next(50)}-${"SML"[next(3)]}`,
        product: { title: `Product "${index}" – é`, tags: tags.filter(() => next(2) === 0) },
      },
    });
    return JSON.stringify({
      cart: { lines: Array.from({ length: lines }, line) },
      configuration: { value: JSON.stringify({ rules }) },
    });
  },
};

/**
 * A function that gives the next number below n; always the same sequence for a seed.
 * @param {number} seed
 * @returns {(n: number) => number}
 */
function numbers(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const name = process.argv[2];
  process.stdout.write(name === undefined ? JSON.stringify(listPrograms()) : fixtureInput(name));
}
