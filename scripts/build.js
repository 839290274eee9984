/**
 * Builds dist/: src/ compiled by tsc, the collector assembled, optimised and validated by binaryen, and the
 * JSON schema of the result generated from its types. `npm run build`. Users get these in the package; none of the
 * tools runs on their machine.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
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
await assembleCollector();
writeSchema();
chmodSync(join(fresh, "cli.js"), 0o755);
rmSync(join(root, "dist"), { recursive: true, force: true });
renameSync(fresh, join(root, "dist"));

async function assembleCollector() {
  const { default: binaryen } = await import("binaryen");
  const folder = join(fresh, "profiler", "counters");
  const { collectorSource } = await import(pathToFileURL(join(folder, "source.js")).href);
  const module = binaryen.parseText(collectorSource);
  module.setFeatures(
    binaryen.Features.BulkMemory | binaryen.Features.BulkMemoryOpt | binaryen.Features.MutableGlobals,
  );
  if (!module.validate()) throw new Error("the collector does not validate");
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  // The slow path of a dispatch must stay out of the fast one.
  binaryen.setOneCallerInlineMaxSize(16);
  module.optimize();
  writeFileSync(join(folder, "collector.wasm"), module.emitBinary());
  for (const file of ["source.js", "source.d.ts"]) rmSync(join(folder, file));
}

/** The JSON schema of the result, from its types. */
function writeSchema() {
  const schema = createGenerator({
    path: join(root, "src", "result", "result.ts"),
    tsconfig: join(root, "tsconfig.build.json"),
    type: "ResultDocument",
    // members beyond the known ones are a newer minor version's
    additionalProperties: true,
    // the build has checked the types already
    skipTypeCheck: true,
  }).createSchema("ResultDocument");
  const titled = { ...schema, title: "The result of a javy-prof run, schema 1" };
  writeFileSync(join(fresh, "result.schema.json"), `${JSON.stringify(titled, null, 2)}\n`);
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
