/**
 * Profiles well-known npm packages, one command each, and prints a table: fuel, whether wasmtime charges the same, size of
 * the profile, peak memory of the command, and what that is beside the same program run without a profile. `node scripts/npm-programs.js [name …]`.
 * Packages are installed through npm into a folder below the system's temporary one and bundled there with esbuild;
 * nothing of the repository changes. The fuel is compared with wasmtime's where the Python
 * that PYTHON names (default python3) has its wheel of the model's major version; elsewhere the column is empty. A row past the limits (20 MB of file; the plain run plus 128 MB) is marked.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = join(root, "dist", "cli.js");

/** A source of so many functions of 200 bytes for parsers, the same each time. @param {number} functions */
const sourceOf = (
  functions,
) => `Array.from({ length: ${functions} }, (_, i) => "function f" + i + "(a, b) { if (a > b) { return a.map((x) => x * " + i +
  "); } for (let i = 0; i < 10; i++) { b += i ? a[i] : { k: [1, 2, i] }.k[0]; } return \`\${a}-\${b}\`; }").join("\\n")`;

const source = sourceOf(40);

/** By name: the package's version, a program that uses it, and the package where that is not the name. */
const programs = {
  terser: ["5", `import { minify } from "terser"; console.log((await minify(${source})).code.length);`],
  "terser, 235 KB": [
    "5",
    `import { minify } from "terser"; console.log((await minify(${sourceOf(1460)})).code.length);`,
    "terser",
  ],
  "@babel/standalone": [
    "7",
    `import { transform } from "@babel/standalone"; console.log(transform(${source}, { presets: ["env"] }).code.length);`,
  ],
  prettier: [
    "3",
    `import { format } from "prettier/standalone"; import * as babel from "prettier/plugins/babel"; import * as estree from "prettier/plugins/estree";
console.log((await format(${source}, { parser: "babel", plugins: [babel, estree] })).length);`,
  ],
  typescript: [
    "5",
    `import ts from "typescript"; console.log(ts.transpileModule(${source}, { compilerOptions: { target: "ES5" } }).outputText.length);`,
  ],
  acorn: [
    "8",
    `import { parse } from "acorn"; console.log(parse(${source}, { ecmaVersion: 2022 }).body.length);`,
  ],
  mathjs: [
    "14",
    `import { create, all } from "mathjs"; const m = create(all); console.log(m.evaluate("det([2, 1, 3; 4, 5, 6; 7, 8, 10]) + sqrt(16)"), String(m.derivative("x^3 * sin(x)", "x")));`,
  ],
  esprima: ["4", `import esprima from "esprima"; console.log(esprima.parseScript(${source}).body.length);`],
  lodash: [
    "4",
    `import _ from "lodash"; console.log(_.sum(_.map(_.groupBy(_.range(5000), (n) => n % 7), (group) => _.sumBy(group, (n) => n * 2))));`,
  ],
  ramda: [
    "0.30",
    `import * as R from "ramda"; console.log(R.pipe(R.map(R.multiply(2)), R.filter((n) => n % 3 === 0), R.sum)(R.range(0, 5000)));`,
  ],
  immutable: [
    "5",
    `import { Map, Range } from "immutable"; console.log(Range(0, 3000).reduce((map, n) => map.set(n, n * 2), Map()).valueSeq().reduce((a, b) => a + b));`,
  ],
  immer: [
    "10",
    `import { produce } from "immer"; let s = { list: [] }; for (let i = 0; i < 500; i++) s = produce(s, (d) => { d.list.push({ i }); }); console.log(s.list.length);`,
  ],
  marked: [
    "15",
    `import { marked } from "marked"; console.log(marked.parse("# Hello\\n\\n* a *b*\\n* c \\\`d\\\`\\n\\n".repeat(200)).length);`,
  ],
  "markdown-it": [
    "14",
    `import markdown from "markdown-it"; console.log(markdown().render("# Hello\\n\\n* a *b*\\n* c \\\`d\\\`\\n\\n".repeat(200)).length);`,
  ],
  handlebars: [
    "4",
    `import H from "handlebars/dist/handlebars.js"; console.log(H.compile("{{#each list}}<b>{{this}}</b>{{/each}}")({ list: Array.from({ length: 1000 }, (_, i) => i) }).length);`,
  ],
  mustache: [
    "4",
    `import M from "mustache"; console.log(M.render("{{#list}}<b>{{.}}</b>{{/list}}", { list: Array.from({ length: 1000 }, (_, i) => i) }).length);`,
  ],
  nunjucks: [
    "3",
    `import n from "nunjucks/browser/nunjucks.js"; console.log(n.renderString("{% for i in list %}<b>{{ i }}</b>{% endfor %}", { list: Array.from({ length: 500 }, (_, i) => i) }).length);`,
  ],
  ajv: [
    "8",
    `import Ajv from "ajv"; const v = new Ajv().compile({ type: "array", items: { type: "object", properties: { n: { type: "number" } }, required: ["n"] } }); console.log(v(Array.from({ length: 1000 }, (_, n) => ({ n }))));`,
  ],
  zod: [
    "3",
    `import { z } from "zod"; const s = z.array(z.object({ n: z.number().min(0), s: z.string() })); console.log(s.parse(Array.from({ length: 1000 }, (_, n) => ({ n, s: "x" }))).length);`,
  ],
  joi: [
    "17",
    `import Joi from "joi/dist/joi-browser.min.js"; console.log(Joi.object({ a: Joi.number() }).validate({ a: 1 }).value.a);`,
  ],
  "decimal.js": [
    "10",
    `import { Decimal } from "decimal.js"; Decimal.set({ precision: 200 }); console.log(Decimal.exp(1).plus(Decimal.sqrt(2)).toString().length);`,
  ],
  "big-integer": [
    "1",
    `import bigInt from "big-integer"; console.log(bigInt(3).pow(2000).mod(bigInt(7).pow(50)).toString().length);`,
  ],
  "date-fns": [
    "4",
    `import { addDays, format } from "date-fns"; let d = new Date(2024, 0, 1); for (let i = 0; i < 300; i++) d = addDays(d, 1); console.log(format(d, "yyyy-MM-dd"));`,
  ],
  dayjs: [
    "1",
    `import dayjs from "dayjs"; let d = dayjs("2024-01-01"); for (let i = 0; i < 500; i++) d = d.add(1, "day"); console.log(d.format("YYYY-MM-DD"));`,
  ],
  luxon: [
    "3",
    `import { Duration } from "luxon"; let d = Duration.fromObject({ hours: 1 }); for (let i = 0; i < 300; i++) d = d.plus({ minutes: i }).normalize(); console.log(d.as("hours"));`,
  ],
  "js-yaml": [
    "4",
    `import yaml from "js-yaml"; console.log(yaml.load("- a: 1\\n  b: [x, y]\\n".repeat(500)).length);`,
  ],
  "fast-xml-parser": [
    "4",
    `import { XMLParser } from "fast-xml-parser"; console.log(new XMLParser().parse("<r>" + "<a k='1'>t</a>".repeat(1000) + "</r>").r.a.length);`,
  ],
  papaparse: [
    "5",
    `import Papa from "papaparse"; console.log(Papa.parse("a,b,c\\n" + "1,2,\\"x,y\\"\\n".repeat(2000)).data.length);`,
  ],
  rxjs: [
    "7",
    `import { range, map, filter, reduce } from "rxjs"; range(0, 5000).pipe(map((n) => n * 2), filter((n) => n % 3 === 0), reduce((a, b) => a + b)).subscribe((n) => console.log(n));`,
  ],
  peggy: [
    "4",
    `import peggy from "peggy"; console.log(peggy.generate("s = a:[0-9]+ '+' b:s { return b + 1 } / [0-9]+ { return 1 }").parse("1+2+3+4"));`,
  ],
  pako: [
    "2",
    `import pako from "pako"; const d = new Uint8Array(50000).map((_, i) => i % 61); console.log(pako.inflate(pako.deflate(d)).length);`,
  ],
  postcss: [
    "8",
    `import postcss from "postcss"; console.log(postcss.parse("a { color: red; b: c }\\n".repeat(1000)).nodes.length);`,
  ],
};
/** A Python that has the wheel: `PYTHON=<venv>/bin/python`. */
const python = process.env["PYTHON"] ?? "python3";
const wheelScript = fileURLToPath(new URL("npm-programs.py", import.meta.url));

