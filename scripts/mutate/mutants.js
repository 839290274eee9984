/**
 * The mutants: a fixture module, damaged in one to three ways, with a command to give it to. All of it follows from
 * (seed, number).
 */
import { readFileSync } from "node:fs";
import { sum } from "../../dist/quickjs/bytecode/read-unit.js";
import { versions } from "../../dist/quickjs/engines/versions.js";
import { decodeModule } from "../../dist/wasm/decode.js";
import { lebEnd, opcodeEnd, rowAt, skipImmediates } from "../../dist/wasm/instructions.js";
import { localDeclarations } from "../../dist/wasm/locals.js";
import { noRow, opcodes, rowNamed } from "../../dist/wasm/opcodes.js";

/**
 * A way to damage a module; `module` is what was in it before.
 * @typedef {import("../../dist/wasm/types.js").Module} Module
 * @typedef {(bytes: Uint8Array, random: Random, module: Module) => Uint8Array} Way
 * @typedef {{ start: number, content: number, end: number, id: number }} Section
 */

const root = new URL("../../", import.meta.url);
/** @type {Map<string, { bytes: Uint8Array, module?: Module }>} */
const cache = new Map();
/**
 * A fixture's bytes and what is in them.
 * @param {string} path
 */
function fixture(path) {
  let found = cache.get(path);
  if (!found) {
    const bytes = new Uint8Array(readFileSync(new URL(path, root)));
    found = path.endsWith(".wasm") ? { bytes, module: decodeModule(bytes) } : { bytes };
    cache.set(path, found);
  }
  return found;
}

/** @type {(generation: string, ...names: string[]) => string[]} */
const engines = (generation, ...names) => names.map((name) => `fixtures/engines/${generation}/${name}.wasm`);
const whole = [
  ...engines("bellard2020", "bare"),
  ...engines("bellard2021", "static", "evaluated", "preinitialised"),
  ...["bellard2023", "bellard2024", "ng19", "ng21", "ng26"].flatMap((name) => engines(name, "static")),
  ...engines("ng28", "bare", "bytecode"),
  "fixtures/javy/static.wasm",
  "fixtures/javy/static-wit.wasm",
];
const embedded = "plugin/plugin.wasm";
/** A program and its plugin. */
const pairs = [
  ...["bellard2021", "bellard2023", "bellard2024", "ng19", "ng21"].map((name) =>
    engines(name, "app", "plugin"),
  ),
  ["fixtures/javy/dynamic-wit.wasm", embedded],
  ...["app", "no-source", "throw"].map((name) => [`fixtures/stripped/${name}.wasm`, embedded]),
  ...["discount", "echo", "logs", "throw"].flatMap((name) =>
    [2, 3].map((generation) => [
      `fixtures/shopify/apps/${name}-v${generation}.wasm`,
      `fixtures/shopify/shopify_functions_javy_v${generation}.wasm`,
    ]),
  ),
];
const all = [...whole, ...new Set(pairs.flat())];
/** @type {Readonly<Record<string, string>>} */
const shopifyInputs = { discount: "cart", echo: "values", logs: "logs", throw: "what" };

/**
 * @param {number} seed
 * @param {number} number
 */
export function mutant(seed, number) {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  /** @type {Record<string, Uint8Array>} */
  const files = {};
  /** @type {string[]} */
  const command = [];
  let target = "";
  let kind = "";
  if (random.below(3) === 0) {
    target = random.pick(whole);
    command.push("app.wasm");
    files["app.wasm"] = fixture(target).bytes;
    kind = "app.wasm";
  } else {
    const [app, plugin] = random.pick(pairs);
    files["app.wasm"] = fixture(app).bytes;
    command.push("app.wasm");
    // the plugin itself, or the program on a sound one; the embedded plugin needs no name
    const damagesPlugin = random.below(3) === 0;
    if (plugin !== embedded || damagesPlugin) {
      files["plugin.wasm"] = fixture(plugin).bytes;
      command.push("--plugin", "plugin.wasm");
    }
    const input = shopifyInputs[/apps\/(\w+)-v/.exec(app)?.[1] ?? ""];
    if (input) {
      files["in.json"] = fixture(`fixtures/shopify/inputs/${input}.json`).bytes;
      command.push("--input", "in.json");
    }
    [target, kind] = damagesPlugin ? [plugin, "plugin.wasm"] : [app, "app.wasm"];
    if (damagesPlugin && random.below(4) === 0) {
      files["app.js"] = new TextEncoder().encode("console.log([3, 1, 2].sort().map(String).join());\n");
      command[0] = "app.js";
    }
  }
  /** @type {string[]} */
  const what = [];
  let bytes = files[kind];
  const gently = random.below(3) > 0;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const way = random.pick(gently ? sound : ways);
    what.push(way.name);
    bytes = way(bytes, random, /** @type {Module} */ (fixture(target).module));
  }
  files[kind] = bytes;
  const choice = random.below(10);
  if (choice === 0 && kind === "app.wasm")
    return done(["info", "app.wasm", ...(random.below(2) ? ["--json"] : [])]);
  if (choice === 0) return done(["info", "plugin.wasm"]);
  if (choice === 1) command.push("--frames", "wasm");
  if (choice === 2) command.push("--frames", "engine");
  if (choice === 3) command.push("--by", "builtin");
  const exported = /-wit|-v3/.test(files["app.wasm"] && command.join()) && random.below(2);
  if (exported) command.push("--export", "x");
  return done(["run", ...command, "--json", "--max-fuel", "12M", "--timeout", "10"]);

  /** @param {readonly string[]} command */
  function done(command) {
    return { files, command, what: `${target} ${what.join(" ")}: ${command.join(" ")}` };
  }
}

