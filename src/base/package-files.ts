/**
 * Where the package's own files are: what is read beside the code (the engine, the collector, the thread's code). The
 * code runs from src/ in tests, from dist/ in the library and from dist/bin/ in the bundled command; each of its files is
 * two folders below the package, but for those that are not read from here.
 */

/** The package's folder. */
const root = new URL("../../", import.meta.url);

/** A file of the package by its path from the package's folder. */
export function packageFile(path: string): URL {
  return new URL(path, root);
}

/** The folder of what is built: where this file is, but for sources, which take what was built before. */
const dist = new URL(import.meta.url.endsWith(".ts") ? "../../dist/" : "../", import.meta.url);

/** A file of the build by its path from there; also while the package is being built, when there may be no dist/ yet. */
export function builtFile(path: string): URL {
  return new URL(path, dist);
}
