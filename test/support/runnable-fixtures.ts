/**
 * The modules of fixtures/ that run by themselves in this V8, and how: an engine of each generation, whole and on its
 * plugin, functions of Shopify's platform, and a program without an engine. Not among them: `bare.wasm` of engines that are
 * no Javy's but for one, and functions that need a second memory or are linked to another module (a monitor sees one).
 */
import { readFileSync } from "node:fs";
import { open, type Program } from "../../src/index.ts";
import { inRoot } from "./javy-prof.ts";

export interface RunnableFixture {
  /** In fixtures/. */
  readonly path: string;
  readonly plugin?: string;
  readonly input?: string;
  readonly export?: string;
}

const generations = ["bellard2021", "bellard2023", "bellard2024", "ng19", "ng21"];
const shopify = (name: string, generation: 2 | 3): RunnableFixture => ({
  path: `shopify/apps/${name}-v${generation}.wasm`,
  plugin: `shopify/shopify_functions_javy_v${generation}.wasm`,
  ...(name === "discount" && { input: "shopify/inputs/cart.json" }),
  ...(name === "logs" && { input: "shopify/inputs/logs.json" }),
  // whatever it is: a platform has always one
  ...(name === "throw" && { input: "shopify/inputs/logs.json" }),
});

export const runnableFixtures: readonly RunnableFixture[] = [
  { path: "wasm/words.wasm", input: "shopify/inputs/cart.json" },
  { path: "programs/closures.js" },
  { path: "javy/static.wasm" },
  { path: "javy/static-wit.wasm", export: "sum-of-squares" },
  { path: "javy/dynamic-wit.wasm", export: "sum-of-squares" },
  ...[...generations, "ng26"].map((engine) => ({ path: `engines/${engine}/static.wasm` })),
  ...generations.map((engine) => ({
    path: `engines/${engine}/app.wasm`,
    plugin: `engines/${engine}/plugin.wasm`,
  })),
  { path: "engines/ng26/app.wasm" },
  { path: "engines/bellard2021/preinitialised.wasm" },
  { path: "engines/bellard2020/bare.wasm" },
  { path: "engines/ng28/bare.wasm" },
  { path: "engines/ng28/bytecode.wasm" },
  { path: "stripped/app.wasm" },
  { path: "stripped/throw.wasm" },
  ...(["discount", "logs", "throw"] as const).flatMap((name) => [shopify(name, 2), shopify(name, 3)]),
];

export async function openFixture({ path, plugin }: RunnableFixture): Promise<Program> {
  return open(inRoot(`fixtures/${path}`), plugin ? { plugin: inRoot(`fixtures/${plugin}`) } : {});
}

/** What its run takes. */
export function runOf({ input, export: name }: RunnableFixture): {
  readonly input?: Uint8Array;
  readonly export?: string;
} {
  return {
    ...(input && { input: readFileSync(inRoot(`fixtures/${input}`)) }),
    ...(name && { export: name }),
  };
}
