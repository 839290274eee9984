/** What is read of a shopify.extension.toml, as the platform's command line writes it and as older ones did. */
import { expect, test } from "vitest";
import { functionExtensions } from "../../../src/host/shopify/extension.ts";

test("functions of an extension, with their targets; other extensions are left out", () => {
  const text = `
api_version = "2025-07"
[[extensions]]
handle = "panel"
type = "ui_extension"
[[extensions.targeting]]
module = "./src/Panel.tsx"

[[extensions]]
name = "t:name"
handle = "discount"
type = "function"
  [[extensions.targeting]]
  target = "cart.lines.discounts.generate.run"
  input_query = "src/lines.graphql"
  export = "lines"
  [[extensions.targeting]]
  target = "cart.delivery-options.discounts.generate.run"
  [extensions.build]
  command = "cargo build"
  path = "target/function.wasm"

[[extensions]]
name = "other"
type = "function"
  [extensions.build]
  command = "  "
`;
  expect(functionExtensions(text)).toEqual([
    {
      ...{ name: "discount", build: "cargo build", module: "target/function.wasm" },
      targets: [
        { export: "lines", query: "src/lines.graphql" },
        { export: null, query: null },
      ],
    },
    {
      ...{ name: "other", build: null, module: "dist/index.wasm" },
      targets: [{ export: null, query: null }],
    },
  ]);
});

test("a file that is one function, as before there could be several", () => {
  const text = 'name = "old"\ntype = "product_discounts"\n[build]\ncommand = "npm run build"\n';
  expect(functionExtensions(text)).toMatchObject([{ name: "old", build: "npm run build" }]);
});

test("nothing that is no function, and no TOML, is taken for one", () => {
  expect(functionExtensions("")).toEqual([]);
  expect(functionExtensions('type = "theme"')).toEqual([]);
  expect(functionExtensions('extensions = "all"\n')).toEqual([]);
  expect(() => functionExtensions("[[extensions")).toThrow("shopify.extension.toml is not TOML");
});