/** mulberry32 */
class Random {
  #state;
  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }
  /** @param {number} n */
  below(n) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  }
  /**
   * @template T
   * @param {readonly T[]} list
   */
  pick(list) {
    return list[this.below(list.length)];
  }
}

/**
 * Sections as far as they can be read.
 * @param {Uint8Array} bytes
 */
function sectionsOf(bytes) {
  /** @type {Section[]} */
  const found = [];
  try {
    for (let at = 8; at < bytes.length; ) {
      let size = 0;
      const content = lebEnd(bytes, at + 1);
      for (let i = content - 1; i > at; i--) size = size * 128 + (bytes[i] & 0x7f);
      if (content + size > bytes.length) break;
      found.push({ start: at, content, end: content + size, id: bytes[at] });
      at = content + size;
    }
  } catch {
    // what follows is damaged already
  }
  return found;
}

/** @type {(...parts: Uint8Array[]) => Uint8Array} */
const joined = (...parts) => new Uint8Array(Buffer.concat(parts));
/** @type {(bytes: Uint8Array, change: (copy: Uint8Array) => void) => Uint8Array} */
const changed = (bytes, change) => {
  const copy = bytes.slice();
  change(copy);
  return copy;
};
/**
 * Some bytes within a range replaced.
 * @type {(bytes: Uint8Array, range: { start: number, end: number }, random: Random, most: number) => Uint8Array}
 */
const scratch = (bytes, { start, end }, random, most) =>
  changed(bytes, (copy) => {
    if (end <= start || end > copy.length) return;
    for (let count = 1 + random.below(most); count > 0; count--) {
      const at = start + random.below(end - start);
      copy[at] = random.pick([
        copy[at] ^ (1 << random.below(8)),
        copy[at] + 1,
        copy[at] - 1,
        random.below(256),
        0,
        0x80,
        0xff,
      ]);
    }
  });
/** @type {(ids: readonly number[], most: number) => Way} */
const inSection = (ids, most) => (bytes, random) => {
  const found = sectionsOf(bytes).filter(({ id }) => ids.includes(id));
  const section = found.length > 0 ? random.pick(found) : { content: 8, end: bytes.length };
  return scratch(bytes, { start: section.content, end: section.end }, random, most);
};

/** @type {Way} */
function bits(bytes, random) {
  return changed(bytes, (copy) => {
    for (let count = 1 + random.below(8); count > 0; count--)
      copy[random.below(copy.length)] ^= 1 << random.below(8);
  });
}
/** @type {Way} */
function someBytes(bytes, random) {
  return scratch(bytes, { start: 0, end: bytes.length }, random, 4);
}
/** @type {Way} */
function truncation(bytes, random) {
  return bytes.slice(0, random.below(2) ? random.below(bytes.length) : bytes.length - random.below(40));
}
/** @type {Way} */
function truncationAtSection(bytes, random) {
  const section = random.pick(sectionsOf(bytes));
  return section ? bytes.slice(0, section.start) : bytes;
}
/** @type {Way} */
function dropSection(bytes, random) {
  const section = random.pick(sectionsOf(bytes));
  return section ? joined(bytes.subarray(0, section.start), bytes.subarray(section.end)) : bytes;
}
/** @type {Way} */
function repeatSection(bytes, random) {
  const section = random.pick(sectionsOf(bytes));
  return section ? joined(bytes.subarray(0, section.end), bytes.subarray(section.start)) : bytes;
}
/** @type {Way} */
function swapSections(bytes, random) {
  const sections = sectionsOf(bytes);
  if (sections.length < 2) return bytes;
  const at = random.below(sections.length - 1);
  const [a, b] = [sections[at], sections[at + 1]];
  return joined(
    bytes.subarray(0, a.start),
    bytes.subarray(b.start, b.end),
    bytes.subarray(a.start, a.end),
    bytes.subarray(b.end),
  );
}
/** @type {Way} */
function inserted(bytes, random) {
  const at = random.below(bytes.length);
  return joined(bytes.subarray(0, at), bytes.subarray(0, random.below(20)), bytes.subarray(at));
}
/** @type {Way} */
function removed(bytes, random) {
  const at = random.below(bytes.length);
  return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8)));
}
/**
 * An integer made as large as it can be, or longer than it may be.
 * @type {Way}
 */
