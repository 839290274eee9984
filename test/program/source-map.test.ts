/** Which source map a program gets: given, named or contained by the code, beside the file; and what is not read. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenOptions, open, type Program, profile } from "../../src/index.ts";
import { folderWith } from "../support/javy-prof.ts";

let folder: ReturnType<typeof folderWith>;
beforeEach(() => {
  folder = folderWith({});
});
afterEach(() => folder.remove());

const path = (name: string) => join(folder.path, name);
function write(name: string, text: string | Uint8Array): void {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text);
}

const source = "export function first() {\n  return 1;\n}\n\nconsole.log(String(first()));\n";

/** The source as a bundler writes it: minified, in dist/app.js, with its map where `sourcemap` says. */
function bundle(
  sourcemap: "linked" | "inline" | "external",
  sourcesContent = true,
): { readonly map: string } {
  write("package.json", "{}");
  write("src/app.ts", source);
  const { outputFiles } = buildSync({
    ...{ entryPoints: [path("src/app.ts")], outfile: path("dist/app.js"), absWorkingDir: folder.path },
    ...{ bundle: true, minify: true, format: "esm", write: false, sourcemap, sourcesContent },
  });
  for (const { path: file, text } of outputFiles)
    if (!file.endsWith(".map")) write(`dist/${file.slice(file.lastIndexOf("/") + 1)}`, text);
  return { map: outputFiles.find(({ path: file }) => file.endsWith(".map"))?.text ?? "" };
}

const opened = (name = "dist/app.js", options: OpenOptions = {}): Promise<Program> =>
  open(name, { cwd: folder.path, ...options });
/** Where the function at the beginning of the bundle stands. */
const first = (program: Program) => program.places().at("function.mjs", 1, 1);
const mapped = { file: "src/app.ts", line: 1, column: 8 };
const asCompiled = { file: "dist/app.js", line: 1, column: 1 };

describe("found", () => {
  test("beside the file", async () => {
    write("dist/app.js.map", bundle("external").map);
    expect(first(await opened())).toEqual(mapped);
  });

  test("named by the last comment, which goes before the file beside", async () => {
    write("dist/maps/app.json", bundle("external").map.replaceAll("../src", "../../src"));
    const code = "function e(){return 1}\n//# sourceMappingURL=maps/app.json?v=1\n\n";
    write("dist/app.js", code);
    write("dist/app.js.map", "not this one");
    const program = await opened();
    expect(first(program)).toEqual(mapped);
    expect(program.sourceOf("src/app.ts")).toBe(source);
  });

  test("in the last comment, as base64 and as text", async () => {
    bundle("inline");
    expect(first(await opened())).toEqual(mapped);
    const { map } = bundle("external");
    write(
      "dist/app.js",
      `function e(){}\n//# sourceMappingURL=data:application/json,${encodeURIComponent(map)}`,
    );
    expect(first(await opened())).toEqual(mapped);
  });

  test("not in a text, and not before code", async () => {
    bundle("external");
    const comment = "//# sourceMappingURL=data:application/json,{}";
    write("dist/app.js", `const a = "${comment}";\n${comment}\nconsole.log(a);`);
    const program = await opened();
    expect(first(program)).toEqual(asCompiled);
    expect(program.unusedMap).toBeNull();
  });

  test("of sections", async () => {
    const map = JSON.parse(bundle("external").map);
    const sections = [
      { offset: { line: 0, column: 0 }, map },
      { offset: { line: 7, column: 3 }, map: { ...map, sources: ["../src/other.ts"] } },
    ];
    write("dist/app.js.map", JSON.stringify({ version: 3, sections }));
    const places = (await opened()).places();
    expect(places.at("function.mjs", 1, 1)).toEqual(mapped);
    expect(places.at("function.mjs", 8, 4)).toEqual({ ...mapped, file: "src/other.ts" });
    expect(places.at("function.mjs", 8, 3)).toEqual({ file: "(not mapped) dist/app.js", line: 8, column: 3 });
    // code that eval made
    expect(places.at("<input>", 1, 1)).toEqual({ file: "<input>", line: 1, column: 1 });
  });

  test("for a module that carries the code", async () => {
    write("dist/app.js.map", bundle("linked").map);
    const { bytes } = await opened();
    write("dist/app.wasm", bytes);
    expect(first(await opened("dist/app.wasm"))).toEqual(mapped);
  });
});

