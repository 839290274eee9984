/**
 * QuickJS from npm: quickjs-emscripten's release and debug builds of Bellard's engine and of quickjs-ng, run by the package's
 * own loader in the host of examples/. Functions have the names and calls that the program itself counts, and each costs
 * what its line does.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";
import { withoutEval } from "../support/plain-names.ts";

const program = `let calls = 0;
function fib(n) { calls++; return n < 2 ? n : fib(n - 1) + fib(n - 2); }
class Cart {
  constructor(lines) { this.lines = lines; }
  total() {
    return this.lines.reduce((sum, line) => sum + line, 0);
  }
}
function* upTo(n) {
  for (let i = 0; i < n; i++) yield i;
}
async function later(n) {
  await null;
  console.log("later " + n);
}
const made = eval("(function evaluated(x) {\\n  return x * 2;\\n})");
later(made(4));
console.log(fib(11) + " " + calls + " " + new Cart([1, 2, 3]).total() + " " + [...upTo(4)].length);
`;
const builds = [
  ["quickjs-wasmfile-release-sync", "quickjs", 5],
  ["quickjs-wasmfile-debug-sync", "quickjs", 5],
  ["quickjs-ng-wasmfile-release-sync", "quickjs-ng", 23],
  ["quickjs-ng-wasmfile-debug-sync", "quickjs-ng", 23],
] as const;

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({ "app.js": program });
});
afterAll(() => folder.remove());

describe.each(builds)("%s", (name, quickjs, bytecodeVersion) => {
  test("has its functions, their calls and their lines", async () => {
    const { code, stdout, stderr } = await javyProf(folder.path, [
      ...["run", inRoot(`node_modules/@jitl/${name}/dist/emscripten-module.wasm`), "--json"],
      ...["--host", inRoot("examples/hosts/quickjs-emscripten.mjs"), "--", "app.js", `@jitl/${name}`],
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    const result = JSON.parse(stdout) as Result;
    expect(result.toolchain).toMatchObject({ quickjs, bytecodeVersion });
    expect(result.run.stdout).toBe("89 287 6 4\nlater 8\n");
    expect(brokenSums(result)).toEqual([]);
    const rows = Object.fromEntries(
      result.functions.filter(({ kind }) => kind === "js").map((row) => [withoutEval(row.name), row]),
    );
    const wanted = {
      fib: { calls: 287, line: 2 },
      "new Cart": { calls: 1, line: 4 },
      "Cart.total": { calls: 1, line: 5 },
      upTo: { calls: 1, resumes: 5, line: 9 },
      later: { calls: 1, resumes: 1, line: 12 },
      evaluated: { calls: 1, line: 1 },
    };
    for (const [row, expected] of Object.entries(wanted)) expect(rows[row], row).toMatchObject(expected);
    expect(result.functions.filter(({ line, calls }) => line === 6 && calls === 3)).toHaveLength(1);
    const file = result.files.indexOf("app.js");
    const costs = new Map(
      result.lines.filter((row) => row.file === file).map(({ line, self }) => [line, self]),
    );
    expect([...costs].sort((a, b) => b[1] - a[1])[0]![0]).toBe(2);
    for (const line of [2, 6, 10, 13, 14, 17, 18]) expect(costs.get(line), `line ${line}`).toBeGreaterThan(0);
  });
});