const temp = mkdtempSync(join(tmpdir(), "javy-prof-npm-"));

/** Installs and bundles; the bundle's path. @param {string} name @param {readonly string[]} program */
async function bundle(name, [version, text, packageName = name]) {
  const folder = join(temp, name.replace(/\W+/g, "-"));
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{"private":true,"type":"module"}');
  const npm = spawnSync(
    "npm",
    ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", `${packageName}@${version}`],
    { cwd: folder, encoding: "utf8" },
  );
  if (npm.status !== 0) throw new Error(npm.stderr.trim().split("\n").at(-1) ?? "npm failed");
  const entry = join(folder, "entry.js");
  writeFileSync(entry, text);
  const outfile = join(folder, "app.js");
  // what packages ask of a browser or of Node.js, and QuickJS has not
  const banner =
    "globalThis.process ??= { browser: true, env: {}, argv: [], cwd: () => '/', nextTick: (f, ...a) => queueMicrotask(() => f(...a)), versions: {}, stderr: {}, stdout: {} }; globalThis.window ??= globalThis; globalThis.self ??= globalThis;";
  await build({
    ...{
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: "esm",
      platform: "browser",
      logLevel: "silent",
    },
    banner: { js: banner },
    external: ["fs", "path", "os", "perf_hooks", "source-map-support", "inspector"],
    plugins: [{ name: "absent", setup: absent }],
  });
  return outfile;
}

