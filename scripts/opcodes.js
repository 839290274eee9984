/**
 * Generates src/quickjs/opcodes/<name>.ts from an engine's own C sources: the opcodes, the operand formats,
 * the predefined atoms, the serialization tags and the version byte, as plain data.
 *
 *   node scripts/opcodes.js ng26 --crate rquickjs-sys@0.12.2
 *   node scripts/opcodes.js ng26 --crate rquickjs-sys@0.12.2 --from path/to/quickjs     (sources at hand)
 *   node scripts/opcodes.js ng26 --crate rquickjs-sys@0.12.2 --check                    (compare, write nothing)
 *
 * Without --from the crate is fetched by `cargo vendor` in a temporary folder. --define NAME (repeatable) is
 * for headers with conditionals: CONFIG_BIGNUM and CONFIG_ATOMICS in Bellard's engine.
 * `DEF` rows are numbered from 0 in order of appearance; `def` rows exist only inside the compiler and have no
 * number of their own.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The lines of a C header that the preprocessor keeps, comments removed. */
export function preprocess(text, defines) {
  const lines = text
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/\/\/.*$/gm, "")
    .split("\n");
  const kept = [];
  /** One entry an open conditional: whether its current branch is kept. */
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

function condition(text, defines) {
  const match = /^(?:defined\s*\(?\s*)?(!?)(\w+)\s*\)?$/.exec(text);
  if (match === null) throw new Error(`unknown condition #if ${text}`);
  return defines.has(match[2]) !== (match[1] === "!");
}

const row = /\bDEF\(\s*(\w+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\w+)\s*\)/g;
const formatRow = /\bFMT\(\s*(\w+)\s*\)/g;
const atomRow = /\bDEF\(\s*(\w+)\s*,\s*"((?:[^"\\]|\\.)*)"\s*\)/g;

/** Everything the generated file holds, from a folder with quickjs-opcode.h, quickjs-atom.h and quickjs.c. */
export function readEngine(folder, extra = []) {
  const defines = new Set(["FMT", "DEF", "def", "SHORT_OPCODES", ...extra]);
  const header = (name) => preprocess(readFileSync(join(folder, name), "utf8"), defines);
  const opcodeText = header("quickjs-opcode.h");
  const opcodes = [...opcodeText.matchAll(row)].map(([, name, size, pop, push, format]) => ({
    name,
    size: Number(size),
    pop: Number(pop),
    push: Number(push),
    format,
  }));
  const formats = [...opcodeText.matchAll(formatRow)].map((match) => match[1]);
  const atoms = [...header("quickjs-atom.h").matchAll(atomRow)].map(([, id, text]) => ({
    id,
    text: JSON.parse(`"${text}"`),
  }));

  const source = readFileSync(join(folder, "quickjs.c"), "utf8");
  const version = /^#define\s+(?:BC_VERSION|BC_BASE_VERSION)\s+(\d+)/m.exec(source);
  const tagEnum = /typedef enum BCTagEnum \{([^}]*)\}/.exec(source);
  if (version === null || tagEnum === null) throw new Error("quickjs.c: no BC_VERSION or BCTagEnum");
  const tags = [...tagEnum[1].matchAll(/\bBC_TAG_(\w+)/g)].map((match) => match[1].toLowerCase());
  /** Atoms are numbered from 1: index 0 of the list is atom 1. */
  const atomOf = (id) => atoms.findIndex((atom) => atom.id === id) + 1;
  return {
    version: Number(version[1]),
    opcodes,
    formats,
    atoms: atoms.map((atom) => atom.text),
    firstPrivate: atomOf("Private_brand"),
    firstSymbol: atomOf("Symbol_toPrimitive"),
    tags,
  };
}

/** The text of the generated file, as biome would lay it out. */
export function render(engine, name, origin) {
  const quote = (text) => JSON.stringify(text);
  const list = (items) => items.map((item) => `    ${item},`).join("\n");
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

/** Fetches `name@version` with cargo and returns the folder that holds quickjs-opcode.h. */
export function fetchCrate(spec, temporary) {
  const [crate, version] = spec.split("@");
  mkdirSync(join(temporary, "src"));
  writeFileSync(join(temporary, "src", "lib.rs"), "");
  writeFileSync(
    join(temporary, "Cargo.toml"),
    `[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n${crate} = "=${version}"\n`,
  );
  execFileSync("cargo", ["vendor", "--quiet", "vendor"], {
    cwd: temporary,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const found = findHeader(join(temporary, "vendor", crate), 4);
  if (found === null) throw new Error(`${spec} holds no quickjs-opcode.h`);
  return found;
}

function findHeader(folder, depth) {
  if (existsSync(join(folder, "quickjs-opcode.h"))) return folder;
  if (depth === 0) return null;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const found = entry.isDirectory() ? findHeader(join(folder, entry.name), depth - 1) : null;
    if (found !== null) return found;
  }
  return null;
}

function main(args) {
  const options = { crate: "", from: "", check: false, defines: [], name: "" };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--crate") options.crate = args[++i] ?? "";
    else if (arg === "--from") options.from = args[++i] ?? "";
    else if (arg === "--define") options.defines.push(args[++i] ?? "");
    else if (arg === "--check") options.check = true;
    else if (/^[a-z]\w*$/.test(arg) && options.name === "") options.name = arg;
    else throw new Error(`unknown argument ${arg}`);
  }
  if (options.name === "" || !/^[\w-]+@[\w.+-]+$/.test(options.crate))
    throw new Error(
      "usage: node scripts/opcodes.js <name> --crate <crate>@<version> [--from folder] [--check]",
    );

  const temporary = mkdtempSync(join(tmpdir(), "javy-prof-opcodes-"));
  try {
    const folder = options.from === "" ? fetchCrate(options.crate, temporary) : options.from;
    const defines = options.defines.map((define) => ` --define ${define}`).join("");
    const text = render(readEngine(folder, options.defines), options.name, {
      crate: `crate ${options.crate}, ${basename(folder)}/`,
      command: `node scripts/opcodes.js ${options.name} --crate ${options.crate}${defines}`,
    });
    const path = join(root, "src", "quickjs", "opcodes", `${options.name}.ts`);
    if (!options.check) writeFileSync(path, text);
    else if (readFileSync(path, "utf8") !== text) throw new Error(`${path} differs from its source`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
