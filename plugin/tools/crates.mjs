// Which Rust crates were compiled for the plugin, read off what cargo left:
// each compiled crate has a dependency file (`deps/*.d`) naming its sources,
// and the sources lie beside the Cargo.toml that says version and licence.
// This sees the standard library's own crates too, which `cargo metadata` does
// not, and leaves out build scripts and macros, which run on the host only.

import fs from "node:fs";
import path from "node:path";

/**
 * @param {string} depsDir the `deps` folder of the wasm target
 * @returns {{name: string, version: string, license: string, authors: string[], dir: string, std: boolean}[]}
 *   sorted by name, then version; `std` marks crates of the standard library itself
 */
export function compiledCrates(depsDir) {
  const found = new Map();
  for (const file of fs.readdirSync(depsDir).filter((f) => f.endsWith(".d"))) {
    const source = fs.readFileSync(path.join(depsDir, file), "utf8").match(/: (\/(?:\\ |\S)+\.rs)/)?.[1];
    if (source === undefined) continue; // our own crate: its sources are relative
    const dir = crateDir(source.replaceAll("\\ ", " "));
    const manifest = fs.readFileSync(path.join(dir, "Cargo.toml"), "utf8");
    const field = (name) => manifest.match(new RegExp(`^${name} = ["'](.*)["']`, "m"))?.[1];
    const name = field("name");
    const crate = {
      name,
      version: field("version") ?? "",
      license: (field("license") ?? "").replaceAll("/", " OR "),
      authors: [...(manifest.match(/^authors = \[([^\]]*)\]/m)?.[1] ?? "").matchAll(/"([^"<]*?)\s*(?:<[^"]*)?"/g)].map((m) => m[1]),
      dir,
      std: !dir.includes("/registry/src/"),
    };
    found.set(`${name} ${crate.version}`, crate);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, crate]) => crate);
}

function crateDir(source) {
  let dir = path.dirname(source);
  while (!fs.existsSync(path.join(dir, "Cargo.toml"))) {
    if (dir === path.dirname(dir)) throw new Error(`no Cargo.toml above a source of the build: ${source}`);
    dir = path.dirname(dir);
  }
  return dir;
}
