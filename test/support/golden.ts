/**
 * Compares files with goldens. The folder is the list of cases: a file that no case produces is stale and
 * fails. `BLESS=1` rewrites the folder.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

/** Expects `folder` (a URL that ends with a slash) to hold exactly `files`, by name. */
export function expectGoldens(folder: URL, files: Readonly<Record<string, string>>): void {
  if (process.env["BLESS"]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(new URL(name, folder), text);
  }
  for (const [name, text] of Object.entries(files)) {
    const golden = read(new URL(name, folder));
    expect(text, `${name} differs from its golden; BLESS=1 rewrites it`).toBe(golden);
  }
  const stale = readdirSync(folder).filter((name) => files[name] === undefined);
  expect(stale, "stale goldens; BLESS=1 removes them").toEqual([]);
}

function read(file: URL): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
