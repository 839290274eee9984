/**
 * Data flows one way, and the folders say so: a file imports from its own folder or from those to the left, no file
 * imports itself through others, and what is pure touches neither files nor WebAssembly nor the process.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const source = fileURLToPath(new URL("../src", import.meta.url));

/** Left to right; profile stands before run, which fills its recordings. */
const order = [
  "base",
  "wasm",
  "fuel",
  "quickjs",
  "javy",
  "monitor",
  "probe",
  "profile",
  "run",
  "format",
  "commands",
  "cli.ts",
];

/** Modules that a file imports, as they are written, with type-only imports. */
function importsOf(text: string): string[] {
  const found = [
    ...text.matchAll(/^\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"/gm),
    ...text.matchAll(/import\("([^"]+)"\)/g),
  ];
  return found.map((match) => match[1]!);
}

/** Files by path below src, with the paths that each imports (packages as they are named). */
type Graph = ReadonlyMap<string, readonly string[]>;

function readGraph(): Graph {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(source, file), "utf8");
      return [
        file,
        importsOf(text).map((to) =>
          to.startsWith(".") ? relative(source, join(source, dirname(file), to)) : to,
        ),
      ] as const;
    }),
  );
}

function upwardImports(graph: Graph): string[] {
  const rank = (file: string) => order.indexOf(file.split("/")[0]!);
  return [...graph].flatMap(([file, imports]) =>
    imports.filter((to) => graph.has(to) && rank(to) > rank(file)).map((to) => `${file} → ${to}`),
  );
}

/** The files of one cycle, none where there is none. */
function cycle(graph: Graph): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const to of graph.get(file) ?? []) {
      const found = graph.has(to) ? visit(to) : undefined;
      if (found) return found;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = visit(file);
    if (found) return found;
  }
  return [];
}

describe("src", () => {
  const graph = readGraph();
  const text = (file: string) => readFileSync(join(source, file), "utf8");
  const below = (...folders: string[]) =>
    [...graph.keys()].filter((file) => folders.includes(file.split("/")[0]!));

  test("every folder has its place in the order", () => {
    expect([...graph.keys()].filter((file) => !order.includes(file.split("/")[0]!))).toEqual([]);
  });
  test("no upward import", () => expect(upwardImports(graph)).toEqual([]));
  test("no cycle", () => expect(cycle(graph)).toEqual([]));

  test("profile and format touch neither files nor WebAssembly", () => {
    const impure = below("profile", "format").filter(
      (file) => graph.get(file)!.some((to) => to.startsWith("node:")) || /\bWebAssembly\./.test(text(file)),
    );
    expect(impure).toEqual([]);
  });
  test("wasm, fuel, quickjs and probe read no files", () => {
    expect(
      below("base", "wasm", "fuel", "quickjs", "probe").filter((file) =>
        graph.get(file)!.some((to) => to.startsWith("node:")),
      ),
    ).toEqual([]);
  });
  test("cli.ts alone touches the process; the guest's real clock and doctor's versions are the exceptions", () => {
    const touching = [...graph.keys()].filter((file) =>
      /\bprocess\.(?!versions\b|hrtime\b)/.test(text(file)),
    );
    expect(touching).toEqual(["cli.ts"]);
  });
  test("binaryen is no import of the package", () => {
    expect([...graph].filter(([, imports]) => imports.includes("binaryen"))).toEqual([]);
  });
});

describe("the checks themselves", () => {
  test("see an upward import", () => {
    const graph = new Map([
      ["wasm/a.ts", ["run/b.ts"]],
      ["run/b.ts", []],
    ]);
    expect(upwardImports(graph)).toEqual(["wasm/a.ts → run/b.ts"]);
  });
  test("see a cycle", () => {
    const graph = new Map([
      ["wasm/a.ts", ["wasm/b.ts"]],
      ["wasm/b.ts", ["wasm/c.ts"]],
      ["wasm/c.ts", ["wasm/b.ts"]],
    ]);
    expect(cycle(graph)).toEqual(["wasm/b.ts", "wasm/c.ts", "wasm/b.ts"]);
  });
  test("see every form of import", () => {
    expect(
      importsOf(
        'import a from "x";\nimport {\n  b,\n} from "./y.ts";\nexport { c } from "./z.ts";\nawait import("w");',
      ),
    ).toEqual(["x", "./y.ts", "./z.ts", "w"]);
  });
});
