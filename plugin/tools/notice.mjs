// Writes NOTICE: whose code the embedded engine contains, and under which
// terms. Everything in it is read from the sources of this very build: the
// crates' manifests and licence files, QuickJS' LICENSE, the licence list that
// Debian keeps of its wasi-libc, and the linker's map, which says which
// members of libc.a were used.
//
//   node notice.mjs <deps folder> <linker maps, in one file> <wasi-libc copyright file> <LICENSE> <NOTICE>
//
// The list of crates is a superset: the linker drops crates nobody calls, and
// what was inlined leaves no trace to tell by. Where a crate offers a choice
// we take Apache-2.0, the licence of this project, whose text is in LICENSE.

import fs from "node:fs";
import path from "node:path";
import { compiledCrates } from "./crates.mjs";

const [depsDir, mapFile, libcCopyright, licenseFile, noticeFile] = process.argv.slice(2);
const crates = compiledCrates(depsDir);
const bundled = crates.filter((c) => !c.std);
const std = crates.filter((c) => c.std);
const crate = (name) => {
  const c = crates.find((x) => x.name === name);
  if (c === undefined) throw new Error(`the build has no crate ${name}`);
  return c;
};
const read = (...parts) => fs.readFileSync(path.join(...parts), "utf8");

// ---- Crates by the licence taken ----

// In order of preference. Of Unlicense OR MIT we take the Unlicense, of
// Apache-2.0 OR BSL-1.0 Apache-2.0; a crate that offers none of these stops us.
const PREFERRED = ["Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unlicense", "Zlib", "MIT"];
const byLicense = new Map(PREFERRED.map((l) => [l, []]));
for (const c of bundled) {
  const offered = c.license.split(" OR ");
  const taken = PREFERRED.find((l) => offered.includes(l));
  if (taken === undefined) throw new Error(`${c.name} ${c.version}: no rule for licence "${c.license}"`);
  byLicense.get(taken).push(c);
}

