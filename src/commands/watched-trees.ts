/** Folders to be watched with what is below them, and which of their files count. */
import { relative, resolve, sep } from "node:path";
import picomatch from "picomatch";

type Trees = ReadonlyMap<string, (path: string) => boolean>;

export function treeOf(folder: string, counts: (path: string) => boolean): Trees {
  return new Map([[folder, counts]]);
}

/** Files that a bundler may read. */
export const isSource = (path: string): boolean => /\.(?:[cm]?[jt]sx?|json)$/.test(path);

/** The folders below which files may come to match globs from `folder`; what is no glob is left out. */
export function globTrees(patterns: readonly string[], folder: string): Trees {
  const trees = new Map<string, (path: string) => boolean>();
  for (const pattern of patterns) {
    const { base, isGlob, negated } = picomatch.scan(pattern.replaceAll(sep, "/"));
    if (!isGlob || negated) continue;
    const tree = resolve(folder, base);
    const matches = picomatch(pattern.replaceAll(sep, "/"), { dot: true });
    const before = trees.get(tree);
    const counts = (path: string) => matches(relative(folder, path).replaceAll(sep, "/"));
    trees.set(tree, before ? (path) => before(path) || counts(path) : counts);
  }
  return trees;
}
