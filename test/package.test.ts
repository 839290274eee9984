/** What `npm pack` makes, installed into an empty folder, profiles a program there; and it holds nothing it does not need. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "javy-prof-package-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

const [packed] = JSON.parse(
  execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }),
) as [Packed];
const paths = packed.files.map(({ path }) => path);

test("it holds what it needs", () => {
  for (const path of [
    ...[
      "package.json",
      "README.md",
      "LICENSE",
      "NOTICE",
      "CHANGELOG.md",
      "plugin/plugin.wasm",
      "plugin/plugin.json",
    ],
    ...["dist/cli.js", "dist/run/worker.js", "dist/run/collector/collector.wasm"],
  ]) {
    expect(paths).toContain(path);
  }
});

test("and nothing else", () => {
  const expected =
    /^(package\.json|README\.md|LICENSE|NOTICE|CHANGELOG\.md|plugin\/plugin\.(wasm|json)|dist\/[\w./-]+\.(js|d\.ts)|dist\/run\/collector\/collector\.wasm)$/;
  expect(paths.filter((path) => !expected.test(path))).toEqual([]);
  expect(packed.size).toBeLessThan(1_500_000);
});

test("installed into an empty folder, npx javy-prof runs there", () => {
  const app = join(folder, "app");
  execFileSync("mkdir", [app]);
  writeFileSync(join(app, "package.json"), '{ "private": true }');
  const npm = (...args: string[]) =>
    execFileSync("npm", args, { cwd: app, stdio: ["ignore", "ignore", "pipe"] });
  npm("install", "--no-audit", "--no-fund", "--prefer-offline", join(folder, packed.filename));
  writeFileSync(join(app, "app.js"), "console.log(Javy.IO.readSync(0, new Uint8Array(8)));");
  const out = execFileSync("npx", ["--no-install", "javy-prof", "app.js"], {
    cwd: app,
    input: "hello",
    encoding: "utf8",
    stdio: ["pipe", "pipe", "ignore"],
  });
  expect(out).toBe("5\n");
  expect(existsSync(join(app, "app.speedscope.json"))).toBe(true);
  expect(existsSync(join(app, "node_modules", "binaryen"))).toBe(false);
});
