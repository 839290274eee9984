/** The package as users get it: what is in it, and that it runs from an empty folder it was installed into. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

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
      ...["dist/cli.js", "dist/bin/worker.js", "dist/profiler/counters/collector.wasm"],
      ...["dist/probe/kernel.wasm", "dist/monitor/support/support.wasm", "monitors/calls.mm"],
      ...["plugin/plugin.wasm", "plugin/plugin.json", "plugin/positions.wasm"],
    ]),
  );
});

test("says whose code the command's bundle contains", () => {
  const notice = readFileSync(join(root, "dist/bin/NOTICE"), "utf8");
  const names = [...notice.matchAll(/^(\S+) \d+\.\d+\.\d+$/gm)].map((match) => match[1]);
  expect(names).toEqual([
    ...["@jridgewell/resolve-uri", "@jridgewell/sourcemap-codec", "@jridgewell/trace-mapping"],
    ...["@msgpack/msgpack", "chokidar", "commander", "diff", "fdir", "graphql", "lilconfig", "picomatch"],
    ...["pprof-format", "readdirp", "smol-toml", "tinyglobby"],
    "valibot",
  ]);
  expect(notice).toContain("TJ Holowaychuk");
});

test("has nothing else", () => {
  const roots = new Set(files.map((file) => file.split("/")[0]));
  expect([...roots].sort()).toEqual(
    [
      "CHANGELOG.md",
      "LICENSE",
      "NOTICE",
      "README.md",
      "SECURITY.md",
      "dist",
      "docs",
      "monitors",
      "package.json",
      "plugin",
    ].sort(),
  );
  expect(files.filter((file) => file.startsWith("plugin/")).sort()).toEqual([
    "plugin/plugin.json",
    "plugin/plugin.wasm",
    "plugin/positions.wasm",
  ]);
  // Every module in dist/ is compiled from one in src/, every declaration is of such a module: nothing stale.
  const unbundled = files.filter((file) => file.startsWith("dist/") && !file.startsWith("dist/bin/"));
  const inDist = (extension: string) => unbundled.filter((file) => file.endsWith(extension)).sort();
  const sources = (readdirSync(join(root, "src"), { recursive: true }) as string[])
    .map((file) => `dist/${file.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(".ts"));
  // These are assembled from their sources when dist/ is built.
  const assembled = [
    "dist/profiler/counters/source.ts",
    "dist/monitor/support/source.ts",
    "dist/monitor/support/reporter-source.ts",
  ];
  const modules = sources
    .filter((file) => !assembled.includes(file))
    .map((file) => file.replace(/\.ts$/, ".js"));
  expect(inDist(".js")).toEqual(modules.sort());
  const declared = modules.filter((file) => file !== "dist/cli.js");
  expect(inDist(".d.ts")).toEqual(declared.map((file) => file.replace(/\.js$/, ".d.ts")).sort());
  expect(unbundled.filter((file) => !/\.(js|d\.ts)$/.test(file)).sort()).toEqual([
    "dist/check.schema.json",
    "dist/config.schema.json",
    "dist/diff.schema.json",
    "dist/engine/engine.json",
    "dist/engine/engine.wasm",
    "dist/limits.schema.json",
    "dist/monitor/support/reporter.wasm",
    "dist/monitor/support/support.wasm",
    "dist/probe/kernel.wasm",
    "dist/profiler/counters/collector.wasm",
    "dist/result.schema.json",
    "dist/scale.schema.json",
    "dist/wasm/search.wasm",
  ]);
});

describe("installed into an empty project", () => {
  const project = () => join(folder, "project");
  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(project(), name), content);
  const javyProf = (args: readonly string[], input = "") =>
    spawnSync("npx", ["--no-install", "javy-prof", ...args], { cwd: project(), input, encoding: "utf8" });

  beforeAll(() => {
    mkdirSync(project());
    write("package.json", '{"type":"module"}');
    const npm = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--omit=dev", tarball];
    const installed = spawnSync("npm", npm, { cwd: project(), encoding: "utf8" });
    expect(installed.status, installed.stderr).toBe(0);
    write(
      "app.js",
      `const bytes = new Uint8Array(100);
const length = Javy.IO.readSync(0, bytes);
function double({ n }) {
  return 2 * n;
}
console.log(double(JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)))));
`,
    );
  });

  test("the command profiles a program", () => {
    const run = javyProf(["app.js"], '{"n":21}');
    expect(run.status, run.stderr).toBe(0);
    expect(run.stdout).toBe("42\n");
    expect(run.stderr).toContain("wrote app.speedscope.json");
    expect(readFileSync(join(project(), "app.speedscope.json"), "utf8")).toContain('"double :3"');
    const doctor = javyProf(["doctor"]);
    expect(doctor.status, doctor.stdout).toBe(0);
    expect(doctor.stdout).not.toContain("FAIL");
  });

  test("TypeScript wants an esbuild, and the error says how to get one", () => {
    write("typed.ts", "const n: number = 1;\nconsole.log(String(n));\n");
    const without = javyProf(["typed.ts"]);
    expect(without.stderr).toBe(
      `javy-prof: typed.ts is to be bundled, and esbuild is not installed
  install it in your project: npm install --save-dev esbuild
  or bundle it yourself: esbuild typed.ts --bundle --format=esm --sourcemap --outfile=app.js
`,
    );
    expect(without.status).toBe(2);
  });

  /** A consumer in TypeScript, strict, with its declarations checked: what it prints is what the command says. */
  test("the library gives the same result as the command, typed", () => {
    const static_ = readFileSync(join(root, "fixtures/javy/static.wasm"));
    write("static.wasm", static_);
    expect(javyProf(["build", "app.js", "-o", "dynamic.wasm", "--plugin-out", "plugin.wasm"]).status).toBe(0);
    write(
      "use.ts",
      `import { inspect, open, profile, type OpenOptions, type Result } from "javy-prof";
import type { UserHost } from "javy-prof/host";
import { type FuelBound, toUseFuel } from "javy-prof/vitest";
import { readFileSync } from "node:fs";

export const host: UserHost | null = null;
const [path = "", plugin] = process.argv.slice(2);
const options: OpenOptions = plugin === undefined ? {} : { plugin };
const ticks: number[] = [];
const program = await open(path, options);
const bytes = await open(new Uint8Array(readFileSync(path)), { ...options, name: path });
const asked = { input: '{"n":21}', progress: (millions: number) => void ticks.push(millions) };
const { result, speedscope } = await profile(program, asked);
const again = await profile(bytes, asked);
const total: number = (result satisfies Result).fuel.total;
const bound: FuelBound = { atMost: total };
const within: boolean = toUseFuel(result, bound).pass;
const { pass }: { pass: boolean } = await toUseFuel(profile(program, asked), { atMost: total - 1 });
const wrong = await profile(program, { maxFuel: -1 }).catch((error: Error) => error.message);
const stopped = await profile(program, { ...asked, signal: AbortSignal.abort() });
// @ts-expect-error a kind of frames that there is not
const untyped = await profile(program, { frames: "all" }).catch((error: Error) => error.message);
const { kind } = stopped.result.run.exit;
const facts = { within, pass, total, kind: inspect(program).kind, wrong, untyped, stopped: kind, again: again.result.fuel.total };
console.log(JSON.stringify({ ...facts, result, speedscope: JSON.parse(speedscope()).profiles.length }));
`,
    );
    const strict = { strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true };
    const target = { module: "nodenext", target: "es2023", lib: ["es2023", "dom"] };
    const types = { types: ["node"], typeRoots: [join(root, "node_modules/@types")] };
    const compilerOptions = { ...strict, ...target, ...types };
    write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["use.ts"] }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const compiled = spawnSync(process.execPath, [tsc, "-p", "."], { cwd: project(), encoding: "utf8" });
    expect(compiled.stdout).toBe("");
    for (const [path, ...plugin] of [["app.js"], ["static.wasm"], ["dynamic.wasm", "plugin.wasm"]] as const) {
      const used = spawnSync(process.execPath, ["use.js", path, ...plugin], {
        cwd: project(),
        encoding: "utf8",
      });
      expect(used.status, used.stderr).toBe(0);
      const { result, ...facts } = JSON.parse(used.stdout);
      const flags = plugin.length > 0 ? ["--plugin", plugin[0]!] : [];
      const command = JSON.parse(javyProf(["run", path, "--json", ...flags], '{"n":21}').stdout);
      delete result.events;
      expect(result).toEqual(command);
      const { total } = command.fuel;
      expect(facts).toEqual({
        ...{ total, again: total, speedscope: 3, stopped: "interrupted" },
        ...{ within: true, pass: false },
        kind: path === "static.wasm" ? "static" : "dynamic",
        wrong: 'maxFuel takes a whole number, not "-1"',
        untyped: 'frames takes builtin, js, work, engine, wasm, not "all"',
      });
    }
  });

  test("nothing behind the face can be imported", () => {
    const deep = spawnSync(
      process.execPath,
      ["--input-type=module", "-e", 'import "javy-prof/dist/run/session.js"'],
      {
        cwd: project(),
        encoding: "utf8",
      },
    );
    expect(deep.stderr).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
    const schema = spawnSync(process.execPath, ["-p", 'require("javy-prof/result.schema.json").title'], {
      cwd: project(),
      encoding: "utf8",
    });
    expect(schema.stdout).toContain("schema 1");
  });
});
