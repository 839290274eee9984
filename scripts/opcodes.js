/**
 * Generates src/quickjs/engines/opcodes/<name>.ts from an engine's own C sources: the opcodes, the operand formats,
 * the predefined atoms, the serialization tags and the version byte, as plain data.
 *
 *   node scripts/opcodes.js ng26 --crate rquickjs-sys@0.12.2
 *   node scripts/opcodes.js ng26 --crate rquickjs-sys@0.12.2 --from path/to/quickjs     (sources at hand)
 *   node scripts/opcodes.js ng26 --crate rquickjs-sys@0.12.2 --check                    (compare, write nothing)
 *
 * Without --from the crate is fetched by `cargo vendor` in a temporary folder. --define NAME (repeatable) is
 * for headers with conditionals: CONFIG_BIGNUM in Bellard's engine (CONFIG_ATOMICS is never set for WebAssembly).
 * --like NAME is for an engine that differs from a generated one in nothing but the version byte.
 * --without TEXT (repeatable) leaves a predefined atom out, for a commit of the same release that does not have it yet.
 * --patch NAME (repeatable) applies one of the crate's patches/*.patch first, as its build script does.
 * `DEF` rows are numbered from 0 in order of appearance; `def` rows exist only inside the compiler and have no
 * number of their own.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { origin, parseOptions, withSources, writeOrCheck } from "./engine-source.js";

/** @typedef {ReturnType<typeof readEngine>} Engine */
/** @typedef {import("./engine-source.js").Origin} Origin */

/**
 * The lines of a C header that the preprocessor keeps, comments removed.
 * @param {string} text
 * @param {ReadonlySet<string>} defines
 */
export function preprocess(text, defines) {
  const lines = text
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/\/\/.*$/gm, "")
    .split("\n");
  const kept = [];
  /**
   * One entry an open conditional: whether its current branch is kept.
   * @type {boolean[]}
   */
  const open = [];
  for (const line of lines) {
    const directive = /^\s*#\s*(\w+)\s*(.*?)\s*$/.exec(line);
    if (directive === null) {
      if (open.every(Boolean)) kept.push(line);
      continue;
    }
    const [, word, rest] = directive;
    if (word === "ifdef") open.push(defines.has(rest));
    else if (word === "ifndef") open.push(!defines.has(rest));
    else if (word === "if") open.push(condition(rest, defines));
    else if (word === "else") open.push(!open.pop());
    else if (word === "endif") open.pop();
    else if (word !== "define" && word !== "undef" && word !== "include")
      throw new Error(`unknown directive #${word}`);
  }
  if (open.length > 0) throw new Error("unbalanced conditionals");
  return kept.join("\n");
}

/**
 * @param {string} text
 * @param {ReadonlySet<string>} defines
 */
function condition(text, defines) {
  const match = /^(?:defined\s*\(?\s*)?(!?)(\w+)\s*\)?$/.exec(text);
  if (match === null) throw new Error(`unknown condition #if ${text}`);
  return defines.has(match[2]) !== (match[1] === "!");
}

const row = /\bDEF\(\s*(\w+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\w+)\s*\)/g;
const formatRow = /\bFMT\(\s*(\w+)\s*\)/g;
const atomRow = /\bDEF\(\s*(\w+)\s*,\s*"((?:[^"\\]|\\.)*)"\s*\)/g;

/**
 * Everything the generated file holds, from a folder with quickjs-opcode.h, quickjs-atom.h and quickjs.c.
 * @param {string} folder
 * @param {readonly string[]} extra names that are defined beside the usual ones
 * @param {readonly string[]} without predefined atoms that are left out
 */
