/**
 * An engine's C sources for the generators beside this file: fetched from the Rust crate registry, from PyPI, or at hand,
 * with the crate's own patches applied where its build script does so.
 *
 *   <name> --crate <crate>@<version> | --sdist <package>@<version> [--from folder] [--define NAME]… [--patch NAME]… [--like name] [--check]
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @typedef {ReturnType<typeof parseOptions>} Options */

/**
 * The options that both generators take; `script` is the name for the generated file's header.
 * @param {readonly string[]} args
 * @param {string} script
 * @throws {Error} with the usage, where they are not what it says
 */
export function parseOptions(args, script) {
  const options = {
    ...{ script, name: "", crate: "", sdist: "", from: "", like: "", clang: "clang-19" },
    ...{
      defines: /** @type {string[]} */ ([]),
      patches: /** @type {string[]} */ ([]),
      without: /** @type {string[]} */ ([]),
      check: false,
    },
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === "--crate") options.crate = args[++i] ?? "";
    else if (arg === "--sdist") options.sdist = args[++i] ?? "";
    else if (arg === "--from") options.from = args[++i] ?? "";
    else if (arg === "--like") options.like = args[++i] ?? "";
    else if (arg === "--clang") options.clang = args[++i] ?? "";
    else if (arg === "--without") options.without.push(args[++i] ?? "");
    else if (arg === "--define") options.defines.push(args[++i] ?? "");
    else if (arg === "--patch") options.patches.push(args[++i] ?? "");
    else if (arg === "--check") options.check = true;
    else if (/^[a-z]\w*$/.test(arg) && options.name === "") options.name = arg;
    else throw new Error(`unknown argument ${arg}`);
  }
  if (options.name === "" || !/^[\w-]+@[\w.+-]+$/.test(options.crate || options.sdist))
    throw new Error(
      `usage: node scripts/${script}.js <name> --crate|--sdist <package>@<version> [--from folder] [--define NAME] [--patch NAME] [--check]`,
    );
  return options;
}

/**
 * Calls `use` with the folder that holds quickjs.c, patched; everything temporary is removed again.
 * @param {Options} options
 * @param {(folder: string, temporary: string) => void} use
 */
export function withSources(options, use) {
  const temporary = mkdtempSync(join(tmpdir(), "javy-prof-sources-"));
  try {
    const fetch =
      options.sdist === ""
        ? () => fetchCrate(options.crate, temporary)
        : () => fetchSdist(options.sdist, temporary);
    const folder = options.from === "" ? fetch() : resolve(options.from);
    use(options.patches.length === 0 ? folder : patched(folder, options.patches, temporary), temporary);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** @typedef {{ crate: string, command: string }} Origin */

/**
 * What a generated file says of where it came from.
 * @param {Options} options
 * @param {string} folder
 * @returns {Origin}
 */
export function origin({ crate, sdist, script, name, defines, patches, without, like }, folder) {
  const flags = [
    ...defines.map((each) => ` --define ${each}`),
    ...patches.map((each) => ` --patch ${each}`),
    ...without.map((each) => ` --without ${each}`),
    ...(like === "" ? [] : [` --like ${like}`]),
  ];
  return {
    crate: `${crate === "" ? `source distribution ${sdist}` : `crate ${crate}`}, ${basename(folder)}/`,
    command: `node scripts/${script}.js ${name} ${crate === "" ? `--sdist ${sdist}` : `--crate ${crate}`}${flags.join("")}`,
  };
}

/**
 * Writes a generated file; with `check` compares instead. `path` is relative to the repository.
 * @param {string} path
 * @param {string} text
 * @param {boolean} check
 */
export function writeOrCheck(path, text, check) {
  const file = join(root, path);
  if (!check) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) throw new Error(`${path} differs from its source`);
}

/**
 * A copy of `folder` with patches of the crate that it stands in.
 * @param {string} folder
 * @param {readonly string[]} patches
 * @param {string} temporary
 */
function patched(folder, patches, temporary) {
  const copy = join(temporary, basename(folder));
  cpSync(folder, copy, { recursive: true });
  for (const name of patches) {
    const input = readFileSync(join(dirname(folder), "patches", `${name}.patch`));
    execFileSync("patch", ["-s", "-p1"], { cwd: copy, input });
  }
  return copy;
}

/**
 * Fetches `name@version` with cargo and returns the folder that holds quickjs-opcode.h.
 * @param {string} spec
 * @param {string} temporary
 */
function fetchCrate(spec, temporary) {
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

/**
 * Fetches `name@version` from PyPI as its source distribution and returns the folder that holds quickjs-opcode.h.
 * @param {string} spec
 * @param {string} temporary
 */
function fetchSdist(spec, temporary) {
  const wanted = spec.replace("@", "==");
  const pip = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--no-binary",
    ":all:",
    "-d",
    temporary,
    wanted,
  ];
  execFileSync("python3", pip, { stdio: ["ignore", "ignore", "inherit"] });
  const archive = readdirSync(temporary).find((name) => name.endsWith(".tar.gz"));
  if (archive === undefined) throw new Error(`${spec} has no source distribution`);
  execFileSync("tar", ["xzf", archive], { cwd: temporary });
  const found = findHeader(join(temporary, archive.replace(/\.tar\.gz$/, "")), 4);
  if (found === null) throw new Error(`${spec} holds no quickjs-opcode.h`);
  return found;
}

/**
 * @param {string} folder
 * @param {number} depth how many folders further down it may be
 * @returns {string | null}
 */
function findHeader(folder, depth) {
  if (existsSync(join(folder, "quickjs-opcode.h"))) return folder;
  if (depth === 0) return null;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const found = entry.isDirectory() ? findHeader(join(folder, entry.name), depth - 1) : null;
    if (found !== null) return found;
  }
  return null;
}
