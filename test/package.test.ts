/** The package as users get it: what is in it, and that it runs from an empty folder it was installed into. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
let folder: string;
let files: string[];
let tarball: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "javy-prof-package-"));
  // Without scripts: dist/ is built, and built again it would be pulled from under the other tests.
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const out = execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [packed] = JSON.parse(out) as [{ filename: string; files: { path: string }[] }];
  tarball = join(folder, packed.filename);
  files = packed.files.map(({ path }) => path);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("has what a user needs", () => {
  expect(files).toEqual(
    expect.arrayContaining([
      ...["package.json", "README.md", "LICENSE", "NOTICE", "CHANGELOG.md"],
      ...["dist/cli.js", "dist/run/worker.js", "dist/profiler/counters/collector.wasm"],
      ...["plugin/plugin.wasm", "plugin/plugin.json"],
    ]),
  );
});

test("has nothing else", () => {
  const roots = new Set(files.map((file) => file.split("/")[0]));
  expect([...roots].sort()).toEqual(
    ["CHANGELOG.md", "LICENSE", "NOTICE", "README.md", "dist", "docs", "package.json", "plugin"].sort(),
  );
  expect(files.filter((file) => file.startsWith("plugin/")).sort()).toEqual([
    "plugin/plugin.json",
    "plugin/plugin.wasm",
  ]);
  // Every module in dist/ is compiled from one in src/, every declaration is of such a module: nothing stale.
  const inDist = (extension: string) =>
    files.filter((file) => file.startsWith("dist/") && file.endsWith(extension)).sort();
  const sources = (readdirSync(join(root, "src"), { recursive: true }) as string[])
    .map((file) => `dist/${file.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(".ts"));
  // The collector is assembled from its source when dist/ is built.
  const assembled = "dist/profiler/counters/source.ts";
  const modules = sources.filter((file) => file !== assembled).map((file) => file.replace(/\.ts$/, ".js"));
  expect(inDist(".js")).toEqual(modules.sort());
  for (const file of inDist(".d.ts")) expect(modules).toContain(file.replace(/\.d\.ts$/, ".js"));
  expect(files.filter((file) => file.startsWith("dist/") && !/\.(js|d\.ts)$/.test(file))).toEqual([
    "dist/profiler/counters/collector.wasm",
  ]);
});

test("is installed and profiles a program", () => {
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), "{}");
  writeFileSync(
    join(project, "app.js"),
    `const bytes = new Uint8Array(100);
const length = Javy.IO.readSync(0, bytes);
function double({ n }) {
  return 2 * n;
}
console.log(double(JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)))));
`,
  );
  const npm = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--omit=dev", tarball];
  const installed = spawnSync("npm", npm, { cwd: project, encoding: "utf8" });
  expect(installed.status, installed.stderr).toBe(0);
  const run = spawnSync("npx", ["--no-install", "javy-prof", "app.js"], {
    cwd: project,
    input: '{"n":21}',
    encoding: "utf8",
  });
  expect(run.status, run.stderr).toBe(0);
  expect(run.stdout).toBe("42\n");
  expect(run.stderr).toContain("wrote app.speedscope.json");
  expect(readFileSync(join(project, "app.speedscope.json"), "utf8")).toContain('"double"');
  const doctor = spawnSync("npx", ["--no-install", "javy-prof", "doctor"], {
    cwd: project,
    encoding: "utf8",
  });
  expect(doctor.status, doctor.stdout).toBe(0);
  expect(doctor.stdout).not.toContain("FAIL");
});