/** Modules of Node.js are empty. @param {import("esbuild").PluginBuild} setup */
function absent(setup) {
  setup.onResolve(
    {
      filter:
        /^(node:.*|fs|path|os|url|util|crypto|perf_hooks|inspector|source-map-support|module|assert|buffer|vm|stream)$/,
    },
    ({ path }) => ({ path, namespace: "absent" }),
  );
  setup.onLoad({ filter: /.*/, namespace: "absent" }, () => ({
    contents: "module.exports = {};",
    loader: "js",
  }));
}

/** Runs the command and says how much memory it took at most, in MB. @param {readonly string[]} args @param {string} cwd */
function measured(args, cwd) {
  const run = spawnSync("/usr/bin/time", ["-f", "%M", process.execPath, cli, ...args], {
    cwd,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  return {
    status: run.status,
    megabytes: Number(run.stderr.trim().split("\n").at(-1)) / 1024,
    stderr: run.stderr,
    stdout: run.stdout,
  };
}

/** What wasmtime charges; null without its wheel. @param {string} app @param {string} folder */
function wheelFuel(app, folder) {
  const built = measured(["build", app, "-o", "app.wasm", "--plugin-out", "plugin.wasm"], folder);
  if (built.status !== 0) return null;
  const run = spawnSync(python, [wheelScript, join(folder, "app.wasm"), join(folder, "plugin.wasm")], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  return run.status === 0 ? Number(run.stdout.trim().split("\n").at(-1)) : null;
}

/** Memory of the program without a profile: as it is, in the same thread. @param {string} app */
function plainMegabytes(app) {
  const library = pathToFileURL(join(root, "dist", "index.js")).href;
  const text = `const { execute, open } = await import(${JSON.stringify(library)}); await execute(await open(${JSON.stringify(app)}));`;
  const args = ["-f", "%M", process.execPath, "--input-type=module", "-e", text];
  const run = spawnSync("/usr/bin/time", args, { encoding: "utf8" });
  return Number(run.stderr.trim().split("\n").at(-1)) / 1024;
}

const wanted = process.argv.slice(2);
const names = Object.keys(programs).filter((name) => wanted.length === 0 || wanted.includes(name));
try {
  console.log(
    "| package | bundle KB | fuel | exact | profile MB | peak MB | over plain | end |\n|---|---|---|---|---|---|---|---|",
  );
  for (const name of names) {
    try {
      const app = await bundle(name, programs[/** @type {keyof typeof programs} */ (name)]);
      const folder = join(app, "..");
      const { megabytes, stderr } = measured(["app.js", "--format", "speedscope,json"], folder);
      const result = JSON.parse(readFileSync(join(folder, "app.fuel.json"), "utf8"));
      const size = statSync(join(folder, "app.speedscope.json")).size / 1e6;
      const { total } = result.fuel;
      const wheel = wheelFuel(app, folder);
      const exact = wheel === null ? "" : wheel === total ? "yes" : `no (${wheel})`;
      const over = megabytes - plainMegabytes(app);
      const kind =
        result.run.exit.kind === "ok"
          ? "ok"
          : `${result.run.exit.kind}: ${(result.run.exit.message ?? "").split("\n")[0].slice(0, 60)}`;
      const mark = size > 20 || over > 128 ? " **" : "";
      console.log(
        `| ${name}${mark} | ${(statSync(app).size / 1000).toFixed(0)} | ${total.toLocaleString("en-US")} | ${exact} | ${size.toFixed(1)} | ${megabytes.toFixed(0)} | ${over.toFixed(0)} | ${kind} |`,
      );
      if (process.env["VERBOSE"]) console.log(stderr);
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      console.log(`| ${name} | failed: ${String(error).split("\n")[0].slice(0, 120)} |`);
    }
  }
} finally {
  rmSync(temp, { recursive: true, force: true });
}
