/**
 * Data flows one way and the folders say so: a file imports from its own folder or from those before it. No cycles;
 * result/ and format/ are pure; cli.ts alone touches the process; tables of opcodes are in one place.
 * The rules are functions over sources, held against sources that break them before they are held against src/.
 */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { opcodes } from "../src/wasm/opcodes.ts";

const order = [
  ...["base", "wasm", "fuel", "probe", "quickjs", "javy", "monitor", "result", "host", "program", "profiler"],
  ...["run", "ci", "format", "vitest", "library", "index", "commands", "cli"],
];
const pure = ["result", "ci", "format"];

/** Folders that may take less than what stands before them, and why. */
const narrow: Readonly<Record<string, readonly string[]>> = {
  // a plan is made by others: the rewriter knows neither QuickJS nor a language
  probe: ["base", "wasm", "fuel"],
  // JavaScript's events reach the language as data
  monitor: ["base", "wasm", "probe"],
  // configurations, snapshots and verdicts are data about results
  ci: ["base", "result"],
  // a test's second face: results are judged and put into words, none is made
  vitest: ["base", "result", "ci", "format"],
  // the library's face is all that a command needs
  commands: ["index", "format", "base"],
  cli: ["commands", "format", "base"],
};

/** What a file other than cli.ts takes from the process, and why it may. */
const allowedOfProcess: Readonly<Record<string, readonly string[]>> = {
  // --real-clock: the guest's monotonic clock.
  "host/streams.ts": ["hrtime"],
  // what this V8 cannot run is said with its version.
  "program/runnable.ts": ["versions"],
  // doctor names the Node and V8 that it runs on.
  "commands/doctor.ts": ["versions"],
  // V8's flags are chosen by the version of Node.
  "commands/ready.ts": ["versions"],
};

/** By path below src/. */
type Sources = ReadonlyMap<string, string>;

const sources: Sources = new Map(
  (readdirSync(new URL("../src/", import.meta.url), { recursive: true }) as string[])
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => [path, readFileSync(new URL(`../src/${path}`, import.meta.url), "utf8")]),
);

/** Without comments. Strings stay: `//` in one ends its line early, which hides nothing that matters here. */
const code = (source: string): string => source.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, "");

/** What a source imports, types included: static, dynamic, for its effects, and re-exported. */
function imports(source: string): string[] {
  const pattern = /\b(?:from|import)\s*\(?\s*"([^"]+)"/g;
  return [...code(source).matchAll(pattern)].map((match) => match[1]!);
}

/** The files of `sources` that `path` imports. */
function dependencies(path: string, sources: Sources): string[] {
  return imports(sources.get(path)!)
    .filter((name) => name.startsWith("."))
    .map((name) => posix.normalize(posix.join(posix.dirname(path), name)));
}

const folderOf = (path: string): string => path.replace(/\.ts$/, "").split("/")[0]!;
const layer = (path: string): number => order.indexOf(folderOf(path));

function upwardImports(sources: Sources): string[] {
  return [...sources.keys()].flatMap((path) => {
    if (layer(path) < 0) return [`${path} is in no known folder`];
    return dependencies(path, sources)
      .filter((other) => !sources.has(other) || layer(other) > layer(path) || !mayTake(path, other))
      .map((other) => `${path} imports ${other}`);
  });
}

/** Whether a narrow folder's file imports from its own folder or from those that it may take. */
function mayTake(path: string, other: string): boolean {
  const [folder, from] = [path, other].map(folderOf) as [string, string];
  return folder === from || (narrow[folder]?.includes(from) ?? true);
}

/** Each cycle once, from the file in it that sorts first. */
function cycles(sources: Sources): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(" → "));
    if (at >= 0 || done.has(path)) return;
    for (const other of dependencies(path, sources)) if (sources.has(other)) visit(other, [...trail, path]);
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}

function impure(sources: Sources): string[] {
  return [...sources]
    .filter(([path]) => pure.includes(path.split("/")[0]!))
    .flatMap(([path, source]) => [
      ...imports(source)
        .filter((name) => name.startsWith("node:"))
        .map((name) => `${path} imports ${name}`),
      ...(/\bWebAssembly\b/.test(code(source)) ? [`${path} uses WebAssembly`] : []),
    ]);
}

