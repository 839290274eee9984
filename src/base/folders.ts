/** Folders, as paths: nothing is looked at. */
import { dirname } from "node:path";

/** A folder, by its absolute path, and all those around it, innermost first. */
export function foldersUp(from: string): string[] {
  const found: string[] = [];
  for (let folder = from; ; folder = dirname(folder)) {
    found.push(folder);
    if (dirname(folder) === folder) return found;
  }
}
