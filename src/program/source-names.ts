/**
 * What the sources of a map are called: their paths from the working directory, where the map's folder is known. A map's
 * own names are not to be trusted: what is shown is never absolute, has no way up, and no two sources have one name.
 */
import { isAbsolute, relative, resolve } from "node:path";

/** The names to show, by index. `folder`: where the map is, absolute; `cwd`: absolute. */
export function sourceNames(sources: readonly string[], folder: string, cwd: string): string[] {
  const taken = new Set<string>();
  return sources.map((source) => {
    const name = shortName(source, folder, cwd) || "(unnamed source)";
    let free = name;
    for (let i = 2; taken.has(free); i++) free = `${name} (${i})`;
    taken.add(free);
    return free;
  });
}

/** Absolute path of a source that is a file; null for an address of another kind. */
export function sourcePath(source: string, folder: string): string | null {
  const path = source.replace(/^file:\/\//, "");
  return /^[a-z][\w+.-]+:/i.test(path) ? null : resolve(folder, path);
}

function shortName(source: string, folder: string, cwd: string): string {
  const path = sourcePath(source, folder);
  // webpack://package/./src/app.ts, node:fs, https://host/app.ts
  if (path === null) return clean(source.replace(/^[\w+.-]+:(?:\/\/[^/]*\/)?/, ""));
  const fromHere = relative(cwd, path);
  return clean(isAbsolute(fromHere) ? path.replace(/^[a-z]:/i, "") : fromHere);
}

/** `/` between the parts, and none of them leads up or to the root. */
function clean(path: string): string {
  const parts = path.split(/[\\/]+/);
  return parts.filter((part) => part !== "" && part !== "." && part !== "..").join("/");
}