export function readEngine(folder, extra = [], without = []) {
  const defines = new Set(["FMT", "DEF", "def", "SHORT_OPCODES", ...extra]);
  const header = (/** @type {string} */ name) =>
    preprocess(readFileSync(join(folder, name), "utf8"), defines);
  const opcodeText = header("quickjs-opcode.h");
  const opcodes = [...opcodeText.matchAll(row)].map(([, name, size, pop, push, format]) => ({
    name,
    size: Number(size),
    pop: Number(pop),
    push: Number(push),
    format,
  }));
  const formats = [...opcodeText.matchAll(formatRow)].map((match) => match[1]);
  const all = [...header("quickjs-atom.h").matchAll(atomRow)].map(([, id, text]) => ({
    id,
    text: JSON.parse(`"${text}"`),
  }));
  const atoms = all.filter(({ text }) => !without.includes(text));
  if (all.length - atoms.length !== without.length) throw new Error(`not all of ${without} are predefined`);

  const source = readFileSync(join(folder, "quickjs.c"), "utf8");
  const version = versionByte(source, defines);
  const tagEnum = /typedef enum BCTagEnum \{([^}]*)\}/.exec(source);
  if (version === null || tagEnum === null) throw new Error("quickjs.c: no BC_VERSION or BCTagEnum");
  const tags = [...tagEnum[1].matchAll(/\bBC_TAG_(\w+)/g)].map((match) => match[1].toLowerCase());
  /** Atoms are numbered from 1: index 0 of the list is atom 1. */
  const atomOf = (/** @type {string} */ id) => atoms.findIndex((atom) => atom.id === id) + 1;
  return {
    version,
    opcodes,
    formats,
    atoms: atoms.map((atom) => atom.text),
    firstPrivate: atomOf("Private_brand"),
    firstSymbol: atomOf("Symbol_toPrimitive"),
    tags,
  };
}

/**
 * The first byte of what the engine writes on a little-endian machine; with CONFIG_BIGNUM often another than without.
 * @param {string} source
 * @param {ReadonlySet<string>} defines
 */
function versionByte(source, defines) {
  const number = "(\\d+|0x[\\da-f]+)";
  const either = new RegExp(
    `#ifdef CONFIG_BIGNUM\\s+#define BC_(?:BASE_)?VERSION ${number}\\s+#else\\s+#define BC_(?:BASE_)?VERSION ${number}`,
  ).exec(source);
  if (either !== null) return Number(defines.has("CONFIG_BIGNUM") ? either[1] : either[2]);
  const plain = new RegExp(`^#define\\s+BC_VERSION\\s+${number}\\s*$`, "m").exec(source);
  return plain === null ? null : Number(plain[1]);
}

/**
 * The text of the generated file, as biome would lay it out.
 * @param {Engine} engine
 * @param {string} name
 * @param {Origin} origin
 */
export function render(engine, name, origin) {
  const quote = (/** @type {string} */ text) => JSON.stringify(text);
  const list = (/** @type {readonly string[]} */ items) => items.map((item) => `    ${item},`).join("\n");
  return `// Generated from ${origin.crate} by \`${origin.command}\`. Do not edit.
import type { EngineTable } from "./table.ts";

export const ${name}: EngineTable = {
  version: ${engine.version},
  // name, size in bytes, values popped, values pushed, operand format; the index is the opcode
  opcodes: [
${list(engine.opcodes.map((op) => `[${quote(op.name)}, ${op.size}, ${op.pop}, ${op.push}, ${quote(op.format)}]`))}
  ],
  formats: [
${list(engine.formats.map(quote))}
  ],
  // the first is atom 1
  atoms: [
${list(engine.atoms.map(quote))}
  ],
  firstPrivateAtom: ${engine.firstPrivate},
  firstSymbolAtom: ${engine.firstSymbol},
  // the first is tag 1
  tags: [
${list(engine.tags.map(quote))}
  ],
};
`;
}

/**
 * The text for an engine whose headers differ from those of another in the version byte only, which is checked.
 * @param {Engine} engine
 * @param {string} name
 * @param {string} like
 * @param {Origin} origin
 */
function renderLike(engine, name, like, origin) {
  const other = readFileSync(join(tables, `${like}.ts`), "utf8");
  const body = (/** @type {string} */ text) => text.slice(text.indexOf("  // name, size"));
  if (body(render(engine, name, origin)) !== body(other))
    throw new Error(`${name} differs from ${like} in more than the version byte`);
  return `// Generated from ${origin.crate} by \`${origin.command}\`. Do not edit.
import { ${like} } from "./${like}.ts";
import type { EngineTable } from "./table.ts";

/** The same headers, another form of serialized programs. */
export const ${name}: EngineTable = { ...${like}, version: ${engine.version} };
`;
}

const tables = fileURLToPath(new URL("../src/quickjs/engines/opcodes/", import.meta.url));

/** @param {readonly string[]} args */
function main(args) {
  const options = parseOptions(args, "opcodes");
  withSources(options, (folder) => {
    const engine = readEngine(folder, options.defines, options.without);
    const { name, like } = options;
    const from = origin(options, folder);
    const text = like === "" ? render(engine, name, from) : renderLike(engine, name, like, from);
    writeOrCheck(join("src", "quickjs", "engines", "opcodes", `${options.name}.ts`), text, options.check);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
