/**
 * The source of a Shopify function, as a project of @shopify/cli has it: a file that exports functions and calls none. The
 * CLI bundles it behind a few lines that hand the platform's input to one of them, a function for each export that
 * shopify.extension.toml names, and so does this (@shopify/cli 3.94, services/function/build).
 */
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { foldersUp } from "../base/folders.ts";
import { functionOf } from "../javy/link.ts";

export interface ShopifySource {
  /** What is bundled in the place of the file, and imports it. */
  readonly around: string;
  /** Names of the module's exports, as the configuration has them. */
  readonly exports: readonly string[];
}

const extensionFile = "shopify.extension.toml";
const library = ["node_modules", "@shopify", "shopify_function"] as const;

/** How a file, by its absolute path, is made a function; null where it is none's, or calls the platform itself. */
export async function shopifySource(file: string, text: string): Promise<ShopifySource | null> {
  if (!/\bexport\b/.test(text) || /shopify_function|\bShopifyFunction\b/.test(text)) return null;
  const folders = foldersUp(dirname(file));
  const configuration = await firstOf(folders.map((folder) => join(folder, extensionFile)));
  if (configuration === null) return null;
  if ((await firstOf(folders.map((folder) => join(folder, ...library, "run.ts")))) === null) return null;
  const exports = [...new Set(await exportsIn(configuration))].filter((name) => exportsFunction(text, name));
  if (exports.length === 0) return null;
  return { around: around(`./${basename(file)}`, exports.map(functionOf)), exports };
}

/** Names of exports in a configuration, of all functions in it; those that make no name of JavaScript are left out. */
async function exportsIn(toml: string): Promise<string[]> {
  // TOML is read where there is a configuration only
  const { functionExtensions } = await import("../host/shopify/extension.ts");
  return functionExtensions(toml).flatMap(({ targets }) =>
    targets.map((target) => target.export ?? "").filter((name) => /^[A-Za-z][\w-]*$/.test(name)),
  );
}

function exportsFunction(text: string, name: string): boolean {
  const own = functionOf(name);
  return (
    /\bexport\s*\*/.test(text) ||
    new RegExp(`\\bexport\\s+(?:async\\s+)?(?:function|const|let|var)\\s+${own}\\b`).test(text) ||
    new RegExp(`\\bexport\\s*\\{[^}]*\\b${own}\\b`).test(text)
  );
}

function around(file: string, functions: readonly string[]): string {
  const from = JSON.stringify(file);
  return [
    'import hand from "@shopify/shopify_function/run";',
    ...functions.map((name, i) => `import { ${name} as user${i} } from ${from};`),
    ...functions.map((name, i) => `export function ${name}() { return hand(user${i}); }`),
    "",
  ].join("\n");
}

async function firstOf(files: readonly string[]): Promise<string | null> {
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => null);
    if (text !== null) return text;
  }
  return null;
}
