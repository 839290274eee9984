/**
 * Files that are not named by the user but by what the user gave: a source map that a comment names, a source that a map
 * names. They are read only where they are regular files inside the project that the program belongs to, whatever the name
 * says and wherever links lead.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import { foldersUp } from "../base/folders.ts";
import { mostText } from "../base/read-whole.ts";

export interface Project {
  /** The text of a file, by its absolute path; null where it may not be read, or cannot. */
  read(path: string): string | null;
}

/** The project of a program in `folder`: from the nearest folder with a package.json on, or from that folder. */
export function projectOf(folder: string): Project {
  const root = rootOf(folder);
  return {
    read(path) {
      try {
        const real = realpathSync(path);
        if (isOutside(relative(realpathSync(root), real))) return null;
        const found = statSync(real);
        return found.isFile() && found.size <= mostText ? readFileSync(real, "utf8") : null;
      } catch {
        return null;
      }
    },
  };
}

function isOutside(fromRoot: string): boolean {
  return fromRoot === ".." || fromRoot.startsWith(`..${sep}`) || isAbsolute(fromRoot);
}

function rootOf(folder: string): string {
  const isProject = (at: string) =>
    statSync(join(at, "package.json"), { throwIfNoEntry: false })?.isFile() ?? false;
  return foldersUp(folder).find(isProject) ?? folder;
}