/** The copyright lines of a crate's licence files; templates and prose that merely say "copyright" left out. */
function copyrightLines(dir) {
  const files = fs.readdirSync(dir).filter((f) => /^(licen[cs]e|copying)/i.test(f)).sort();
  const lines = files.flatMap((f) => read(dir, f).split(/\r?\n/));
  const notices = lines
    .map((l, i) => (/^\s*Copyright .*\d{4}\s*$/i.test(l) ? `${l} ${lines[i + 1]}` : l).trim()) // name on the next line
    .filter((l) => /^copyright (\(c\) |©|\d{4}|the )/i.test(l) && !/[[{](year|yyyy|fullname|name of)/i.test(l));
  return [...new Set(notices)];
}

function list(group) {
  return group
    .map((c) => {
      const own = copyrightLines(c.dir);
      return [`  ${c.name} ${c.version}`, ...own.map((l) => `      ${l}`)].join("\n");
    })
    .join("\n");
}

// The licence (section 4d) asks to repeat the NOTICE file of what one includes.
const notices = bundled.flatMap((c) =>
  fs.readdirSync(c.dir).filter((f) => /^notice/i.test(f)).map((f) => `NOTICE of ${c.name}:\n\n${read(c.dir, f).trim().replace(/^/gm, "  ")}`),
);
if (!/Apache License\s+Version 2\.0/.test(read(licenseFile))) {
  throw new Error("LICENSE is not the Apache License 2.0, to which NOTICE refers: include its text in NOTICE");
}

// ---- Licence texts, each from a file of the build ----

const quickjs = read(crate("rquickjs-sys").dir, "quickjs/LICENSE").trim();
const PERMISSION = "Permission is hereby granted";
const mitText = quickjs.slice(quickjs.indexOf(PERMISSION));
const words = (s) => s.replace(/\s+/g, " ").trim();
// One copy of the text serves all, if theirs is the same word for word.
for (const c of byLicense.get("MIT")) {
  for (const f of fs.readdirSync(c.dir).filter((f) => /^licen[cs]e/i.test(f))) {
    const own = read(c.dir, f);
    if (words(own.slice(own.indexOf(PERMISSION))) !== words(mitText)) throw new Error(`${c.name} has an MIT text of its own`);
  }
}
const mitHolders = (title, copyright) => [`  ${title}`, ...copyright.map((l) => `      ${l}`)].join("\n");
const rquickjs = byLicense.get("MIT").filter((c) => c.name.startsWith("rquickjs"));
const llvmException = read(crate("wasi").dir, "LICENSE-Apache-2.0_WITH_LLVM-exception");
const exceptionText = llvmException.slice(llvmException.indexOf("As an exception")).trim();
const zlib = byLicense.get("Zlib").map((c) => `${c.name} ${c.version}\n\n${read(c.dir, "LICENSE").trim()}`);
// unicode-ident runs in macros only; its file is the text of the licence of
// the Unicode data from which core's and QuickJS' character tables are made.
const registry = path.dirname(crate("rquickjs").dir);
const unicodeIdent = fs.readdirSync(registry).find((d) => d.startsWith("unicode-ident-"));
const unicode = read(registry, unicodeIdent, "LICENSE-UNICODE").trim();
// Beside `library` stands the Rust project's own COPYRIGHT.
const [rustCopyright] = read(crate("std").dir, "../../COPYRIGHT").match(/Copyright \(c\) The Rust Project Contributors/);

// ---- wasi-libc: the stanzas of Debian's list that apply to linked members ----

const linked = new Set([...read(mapFile).matchAll(/libc\.a\(([^)]+)\.o\)/g)].map((m) => m[1]));
if (linked.size === 0) throw new Error("the linker map names no member of libc.a");
const stanzas = read(libcCopyright)
  .split(/\n\s*\n/)
  .map((text) => {
    const field = (name) => text.match(new RegExp(`^${name}: ?((?:.*)(?:\\n[ \\t].*)*)`, "m"))?.[1];
    return { files: field("Files")?.split(/\s+/).filter(Boolean), copyright: field("Copyright"), license: field("License") };
  });
// Globs of whole folders always apply, unless the folder is another machine's
// code, Debian's packaging or a generator; single files do when linked.
const OTHER = /^(debian|tools)\/|\/(riscv64|mips64|x32|x86_64|arm)\/|\/regex\//;
const applies = (glob) => {
  if (OTHER.test(glob)) return false;
  const base = path.basename(glob);
  if (base === "*" || !base.endsWith(".c")) return base === "*";
  const pattern = new RegExp(`^${base.slice(0, -2).replaceAll("*", ".*")}$`);
  return [...linked].some((member) => pattern.test(member));
};
const libcParts = stanzas.filter((s) => s.files?.some(applies));
const libcText = (name) => {
  const own = stanzas.find((s) => s.files === undefined && s.license?.split("\n")[0].trim() === name)?.license;
  if (own === undefined) throw new Error(`wasi-libc: no text for licence ${name}`);
  return own.split("\n").slice(1).map((l) => (l.trim() === "." ? "" : l.replace(/^ /, ""))).join("\n").trim();
};
const libcList = libcParts
  .map((s) => {
    const [kind, ...text] = s.license.split("\n").map((l) => l.trim());
    const used = s.files.filter(applies).map((f) => f.replace(/^.*musl\/(src\/)?/, "musl "));
    const what = used.length > 3 ? `musl ${used.length} files of src/${path.basename(path.dirname(s.files[0]))}` : used.join(", ");
    const holders = s.copyright.split("\n").map((l) => l.trim()).filter(Boolean);
    const inline = text.filter((l) => l !== ".").map((l) => `      ${l}`);
    return [`  ${what === "*" ? "wasi-libc" : what}: ${kind}`, ...holders.map((h) => `      Copyright ${h}`), ...inline].join("\n");
  })
  .join("\n");
const libcKinds = new Set(libcParts.map((s) => s.license.split("\n")[0].trim()));

// ---- The file ----

const rule = "-".repeat(78);
const section = (title, ...body) => [rule, title, rule, "", ...body, ""].join("\n");
const text = [
  `javy-prof
Licensed under the Apache License, Version 2.0 (see LICENSE).

dist/bin/ contains packages of npm; their licences are in dist/bin/NOTICE.

plugin/plugin.wasm is the JavaScript engine that javy-prof embeds. It contains
the software listed here. plugin/positions.wasm is its compiler, changed; it
contains QuickJS, wasi-libc and Unicode data of these. This file is generated: plugin/build.sh writes it
from the sources it builds.
`,
  section(
    "QuickJS, rquickjs and others under the MIT License",
    mitHolders("QuickJS (quickjs-ng)", quickjs.split("\n").filter((l) => l.startsWith("Copyright"))),
    // The three are one repository; only the first crate carries its licence file.
    mitHolders(rquickjs.map((c) => `${c.name} ${c.version}`).join(", "), copyrightLines(crate("rquickjs").dir)),
    list(byLicense.get("MIT").filter((c) => !rquickjs.includes(c))),
    "",
    mitText,
  ),
  section(
    "Javy, and others under the Apache License 2.0 with LLVM exception",
    list(byLicense.get("Apache-2.0 WITH LLVM-exception")),
    "",
    "The Apache License 2.0 is in LICENSE. The exception:",
    "",
    exceptionText,
  ),
  section(
    "Rust standard library",
    `${rustCopyright}.`,
    "Licensed under Apache-2.0 or MIT; taken here under Apache-2.0 (see LICENSE).",
    "Of its crates:",
    "",
    std.map((c) => c.name).join(", ").replace(/(.{1,74})(?:\s|$)/g, "  $1\n").trimEnd(),
    "",
    `compiler_builtins is ${crate("compiler_builtins").license}`,
    `(by ${crate("compiler_builtins").authors.join(", ")}):`,
    "the MIT text and the LLVM exception are in this file.",
  ),
  section("wasi-libc", libcList, ...[...libcKinds].filter((k) => k === "BSD-2-clause" || k === "ISC").flatMap((k) => ["", `${k}:`, "", libcText(k)])),
  section("Crates under the Apache License 2.0 (see LICENSE)", list(byLicense.get("Apache-2.0")), ...notices.flatMap((n) => ["", n])),
  section("Crates under the Unlicense (public domain)", list(byLicense.get("Unlicense"))),
  section("Crates under the zlib License", ...zlib),
  section("Unicode data (character tables of QuickJS and of Rust's core)", unicode),
].join("\n");
fs.writeFileSync(noticeFile, `${text.split("\n").map((l) => l.trimEnd()).join("\n").trimEnd()}\n`);