function leb(bytes, random) {
  const sections = sectionsOf(bytes).filter(({ id }) => id !== 0);
  const section = random.pick(sections);
  if (!section) return bytes;
  const near = random.below(2) ? 8 : section.end - section.start;
  const at = section.start + 1 + random.below(Math.max(1, Math.min(near, section.end - section.start - 1)));
  const value = random.pick([
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    [0x80, 0x80, 0x80, 0x80, 0x00],
    [0xff, 0xff, 0x03],
    [0x80, 0x00],
  ]);
  return random.below(2)
    ? changed(bytes, (copy) => copy.set(value.slice(0, copy.length - at), at))
    : joined(bytes.subarray(0, at), Uint8Array.from(value), bytes.subarray(at + 1));
}
/**
 * The head of this module and the tail of another, at any place or where a section begins.
 * @type {Way}
 */
function spliced(bytes, random) {
  const other = fixture(random.pick(all)).bytes;
  if (random.below(3) === 0)
    return joined(bytes.subarray(0, random.below(bytes.length)), other.subarray(random.below(other.length)));
  const own = random.pick(sectionsOf(bytes));
  if (!own) return bytes;
  const same = sectionsOf(other).find(({ id }) => id === own.id);
  return joined(
    bytes.subarray(0, own.start),
    same ? other.subarray(same.start, same.end) : new Uint8Array(),
    bytes.subarray(own.end),
  );
}
/**
 * The serialized program, or a name of an exported function.
 * @type {Way}
 */
function payload(bytes, random, module) {
  const passive = module.data.filter(({ mode }) => mode === "passive");
  if (passive.length === 0) return data(bytes, random, module);
  const range = random.pick(passive).bytes;
  return withChecksum(scratch(bytes, range, random, random.pick([1, 2, 8, 64])), range);
}
/**
 * The serialized program with the checksum that it should have, where its engine has one: it would be refused by that alone.
 * @param {Uint8Array} bytes
 * @param {{ start: number, end: number }} range
 */
function withChecksum(bytes, { start, end }) {
  const checked = versions.some(({ version, format }) => version === bytes[start] && format.checksum);
  if (!checked || end - start < 8 || end > bytes.length) return bytes;
  return changed(bytes, (copy) => {
    const view = new DataView(copy.buffer, copy.byteOffset);
    view.setUint32(start + 1, sum(copy.subarray(start + 5, end)), true);
  });
}
const data = inSection([11], 64);
const code = inSection([10], 3);
const tables = inSection([1, 2, 3, 4, 5, 6, 7, 8, 9, 12], 2);
const names = inSection([0], 8);
for (const [name, way] of Object.entries({ data, code, tables, names }))
  Object.defineProperty(way, "name", { value: name });

/** Instructions that take and give the same. */
const alike = [
  [
    "i32.add",
    "i32.sub",
    "i32.and",
    "i32.or",
    "i32.xor",
    "i32.shl",
    "i32.shr_u",
    "i32.mul",
    "i32.div_u",
    "i32.rem_s",
  ],
  ["i32.eq", "i32.ne", "i32.lt_s", "i32.gt_u", "i32.le_s", "i32.ge_u"],
  ["i64.add", "i64.sub", "i64.and", "i64.or", "i64.shl", "i64.div_s"],
  ["i32.load", "i32.load8_u", "i32.load16_s"],
  ["i32.store", "i32.store8", "i32.store16"],
].map((group) => group.map((name) => opcodes[rowNamed(name)].code));

/**
 * Other behaviour, as valid as before: an instruction for one of the same type, a constant, an offset, a target.
 * @type {Way}
 */
function behaviour(bytes, random, module) {
  return changed(bytes, (copy) => {
    for (let count = 1 + random.below(6); count > 0; count--) {
      const body = random.pick(module.bodies);
      if (!body || body.end > copy.length) return;
      const places = [];
      try {
        for (let at = localDeclarations(copy, body).bytes.end; at < body.end; ) {
          const row = rowAt(copy, at);
          if (row === noRow) break;
          const immediates = opcodeEnd(copy, at);
          const end = skipImmediates(copy, immediates, row);
          places.push({ at, immediates, end, name: opcodes[row].name });
          at = end;
        }
      } catch {
        continue;
      }
      const usable = places.filter(
        ({ name, at }) =>
          /const$|load|store|^br(_if)?$|^call$/.test(name) || alike.some((group) => group.includes(copy[at])),
      );
      const place = random.pick(usable);
      if (!place) continue;
      const group = alike.find((codes) => codes.includes(copy[place.at]));
      if (group && random.below(2)) copy[place.at] = random.pick(group);
      else if (place.end > place.immediates) {
        // the low bits of the first or last immediate, its length kept
        const at = /load|store/.test(place.name) ? lebEnd(copy, place.immediates) : place.immediates;
        copy[at] = (copy[at] & 0x80) | (random.below(2) ? (copy[at] + 1) & 0x7f : random.below(64));
      }
    }
  });
}

const ways = [
  ...[
    bits,
    someBytes,
    truncation,
    truncationAtSection,
    dropSection,
    repeatSection,
    swapSections,
    inserted,
    removed,
  ],
  ...[leb, spliced, payload, data, code, tables, names, behaviour],
];
/** Ways that often leave a module that can run. */
const sound = [behaviour, behaviour, behaviour, payload, payload, data, data, names, tables];
