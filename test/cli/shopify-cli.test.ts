/**
 * Shopify's plugin where @shopify/cli keeps it: in the project's node_modules or in the global ones, for modules that import
 * it and for JavaScript that uses its global; and what is said where it is nowhere.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../src/result/result.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const fixture = (path: string) => readFileSync(inRoot(`fixtures/shopify/${path}`));
const plugin = (version: number) => fixture(`shopify_functions_javy_v${version}.wasm`);
const source = Buffer.concat([fixture("programs/discount.js"), fixture("programs/io.js")]);
const total = 2_276_054;

let folder: ReturnType<typeof folderWith>;
const put = (path: string, bytes: Uint8Array | string) => {
  const file = join(folder.path, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
};
const cli = (modules: string) => `${modules}/node_modules/@shopify/cli`;

beforeAll(() => {
  folder = folderWith({});
  for (const project of ["project", "bare"]) {
    put(`${project}/extensions/discount/index.js`, source);
    put(`${project}/extensions/discount/function.wasm`, fixture("apps/discount-v3.wasm"));
    put(`${project}/extensions/discount/cart.json`, fixture("inputs/cart.json"));
  }
  for (const place of ["project", "global/lib"]) {
    put(`${cli(place)}/package.json`, '{"name":"@shopify/cli","version":"3.94.3"}');
    for (const version of [2, 3])
      put(`${cli(place)}/bin/shopify_functions_javy_v${version}.wasm`, plugin(version));
    put(`${cli(place)}/bin/shopify_functions_javy_vx.wasm`, "no plugin");
  }
  mkdirSync(join(folder.path, "global/bin"));
  symlinkSync(process.execPath, join(folder.path, "global/bin/node"));
  put(
    "bare/own.js",
    "const ShopifyFunction = { readInput: () => 1 }; console.log(ShopifyFunction.readInput());",
  );
  put("bare/evil.wasm", renamed("shopify_functions_javy_v3", "shopify_functions_ja/v3"));
});
afterAll(() => folder.remove());

/** The function's module with another name for its plugin, as long. */
function renamed(from: string, to: string): Uint8Array {
  const bytes = Buffer.from(fixture("apps/discount-v3.wasm"));
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1))
    bytes.write(to.padEnd(from.length), at);
  return bytes;
}

const run = (project: string, program: string, env: Record<string, string> = {}, ...args: string[]) =>
  javyProf(join(folder.path, project, "extensions/discount"), ["run", program, "-i", "cart.json", ...args], {
    env,
  });
const globally = () => ({ PATH: join(folder.path, "global/bin") });

describe.each(["function.wasm", "index.js"])("%s", (program) => {
  test("runs on the plugin of the project's @shopify/cli, and says so", async () => {
    const { code, stderr } = await run("project", program);
    expect(stderr).toContain(
      "plugin ../../node_modules/@shopify/cli/bin/shopify_functions_javy_v3.wasm, of @shopify/cli 3.94.3\n",
    );
    expect(stderr).toMatch(/ 2,276,054 fuel {2}wasmtime-39\n/);
    expect(code).toBe(0);
  });

  test("or of the global one", async () => {
    const { code, stdout } = await run("bare", program, globally(), "--json");
    const { fuel, toolchain } = JSON.parse(stdout) as Result;
    expect([code, fuel.total, toolchain.plugin?.namespace]).toEqual([0, total, "shopify_functions_javy_v3"]);
    expect((await run("bare", program, globally())).stderr).toMatch(
      /^plugin .*shopify_functions_javy_v3\.wasm, of/,
    );
  });
});

describe("without one", () => {
  const nowhere = { PATH: "/nowhere" };
  test("a module says what it needs", async () => {
    const { code, stderr } = await run("bare", "function.wasm", nowhere);
    expect([code, stderr]).toEqual([4, expect.stringContaining("@shopify/cli keeps it in its folder bin")]);
  });
  test("JavaScript that uses the plugin's global says so, and fails as it does", async () => {
    const { code, stderr } = await run("bare", "index.js", nowhere);
    expect(stderr).toMatch(
      /^note: index\.js is a Shopify function: .* --plugin shopify_functions_javy_v3\.wasm/,
    );
    expect([code, stderr]).toEqual([3, expect.stringContaining("ShopifyFunction is not defined")]);
  });
  test("JavaScript with a global of its own that is called so is none", async () => {
    const { code, stdout, stderr } = await javyProf(join(folder.path, "bare"), ["own.js"], {
      env: globally(),
    });
    expect([code, stdout]).toEqual([0, "1\n"]);
    expect(stderr).not.toMatch(/plugin|Shopify function/);
  });
  test("no name out of a module becomes a path", async () => {
    const { code, stderr } = await javyProf(join(folder.path, "bare"), ["evil.wasm"], { env: globally() });
    expect([code, stderr]).toEqual([4, expect.stringContaining('needs the plugin "shopify_functions_ja/v3')]);
  });
});
