/** Every engine has one place where it calls builtins and one where it calls jobs; where the first is not found, builtins are no frames. */
import { readdirSync, readFileSync } from "node:fs";
import binaryen from "binaryen";
import { expect, test } from "vitest";
import { open, profile } from "../../../src/index.ts";
import { findDispatch } from "../../../src/quickjs/dispatch.ts";
import { identifyEngines } from "../../../src/quickjs/engines/identify.ts";
import { findGateways } from "../../../src/quickjs/natives/gateways.ts";
import { decodeModule } from "../../../src/wasm/decode.ts";
import { functionNames } from "../../../src/wasm/names.ts";
import { everything } from "../../support/binaryen.ts";
import { plugin } from "../../support/plain.ts";

const fixtures = new URL("../../../fixtures/", import.meta.url);
const engines = readdirSync(new URL("engines/", fixtures), { recursive: true, encoding: "utf8" })
  .filter((name) => /(plugin|static|bare|bytecode|evaluated|preinitialised)\.wasm$/.test(name))
  .map((name) => `engines/${name}`);
const others = ["javy/static.wasm", "javy/static-wit.wasm", "shopify/shopify_functions_javy_v3.wasm"];

test.each([...engines, ...others])("%s", (path) => {
  const module = decodeModule(new Uint8Array(readFileSync(new URL(path, fixtures))));
  const names = functionNames(module);
  const { builtins, jobs } = findGateways(module, identifyEngines(module, findDispatch(module), null));
  expect(jobs).toHaveLength(1);
  expect(builtins).not.toBeNull();
  expect(names.get(builtins!.function) ?? "js_call_c_function").toBe("js_call_c_function");
});

/** The plugin with a second function that could be the one through which builtins are called. */
function withDecoy(bytes: Uint8Array): Uint8Array {
  const { i32, i64, f64, createType } = binaryen;
  binaryen.setDebugInfo(true);
  const read = binaryen.readBinary as (data: Uint8Array, features: number) => binaryen.Module;
  const module = read(bytes, everything);
  const table = binaryen.getTableInfo(module.getTableByIndex(0)).name;
  const number = () => module.f64.const(0);
  const call = (operands: number[], params: number) =>
    module.drop(module.call_indirect(table, module.i32.const(0), operands, params, f64));
  const zero = (module.i64.const as unknown as (value: bigint) => number)(0n);
  const body = [call([number()], f64), call([number(), number()], createType([f64, f64])), zero];
  const params = createType([i32, i64, i64, i32, i32, i32]);
  module.addFunction("decoy", params, i64, [], module.block(null, body, i64));
  module.addActiveElementSegment(table, "decoys", ["decoy"], module.i32.const(0));
  const made = module.emitBinary();
  module.dispose();
  binaryen.setDebugInfo(false);
  return made;
}

test("where two functions could be it, frames are those of JavaScript, and a warning says so", async () => {
  const source = new TextEncoder().encode('console.log(JSON.parse("[1,2]").length);');
  const bytes = withDecoy(plugin.module.bytes);
  const program = await open(source, { name: "app.js", plugin: { name: "plugin.wasm", bytes } });
  const { result } = await profile(program);
  const js = await profile(program, { frames: "js" });
  expect(result.warnings).toEqual([{ code: "builtins-missing" }]);
  expect(js.result).toEqual({ ...result, warnings: [] });
});
