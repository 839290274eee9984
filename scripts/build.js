/**
 * Builds dist/: src/ compiled by tsc, the kernels that walk over code by AssemblyScript, the collector and the monitors' support library
 * and reporter assembled, optimised and validated by binaryen, and the JSON schema of the result generated from its types. `npm run build`. Users get these
 * in the package; none of the tools runs on their machine.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { toJsonSchema } from "@valibot/to-json-schema";
import { build } from "esbuild";
import { createGenerator } from "ts-json-schema-generator";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");

// Built beside dist/ and moved into its place: a build that fails leaves the last good one.
const fresh = join(root, "dist.new");
rmSync(fresh, { recursive: true, force: true });
execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", fresh], {
  stdio: "inherit",
  cwd: root,
});
nameDeclarations();
await bundle();
await assemble(join(fresh, "profiler", "counters"), "source", "collectorSource", "collector.wasm");
await assemble(join(fresh, "monitor", "support"), "source", "supportSource", "support.wasm");
await assemble(join(fresh, "monitor", "support"), "reporter-source", "reporterSource", "reporter.wasm");
await compileAssembly("kernel", "probe/kernel.wasm");
await compileAssembly("search", "wasm/search.wasm");
await prepareEngine();
writeSchema(
  "result/result.ts",
  "ResultDocument",
  "The result of a javy-prof run, schema 1",
  "result.schema.json",
);
writeSchema(
  "ci/check-document.ts",
  "CheckDocument",
  "The verdicts of a javy-prof check, schema 1",
  "check.schema.json",
);
writeSchema(
  "ci/diff-document.ts",
  "DiffDocument",
  "What changed between two runs, by javy-prof diff, schema 1",
  "diff.schema.json",
);
writeSchema(
  "ci/scale-document.ts",
  "ScaleDocument",
  "What a program costs by the size of its input, by javy-prof scale, schema 1",
  "scale.schema.json",
);
await writeCheckedSchema("config.js", "configSchema", "The configuration of javy-prof", "config.schema.json");
await writeCheckedSchema("limits-file.js", "limitsSchema", "Limits for javy-prof", "limits.schema.json");
chmodSync(join(fresh, "cli.js"), 0o755);
rmSync(join(root, "dist"), { recursive: true, force: true });
renameSync(fresh, join(root, "dist"));

/**
 * Assembles the module whose text `<folder>/<text>.js` exports as `name`, as `<folder>/<file>`.
 * @param {string} folder @param {string} text @param {string} name @param {string} file
 */
async function assemble(folder, text, name, file) {
  const { default: binaryen } = await import("binaryen");
  const { [name]: source } = await import(pathToFileURL(join(folder, `${text}.js`)).href);
  const module = binaryen.parseText(source);
  const { BulkMemory, BulkMemoryOpt, MutableGlobals, SignExt } = binaryen.Features;
  module.setFeatures(BulkMemory | BulkMemoryOpt | MutableGlobals | SignExt);
  if (!module.validate()) throw new Error(`${file} does not validate`);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  // The slow path of a dispatch must stay out of the fast one.
  binaryen.setOneCallerInlineMaxSize(16);
  module.optimize();
  writeFileSync(join(folder, file), module.emitBinary());
  for (const source of [`${text}.js`, `${text}.d.ts`]) rmSync(join(folder, source));
}

/**
 * Compiles a module of assembly/, as `<path>` beside the code: no runtime, and nothing that it would import.
 * @param {string} name @param {string} path
 */
async function compileAssembly(name, path) {
  const { default: asc } = await import("assemblyscript/asc");
  const options = ["-O3", "--runtime", "stub", "--use", "abort="];
  const files = [`assembly/${name}.ts`, "--baseDir", root, "--outFile", join(fresh, path)];
  const { error, stderr } = await asc.main([...files, ...options]);
  const said = stderr.toString();
  if (error || said !== "")
    throw new Error(`assembly/${name}.ts does not compile without a warning\n${said}`);
}

/**
 * The JSON schema of a document, from its type in a file of src/, as `<file>` beside the code.
 * @param {string} source @param {string} type @param {string} title @param {string} file
 */
function writeSchema(source, type, title, file) {
  const schema = createGenerator({
    path: join(root, "src", source),
    tsconfig: join(root, "tsconfig.build.json"),
    type,
    // members beyond the known ones are a newer minor version's
    additionalProperties: true,
    // the build has checked the types already
    skipTypeCheck: true,
  }).createSchema(type);
  writeFileSync(join(fresh, file), `${JSON.stringify({ ...schema, title }, null, 2)}\n`);
}

/**
 * The JSON schema of a file that users write, from the schema that checks it: `name` of `<module>` in ci/.
 * @param {string} module @param {string} name @param {string} title @param {string} file
 */
