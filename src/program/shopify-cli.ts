/**
 * Where Shopify's plugin lies on this machine. @shopify/cli downloads it when it first builds a function, into the folder
 * bin of its own package (read in 3.94.3, dist/index.js; before it was one file, @shopify/app had it below its services).
 * It is looked for in node_modules above the program and the working directory, then where the commands `shopify` and
 * `node` on PATH have theirs. Nothing is downloaded here, and no name out of a module becomes a path.
 */
import { readdir, readFile, realpath } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, relative, sep } from "node:path";
import { foldersUp } from "../base/folders.ts";
import { pluginFamilies } from "../javy/plugin-families.ts";
import type { Program } from "./program.ts";

/** Below node_modules. */
const places = [
  { package: ["@shopify", "cli"], folder: ["bin"] },
  { package: ["@shopify", "app"], folder: ["dist", "cli", "services", "bin"] },
] as const;

const fileName = new RegExp(`^(${pluginFamilies.shopify.prefix}_v(\\d+))\\.wasm$`);

export interface FoundPlugin {
  readonly path: string;
  /** For the user: the file, and whose it is. */
  readonly from: string;
}

/**
 * The plugin of a namespace; of null, the newest of the first folder that has any. `folders`: absolute, in whose
 * node_modules and those above it is looked. Null where there is none.
 */
export async function findShopifyPlugin(
  namespace: string | null,
  folders: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Promise<FoundPlugin | null> {
  const modules = [...folders.flatMap(modulesAbove), ...(await modulesOfCommands(env))];
  for (const folder of new Set(modules)) {
    for (const place of places) {
      const root = join(folder, ...place.package);
      const bin = join(root, ...place.folder);
      const file = await pluginIn(bin, namespace);
      if (file === null) continue;
      const path = join(bin, file);
      const near = relative(cwd, path).split(sep).join("/");
      const shown = near.length < path.length ? near : path;
      return { path, from: `${shown}, of ${await describe(root, place.package)}` };
    }
  }
  return null;
}

/** Whether JavaScript is written for Shopify's plugin: it uses the global that only that has, and does not make it. */
export function usesShopifyPlugin(source: string): boolean {
  return (
    /\bShopifyFunction\s*(?:\?\.|\.)\s*(?:readInput|writeOutput)\b/.test(source) &&
    !/\b(?:var|let|const|class|function)\s+ShopifyFunction\b|\bglobalThis\s*\.\s*ShopifyFunction\s*=[^=]/.test(
      source,
    )
  );
}

/** Whether a program is JavaScript for Shopify's plugin, and was compiled for the embedded one, which is another. */
export function lacksShopifyPlugin({ plugin, source }: Program): boolean {
  return plugin?.origin === "embedded" && source !== null && usesShopifyPlugin(source.text);
}

async function pluginIn(folder: string, namespace: string | null): Promise<string | null> {
  const names = await readdir(folder).catch(() => []);
  const found = names.flatMap((name) => {
    const match = fileName.exec(name);
    return match && (namespace === null || match[1] === namespace)
      ? [{ name, version: Number(match[2]) }]
      : [];
  });
  return found.sort((a, b) => b.version - a.version)[0]?.name ?? null;
}

async function describe(root: string, name: readonly string[]): Promise<string> {
  const text = await readFile(join(root, "package.json"), "utf8").catch(() => "");
  const version = /"version"\s*:\s*"([\w.+-]{1,40})"/.exec(text)?.[1];
  return `${name.join("/")}${version === undefined ? "" : ` ${version}`}`;
}

function modulesAbove(from: string): string[] {
  return foldersUp(from).map((folder) => join(folder, "node_modules"));
}

/** The global node_modules: those around the file that `shopify` is a link to, and those that belong to a `node`. */
async function modulesOfCommands(env: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const path = (env["PATH"] ?? env["Path"] ?? "").split(delimiter).filter(isAbsolute);
  const found: string[] = [];
  for (const folder of path) {
    const command = await realpath(join(folder, "shopify")).catch(() => null);
    if (command !== null) found.push(...modulesAbove(dirname(command)));
  }
  // npm on Windows keeps global packages beside its commands, elsewhere in ../lib
  for (const folder of path)
    found.push(join(folder, "node_modules"), join(dirname(folder), "lib", "node_modules"));
  return found;
}
