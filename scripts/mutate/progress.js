/** How many mutants of a seed have been judged since the code last changed: kept in a file between runs. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

/** A hash of all that judges mutants and of all that makes them. */
function codeHash() {
  const hash = createHash("sha256");
  for (const folder of ["../../dist/", "./"].map((path) => new URL(path, import.meta.url)))
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort())
      if (path.endsWith(".js"))
        hash.update(path).update(readFileSync(new URL(path.replaceAll("\\", "/"), folder)));
  return hash.digest("hex");
}

/**
 * Where to go on: `first` is 0 after a change of the code or of the seed. `done` writes how far it came.
 * @param {string} file
 * @param {number} seed
 */
export function progressIn(file, seed) {
  const code = codeHash();
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const first = kept.code === code && kept.seed === seed ? Number(kept.next) : 0;
  return {
    first,
    /** @param {number} next */
    done: (next) => writeFileSync(file, `${JSON.stringify({ code, seed, next })}\n`),
  };
}