async function writeCheckedSchema(module, name, title, file) {
  const { [name]: checked } = await import(pathToFileURL(join(fresh, "ci", module)).href);
  // what else is checked of a text (that it is a count, or a tolerance) is said in the descriptions
  const schema = { ...toJsonSchema(checked, { errorMode: "ignore" }), title };
  writeFileSync(join(fresh, file), `${JSON.stringify(schema, null, 2)}\n`);
}

/** Declarations speak of `./x.js`, as the modules beside them do; tsc leaves the sources' own ending. */
function nameDeclarations() {
  const files = readdirSync(fresh, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith(".d.ts"))) {
    const path = join(fresh, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/((?:from|import\()\s*"\.[^"]*)\.ts"/g, '$1.js"'));
  }
}

/**
 * The command as one small entry with chunks on demand, and the guests' thread as one file: read in a few milliseconds, where
 * the modules of the library take many. dist/cli.js stays the command's file, and starts the bundle.
 */
async function bundle() {
  renameSync(join(fresh, "cli.js"), join(fresh, "cli.unbundled.js"));
  const command = await bundled({ cli: join(fresh, "cli.unbundled.js") }, true);
  const thread = await bundled({ worker: join(fresh, "run", "worker.js") }, false);
  rmSync(join(fresh, "cli.unbundled.js"));
  rmSync(join(fresh, "cli.d.ts"));
  writeFileSync(join(fresh, "cli.js"), '#!/usr/bin/env node\nimport "./bin/cli.js";\n');
  writeFileSync(join(fresh, "bin", "NOTICE"), licencesOf([...command, ...thread]));
}

/**
 * Bundles into dist/bin/, and gives the files that went in.
 * @param {Record<string, string>} entryPoints @param {boolean} splitting
 */
async function bundled(entryPoints, splitting) {
  const { metafile } = await build({
    entryPoints,
    outdir: join(fresh, "bin"),
    bundle: true,
    splitting,
    minify: true,
    format: "esm",
    platform: "node",
    // modules rather than CommonJS, which is bundled whole
    mainFields: ["module", "main"],
    target: "node20.19",
    metafile: true,
    // both need files of their own packages beside them
    external: ["speedscope", "open"],
    plugins: [
      { name: "tables-as-files", setup: tablesAsFiles },
      { name: "past-the-face", setup: pastTheFace },
      { name: "commands-together", setup: commandsTogether },
      { name: "node-as-required", setup: nodeAsRequired },
    ],
    logLevel: "warning",
  });
  return Object.keys(metafile.inputs);
}

/**
 * Engines' opcode tables as JSON files, each read when somebody first asks for more than its version: a run needs one of
 * eleven, and V8 reads JSON faster than a hundred thousand bytes of array literals.
 * @param {import("esbuild").PluginBuild} build
 */
function tablesAsFiles({ onLoad }) {
  mkdirSync(join(fresh, "bin", "opcodes"), { recursive: true });
  onLoad({ filter: /[\\/]engines[\\/]opcodes[\\/](ng|bellard)\w+\.js$/ }, async ({ path }) => {
    const [[name, { version, ...rest }]] = Object.entries(await import(pathToFileURL(path).href));
    const file = `opcodes/${name}.json`;
    writeFileSync(join(fresh, "bin", file), JSON.stringify(rest));
    const getters = Object.keys(rest).map((key) => `get ${key}() { return table().${key}; }`);
    const read = `${gotten("node:fs")}.readFileSync(new URL("${file}", import.meta.url), "utf8")`;
    return {
      contents: `
let parsed;
const table = () => (parsed ??= JSON.parse(${read}));
export const ${name} = { version: ${version}, ${getters.join(", ")} };`,
    };
  });
}

/**
 * Node's own modules as `require` gives them. What is imported has all of its exports looked at, and Node loads some of
 * its modules at the first look (of `fs`: its streams and promises). CommonJS that is bundled looks when it uses something:
 * commander asks for `child_process`, and starts nothing.
 * @param {import("esbuild").PluginBuild} build
 */
function nodeAsRequired({ onResolve, onLoad }) {
  onResolve({ filter: /./ }, ({ path, kind }) =>
    kind === "require-call" && isBuiltin(path) ? { path, namespace: "node" } : undefined,
  );
  onLoad({ filter: /./, namespace: "node" }, ({ path }) => ({
    contents: `module.exports = new Proxy({}, { get: (_, name) => ${gotten(path)}[name] });`,
  }));
  onLoad({ filter: /[\\/]dist\.new[\\/].*\.js$/ }, ({ path }) => ({ contents: ownText(path) }));
}

/** @param {string} path */
function gotten(path) {
  return `process.getBuiltinModule(${JSON.stringify(path)})`;
}

