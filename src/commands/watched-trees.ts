/** Folders to be watched with what is below them, and which of their files count. */
import { relative, resolve, sep } from "node:path";
import picomatch from "picomatch";

export type Trees = ReadonlyMap<string, (path: string) => boolean>;

export function treeOf(folder: string, counts: (path: string) => boolean): Trees {
  return new Map([[folder, counts]]);
}

/** Trees of several kinds together: in a folder of more than one a file counts where it does for any. */
export function joined(...all: readonly Trees[]): Trees {
  const trees = new Map<string, (path: string) => boolean>();
  for (const [folder, counts] of all.flatMap((one) => [...one])) {
    const before = trees.get(folder);
    trees.set(folder, before ? (path) => before(path) || counts(path) : counts);
  }
  return trees;
}

/** Files that a bundler may read. */
export const isSource = (path: string): boolean => /\.(?:[cm]?[jt]sx?|json)$/.test(path);

/** The folders below which files may come to match globs from `folder`; what is no glob is left out. */
export function globTrees(patterns: readonly string[], folder: string): Trees {
  const trees = patterns.flatMap((pattern) => {
    const { base, isGlob, negated } = picomatch.scan(pattern.replaceAll(sep, "/"));
    if (!isGlob || negated) return [];
    const matches = picomatch(pattern.replaceAll(sep, "/"), { dot: true });
    const counts = (path: string) => matches(relative(folder, path).replaceAll(sep, "/"));
    return [treeOf(resolve(folder, base), counts)];
  });
  return joined(...trees);
}