describe("given", () => {
  test("for JavaScript and for modules, by path and as bytes", async () => {
    const { map } = bundle("external");
    write("maps/app.map", map.replaceAll("../src", "../../src"));
    write("dist/app.wasm", (await opened()).bytes);
    for (const name of ["dist/app.js", "dist/app.wasm"]) {
      expect(first(await opened(name))).not.toEqual(mapped);
      expect(first(await opened(name, { sourceMap: "maps/app.map" }))).toMatchObject({ file: "src/app.ts" });
      const bytes = { name: "a map", bytes: new TextEncoder().encode(map.replaceAll("../src", "src")) };
      expect(first(await opened(name, { sourceMap: bytes }))).toEqual(mapped);
    }
  });

  test("none is none", async () => {
    bundle("inline");
    expect(first(await opened("dist/app.js", { sourceMap: "none" }))).toEqual(asCompiled);
  });

  test.each([
    ["", /it is not JSON/],
    ["[]", /version undefined is not 3/],
    ['{"version":3,"sources":[],"mappings":7}', /it has no mappings/],
    ['{"version":3,"sources":[7],"mappings":""}', /it has no list of sources/],
    ['{"version":3,"sections":[{"map":{}}]}', /a section has no place/],
    ['{"version":3,"sections":[null]}', /this is no source map/],
  ])("what is none is refused: %s", async (text, message) => {
    bundle("external");
    write("app.map", text);
    const refused = opened("dist/app.js", { sourceMap: "app.map" });
    await expect(refused).rejects.toMatchObject({ kind: "unsupported", file: "app.map" });
    await expect(refused).rejects.toThrow(message);
  });
});

describe("not believed", () => {
  test.each([
    ["missing.map", "there is no such file in the project"],
    ["../../outside.map", "there is no such file in the project"],
    ["/etc/hostname", "there is no such file in the project"],
    ["linked.map", "there is no such file in the project"],
    ["https://host/app.map", "it is not a file"],
    ["//host/app.map", "it is not a file"],
    ["data:,{}", "this is no source map: version undefined is not 3"],
  ])("a comment that names %s", async (url, why) => {
    const { map } = bundle("external");
    const outside = folderWith({ "outside.map": map });
    try {
      symlinkSync(join(outside.path, "outside.map"), path("dist/linked.map"));
      write("dist/app.js", `function e(){}\n//# sourceMappingURL=${url}\n`);
      const program = await opened();
      expect(first(program)).toEqual(asCompiled);
      expect(program.unusedMap?.why).toBe(why);
    } finally {
      outside.remove();
    }
  });

  test("names of sources: they lead nowhere, and no two are one", async () => {
    const map = JSON.parse(bundle("external").map);
    const sources = [
      "/etc/hostname",
      "../../../../etc/hostname",
      "webpack://app/./a.ts?x",
      "C:\\b.ts",
      null,
      "",
    ];
    const names = {
      ...map,
      sources,
      sourcesContent: undefined,
      mappings: "AAAA,CCAA,CCAA,CCAA,CCAA,CCAA,CCAA",
    };
    write("dist/app.js.map", JSON.stringify(names));
    const program = await opened();
    const files = [1, 2, 3, 4, 5, 6, 7].map((column) => program.places().at("function.mjs", 1, column).file);
    expect(new Set(files).size).toBe(7);
    // the seventh is of a source that there is not
    expect(files[6]).toBe("(not mapped) dist/app.js");
    for (const file of files) {
      expect(file).not.toMatch(/^\/|\.\.|^$/);
      expect(program.sourceOf(file)).toBe(file === files[6] ? program.source!.text : undefined);
    }
  });

  test("a source beside the map is read only inside the project", async () => {
    write("dist/app.js.map", bundle("external", false).map);
    expect((await opened()).sourceOf("src/app.ts")).toBe(source);
    write("src/package.json", "{}");
    write("src/dist/app.js", "function e(){}");
    write("src/dist/app.js.map", bundle("external", false).map.replaceAll("../src", "../../src2"));
    write("src2/app.ts", "outside");
    const program = await opened("src/dist/app.js");
    expect(first(program).file).toBe("src2/app.ts");
    expect(program.sourceOf("src2/app.ts")).toBeUndefined();
  });
});

test("a map that leads nowhere is said to", async () => {
  bundle("external");
  write("other.map", JSON.stringify({ version: 3, sources: ["x.ts"], names: [], mappings: ";;;AAAA" }));
  const { result } = await profile(await opened("dist/app.js", { sourceMap: "other.map" }));
  expect(result.warnings).toEqual([
    { code: "map-unused", name: "other.map", why: "it has no place for any of the code that ran" },
  ]);
  expect(result.files).toContain("(not mapped) dist/app.js");
  expect((await profile(await opened("src/app.ts"))).result.warnings).toEqual([]);
});

test("columns are counted in characters where bytes are more", async () => {
  const { map } = bundle("external");
  const json = { ...JSON.parse(map), mappings: "AAAA,UAAU" };
  write("dist/app.js", `let é="ü😀",f=()=>1;\n`);
  write("dist/app.js.map", JSON.stringify(json));
  const places = (await opened()).places();
  // the second quote is the eleventh unit of UTF-16, and stands at byte 15
  expect(places.at("function.mjs", 1, 15).column).toBe(11);
  expect(places.at("function.mjs", 1, 11).column).toBe(1);
});
