/** The cache of compiled code: only in a folder of the user's own that nobody else may write to, and never a reason to fail. */
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keepCode } from "../../src/commands/code-cache.ts";
import { folderWith, javyProf } from "../support/javy-prof.ts";

let home: ReturnType<typeof folderWith>;
beforeEach(() => {
  home = folderWith({ "app.js": "console.log(1);\n" });
});
afterEach(() => home.remove());

const enableCompileCache = vi.fn();
const kept = (env: Record<string, string>, keeper = { enableCompileCache }) => {
  enableCompileCache.mockClear();
  const folder = keepCode(keeper, env, "1.2.3");
  expect(enableCompileCache.mock.calls).toEqual(folder === null ? [] : [[folder]]);
  return folder;
};
const isPosix = process.platform !== "win32";

describe("where it is", () => {
  test("in ~/.cache, made for the user alone", () => {
    expect(kept({ HOME: home.path })).toBe(join(home.path, ".cache", "javy-prof", "1.2.3"));
    const { mode } = statSync(join(home.path, ".cache", "javy-prof"));
    if (isPosix) expect(mode & 0o777).toBe(0o700);
  });

  test("in XDG_CACHE_HOME, where that is named", () => {
    const caches = join(home.path, "caches");
    expect(kept({ HOME: home.path, XDG_CACHE_HOME: caches })).toBe(join(caches, "javy-prof", "1.2.3"));
    expect(kept({ HOME: home.path, XDG_CACHE_HOME: "relative" })).toBeNull();
  });
});

test("there is none where it is switched off, where Node has its own, and where nothing is kept", () => {
  for (const name of ["CI", "NODE_COMPILE_CACHE", "NODE_DISABLE_COMPILE_CACHE", "NODE_V8_COVERAGE"])
    expect([name, kept({ HOME: home.path, [name]: "1" })]).toEqual([name, null]);
  expect(kept({ HOME: home.path, JAVY_PROF_CACHE: "0" })).toBeNull();
  expect(kept({ HOME: home.path }, {} as never)).toBeNull();
  expect(kept({})).toBeNull();
  expect(readdirSync(home.path)).toEqual(["app.js"]);
});

test("a home that nothing can be made in is no error", () => {
  expect(kept({ HOME: join(home.path, "app.js") })).toBeNull();
  expect(keepCode({ enableCompileCache: () => expect.fail("broken") }, { HOME: home.path }, "1")).toBeNull();
});

describe.skipIf(!isPosix)("code that others could have written is not run", () => {
  const caches = () => join(home.path, ".cache");
  const folder = () => join(caches(), "javy-prof");

  test.each([0o770, 0o707, 0o777])("a folder that others may write to: %o", (mode) => {
    mkdirSync(folder(), { recursive: true });
    chmodSync(folder(), mode);
    expect(kept({ HOME: home.path })).toBeNull();
    chmodSync(folder(), 0o700);
    expect(kept({ HOME: home.path })).not.toBeNull();
    chmodSync(caches(), mode);
    expect(kept({ HOME: home.path })).toBeNull();
  });

  test("a link, or a file", () => {
    mkdirSync(caches());
    mkdirSync(join(home.path, "elsewhere"));
    symlinkSync(join(home.path, "elsewhere"), folder());
    expect(kept({ HOME: home.path })).toBeNull();
    writeFileSync(join(home.path, "file"), "");
    expect(kept({ XDG_CACHE_HOME: join(home.path, "file") })).toBeNull();
  });

  test.skipIf(userInfo().uid !== 0)("a folder of somebody else's", () => {
    mkdirSync(folder(), { recursive: true });
    chownSync(folder(), 12_345, 12_345);
    expect(kept({ HOME: home.path })).toBeNull();
  });
});

test("the command keeps its code where Node can, and runs with what is kept or damaged", async () => {
  const run = () => javyProf(home.path, ["app.js", "--quiet"], { env: { HOME: home.path } });
  const folder = join(home.path, ".cache");
  expect(await javyProf(home.path, ["--help"], { env: { HOME: home.path } })).toMatchObject({ code: 0 });
  expect(readdirSync(home.path)).not.toContain(".cache");
  expect(await run()).toMatchObject({ code: 0, stdout: "1\n", stderr: "" });
  const { enableCompileCache: own } = (await import("node:module")) as { enableCompileCache?: unknown };
  if (!own) return expect(readdirSync(home.path)).not.toContain(".cache");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  expect(files.length).toBeGreaterThan(1);
  expect(await run()).toMatchObject({ code: 0, stdout: "1\n", stderr: "" });
  for (const { parentPath, name } of files) writeFileSync(join(parentPath, name), "damaged");
  expect(await run()).toMatchObject({ code: 0, stdout: "1\n", stderr: "" });
});