/** The text of a file of dist.new/, with Node's modules as required. @param {string} path */
function ownText(path) {
  const text = readFileSync(path, "utf8");
  return text.replace(
    /^import \{([^}]*)\} from "(node:[^"]+)";$/gm,
    (_, /** @type {string} */ names, /** @type {string} */ from) =>
      `const {${names.replace(/ as /g, ": ")}} = ${gotten(from)};`,
  );
}

/**
 * Which commands are read together. A file costs as much as 10 KB of it, so that chunks for each set of commands that
 * share a module would cost more than they save.
 */
function commandGroups() {
  const commands = readdirSync(join(fresh, "commands", "declared")).filter((file) => file.endsWith(".js"));
  const watching = ["run-watch.js", "check-watch.js"];
  const running = ["run.js", "build.js"];
  const looking = ["info.js", "disasm.js", "export.js"];
  const apart = [...running, ...looking, "view.js"];
  return {
    // a program runs where it is read, if it is short
    running: [...running, "../run/trial.js"],
    looking,
    others: [...commands.filter((file) => !apart.includes(file)), ...watching],
  };
}

/** @param {string} path */
function baseOf(path) {
  return path.split("/").at(-1);
}

/** @param {import("esbuild").PluginBuild} build */
function commandsTogether({ onResolve, onLoad }) {
  const groups = Object.entries(commandGroups());
  onResolve({ filter: /^\.{1,2}\/[\w-]+\.js$/ }, ({ path, kind }) => {
    const [group] = groups.find(([, files]) => files.some((file) => baseOf(file) === baseOf(path))) ?? [];
    if (kind === "dynamic-import" && group !== undefined) return { path: group, namespace: "commands" };
    return undefined;
  });
  onLoad({ filter: /.*/, namespace: "commands" }, ({ path }) => ({
    contents: Object.fromEntries(groups)
      [path]?.map((file) => `export * from "./${file}";`)
      .join(""),
    resolveDir: join(fresh, "commands"),
  }));
}

/**
 * Commands import from the library's face, which lists everything: in the bundle each name comes from the module that
 * the face takes it from, so that a command's chunks hold what that command needs.
 * @param {import("esbuild").PluginBuild} build
 */
function pastTheFace({ onLoad }) {
  const face = readFileSync(join(fresh, "index.js"), "utf8");
  /** @type {Map<string, string>} `name from "module"` by the name that the face gives it */
  const sources = new Map();
  for (const [, names = "", module] of face.matchAll(/export \{([^}]*)\} from "\.\/([^"]+)"/g))
    for (const [own = "", shown = own] of namesIn(names)) sources.set(shown, `${own} from ${module}`);
  onLoad({ filter: /[\\/]dist\.new[\\/]commands[\\/][\w-]+\.js$/ }, ({ path }) => ({
    contents: ownText(path).replace(
      /import \{([^}]*)\} from "\.\.\/index\.js";/g,
      (_, /** @type {string} */ names) =>
        namesIn(names)
          .map(([shown = "", own = shown]) => {
            const [name, module] = sources.get(shown)?.split(" from ") ?? [];
            if (module === undefined) throw new Error(`index.js has no ${shown}, which ${path} imports`);
            return `import { ${name} as ${own} } from "../${module}";`;
          })
          .join(""),
    ),
  }));
}

/** The names in the braces of an import or export, each with what it is called instead. @param {string} list */
function namesIn(list) {
  const names = list.split(",").map((one) => one.trim());
  return names.filter((one) => one !== "").map((one) => one.split(" as "));
}

/** The licences of the packages that files are of. @param {readonly string[]} files */
function licencesOf(files) {
  const names = files.flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  return [...new Set(names)]
    .sort()
    .map((name) => {
      const folder = join(root, "node_modules", name);
      const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
      if (licence === undefined) throw new Error(`${name} is bundled and has no licence file`);
      const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return `${name} ${version}\n\n${readFileSync(join(folder, licence), "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(78)}\n\n`);
}

/** The embedded engine, rewritten for what is asked of it by default, with what was found in it. */
async function prepareEngine() {
  const path = pathToFileURL(join(fresh, "profiler", "prepare-engine.js")).href;
  /** @type {typeof import("../src/profiler/prepare-engine.ts")} */
  const { prepareEngine: prepare } = await import(path);
  const { facts, module } = prepare();
  // V8 will not look at functions that are never called
  if (!WebAssembly.validate(/** @type {BufferSource} */ (module)))
    throw new Error("the prepared engine does not validate");
  mkdirSync(join(fresh, "engine"));
  writeFileSync(join(fresh, "engine", "engine.wasm"), module);
  writeFileSync(join(fresh, "engine", "engine.json"), `${JSON.stringify(facts)}\n`);
}
