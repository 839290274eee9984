/**
 * Minified bundles of ten packages of npm, each with a small program that uses it, against the same bundle unminified:
 * how much of the JavaScript's fuel lands on the original lines that the unminified build names, as much of it on each.
 *
 * Without white space and with short names the code is the same, so nearly all is to land there (measured: 98.9 to 99.9 %).
 * With the syntax minified, too, it is another program: what is folded costs less, and what two lines did is one expression,
 * `if (a) return b; return c;` one `return`. Of that 96.7 to 99.6 % land on the same lines.
 */
import { buildSync } from "esbuild";
import { afterAll, expect, test } from "vitest";
import { open, profile, type Result } from "../../src/index.ts";
import { inRoot } from "../support/javy-prof.ts";

const packages = [
  ...["diff", "js-tokens", "json5", "lru-cache", "magic-string", "minimatch", "msgpack", "picomatch"],
  ...["semver", "valibot"],
];

const builds = {
  plain: {},
  short: { minifyWhitespace: true, minifyIdentifiers: true },
  minified: { minify: true },
} as const;

async function profiled(name: string, build: keyof typeof builds): Promise<Result> {
  const folder = inRoot("fixtures/bundles");
  const { outputFiles } = buildSync({
    ...{ entryPoints: [`${folder}/${name}.js`], outfile: `${folder}/bundle.js`, absWorkingDir: folder },
    ...{ bundle: true, format: "esm", target: "es2023", sourcemap: "external", write: false },
    ...builds[build],
  });
  const file = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))!.contents;
  const sourceMap = { name: "bundle.js.map", bytes: file(".map") };
  const program = await open(file(".js"), { name: "bundle.js", cwd: folder, sourceMap });
  const { result } = await profile(program);
  expect(result.run.exit.kind, result.run.stderr).toBe("ok");
  return result;
}

/** Fuel by line of the program's own files; what the bundler added is one line. */
function fuelByLine({ pcs, files }: Result): Map<string, number> {
  const lines = new Map<string, number>();
  for (const { file, line, fuel } of pcs) {
    const name = file === null ? null : files[file]!;
    if (name === null || name === "eval_script") continue;
    const key = name.startsWith("(not mapped) ") ? name : `${name}:${line}`;
    lines.set(key, (lines.get(key) ?? 0) + fuel);
  }
  return lines;
}

/** How much of the fuel is on lines that have as much of the other's. */
function agreement(ours: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>): number {
  const [our, their] = [ours, theirs].map((lines) => [...lines.values()].reduce((sum, one) => sum + one, 0));
  return [...ours].reduce(
    (sum, [line, fuel]) => sum + Math.min(fuel / our!, (theirs.get(line) ?? 0) / their!),
    0,
  );
}

const shares: { readonly short: number; readonly minified: number }[] = [];
afterAll(() => {
  const mean = (build: "short" | "minified") =>
    shares.reduce((sum, one) => sum + one[build], 0) / shares.length;
  if (shares.length < packages.length) return;
  expect(mean("short")).toBeGreaterThan(0.99);
  expect(mean("minified")).toBeGreaterThan(0.975);
});

test.each(packages)("%s", async (name) => {
  const plain = await profiled(name, "plain");
  const expected = fuelByLine(plain);
  expect(expected.size).toBeGreaterThan(10);
  const share = async (build: "short" | "minified") => {
    const result = await profiled(name, build);
    expect(result.run.stdout).toBe(plain.run.stdout);
    return agreement(fuelByLine(result), expected);
  };
  const [short, minified] = [await share("short"), await share("minified")];
  shares.push({ short, minified });
  expect(short).toBeGreaterThan(0.985);
  expect(minified).toBeGreaterThan(0.95);
});