function processUses(sources: Sources): string[] {
  return [...sources]
    .filter(([path]) => path !== "cli.ts")
    .flatMap(([path, source]) => {
      const text = code(source);
      const members = [...text.matchAll(/\bprocess\s*(?:\.\s*(\w+)|\[)/g)].map((match) => match[1] ?? "[…]");
      const whole = /"(?:node:)?process"|=\s*process\b(?!\s*[.[])|\bconsole\s*\./.exec(text);
      return [...members, ...(whole ? [whole[0]] : [])]
        .filter((member) => !allowedOfProcess[path]?.includes(member))
        .map((member) => `${path} uses ${member}`);
    });
}

/**
 * Opcode numbers of QuickJS are in quickjs/engines/opcodes, behind versions.ts; those of WebAssembly in THE table, and
 * what is written goes through wasm/emit.ts: a number under an instruction's name, or a bare byte, is a second table.
 */
function strayOpcodes(sources: Sources): string[] {
  const known = new Set(opcodes.map(({ name }) => name.replaceAll(".", "_").toUpperCase()));
  return [...sources].flatMap(([path, source]) => {
    const rows = dependencies(path, sources).filter((other) =>
      /^quickjs\/engines\/opcodes\/(?!table\.ts$)/.test(other),
    );
    const outside =
      path === "quickjs/engines/versions.ts" || path.startsWith("quickjs/engines/opcodes/") ? [] : rows;
    const text = code(source);
    const constants = [...text.matchAll(/\b([A-Z][A-Z0-9_]*)\s*[=:]\s*(0x[0-9a-f]+|\d+)\b/g)];
    const bytes = path.startsWith("wasm/") ? [] : [...text.matchAll(/\.u8\((0x[0-9a-f]+)\)/g)];
    return [
      ...outside.map((other) => `${path} imports ${other}`),
      ...constants.filter(([, name]) => known.has(name!)).map(([text]) => `${path}: ${text}`),
      ...bytes.map(([text]) => `${path}: ${text}`),
    ];
  });
}

const rules = { upwardImports, cycles, impure, processUses, strayOpcodes };

describe.each(Object.entries(rules))("%s", (_, rule) => {
  test("src/ keeps it", () => expect(rule(sources)).toEqual([]));
});

describe("the rules can fail", () => {
  const fake = (files: Record<string, string>): Sources => new Map(Object.entries(files));

  test("an upward import, a type, a re-export, a dynamic one", () => {
    const broken = fake({
      "base/a.ts": 'import { b } from "../wasm/b.ts";',
      "wasm/b.ts": 'import type {\n  C,\n} from "../run/c.ts";\nimport "../base/a.ts";',
      "run/c.ts": 'export { d } from "../commands/d.ts";',
      "commands/d.ts": 'const e = await import("../cli.ts");',
      "cli.ts": 'import "./commands/d.ts";\n// import "./never.ts";',
      "utils/f.ts": "",
      "quickjs/g.ts": "",
      "javy/h.ts": "",
      "monitor/i.ts": 'import "../javy/h.ts"; import "../wasm/b.ts"; import "./j.ts";',
      "monitor/j.ts": "",
    });
    expect(upwardImports(broken)).toEqual([
      "base/a.ts imports wasm/b.ts",
      "wasm/b.ts imports run/c.ts",
      "run/c.ts imports commands/d.ts",
      "commands/d.ts imports cli.ts",
      "utils/f.ts is in no known folder",
      "monitor/i.ts imports javy/h.ts",
    ]);
  });

  test("a cycle", () => {
    const broken = fake({
      "base/a.ts": 'import "./b.ts";',
      "base/b.ts": 'import "./c.ts"; import "./d.ts";',
      "base/c.ts": 'import type { A } from "./a.ts";',
      "base/d.ts": "",
    });
    expect(cycles(broken)).toEqual(["base/a.ts → base/b.ts → base/c.ts → base/a.ts"]);
  });

  test("a format that reads files, a result that runs WebAssembly", () => {
    const broken = fake({
      "format/a.ts": 'import { readFileSync } from "node:fs";',
      "result/b.ts": "/** WebAssembly */ new WebAssembly.Module(bytes);",
      "result/c.ts": "/** WebAssembly */ // WebAssembly",
      "run/d.ts": 'import "node:fs"; WebAssembly.validate(bytes);',
    });
    expect(impure(broken)).toEqual(["format/a.ts imports node:fs", "result/b.ts uses WebAssembly"]);
  });

  test("the process, outside cli.ts and beyond what is allowed", () => {
    const broken = fake({
      "cli.ts": "process.exit(1);",
      "run/a.ts": "if (process.env[name]) process.exit(1);",
      "run/b.ts": 'import { env } from "node:process";',
      "run/c.ts": "const { env } = process;",
      "run/d.ts": 'console.log("here");',
      "host/streams.ts": "process.hrtime.bigint();",
      "run/e.ts": "/** of this process. */ postprocess.run();",
    });
    expect(processUses(broken)).toEqual([
      "run/a.ts uses env",
      "run/a.ts uses exit",
      'run/b.ts uses "node:process"',
      "run/c.ts uses = process",
      "run/d.ts uses console.",
    ]);
  });

  test("opcode numbers out of their place", () => {
    const broken = fake({
      "probe/a.ts":
        "const LOCAL_GET = 0x20;\nconst CALL = 0x11;\nconst OTHER = 5;\nconst END = rowNamed('end');",
      "probe/b.ts": "w.u8(0x41); w.u8(kind); w.u8(0);",
      "wasm/c.ts": "const ops = { I32_CONST: 0x41, BLOCKS: 3 }; w.u8(0x60);",
      "result/b.ts": 'import { ng26 } from "../quickjs/engines/opcodes/ng26.ts";',
      "quickjs/engines/opcodes/ng26.ts": "",
    });
    expect(strayOpcodes(broken)).toEqual([
      "probe/a.ts: LOCAL_GET = 0x20",
      "probe/a.ts: CALL = 0x11",
      "probe/b.ts: .u8(0x41)",
      "wasm/c.ts: I32_CONST: 0x41",
      "result/b.ts imports quickjs/engines/opcodes/ng26.ts",
    ]);
  });
});

test("the benchmark uses the library's face and nothing behind it", () => {
  const bench = new URL("../bench/", import.meta.url);
  const files = readdirSync(bench).filter((name) => name.endsWith(".js"));
  const taken = files.flatMap((name) => imports(readFileSync(new URL(name, bench), "utf8")));
  expect([...new Set(taken.filter((name) => name.startsWith("../")))]).toEqual(["../dist/index.js"]);
});

test("src/README.md lists the folders that there are, in the order of the arrows", () => {
  const readme = readFileSync(new URL("../src/README.md", import.meta.url), "utf8");
  const listed = [...readme.matchAll(/^\| `(\w+)[/.]/gm)].map((match) => match[1]!);
  const present = new Set([...sources.keys()].map((path) => path.replace(/\.ts$/, "").split("/")[0]!));
  expect(listed).toEqual(order.filter((name) => present.has(name)));
});
