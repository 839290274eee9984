/**
 * Builds dist/: src/ compiled by tsc, and the collector assembled, optimised and validated by binaryen.
 * `npm run build`. Users get both in the package; neither tsc nor binaryen runs on their machine.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

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
await assembleCollector();
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
