/**
 * Every file in cases/ is a case: comments at its top give the command (`%s` is the file, `%plugin` the embedded
 * engine), the exit code and the contents of stdin, and with `before` a command to run first. What the command prints
 * is in the files beside it that end in .stdout and .stderr, where it prints anything. `BLESS=1` rewrites them; one
 * that no case produces fails.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parse } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const folder = new URL("./cases/", import.meta.url);
const isGolden = (file: string) => /\.(stdout|stderr)$/.test(file);
const files = readdirSync(folder).sort();
const cases = files.filter((file) => !isGolden(file));
const bless = Boolean(process.env["BLESS"]);

describe.each(cases)("%s", (file) => {
  test("prints what it should", async () => {
    const source = readFileSync(new URL(file, folder), "utf8");
    const words = (key: string) =>
      header(source, key)
        ?.split(" ")
        .map((word) => word.replace("%s", file).replace("%plugin", inRoot("plugin/plugin.wasm")));
    const [name, ...args] = words("run") ?? [];
    expect(name, `${file} begins with its command: // run: javy-prof %s`).toBe("javy-prof");
    const { path, remove } = folderWith({ [file]: source });
    try {
      const before = words("before");
      if (before) expect((await javyProf(path, before.slice(1))).code, `${file}: before`).toBe(0);
      const { code, stdout, stderr } = await javyProf(path, args, { stdin: header(source, "stdin") ?? "" });
      expect(code, stderr).toBe(Number(header(source, "exit") ?? 0));
      golden(`${parse(file).name}.stdout`, stdout);
      golden(`${parse(file).name}.stderr`, stderr);
    } finally {
      remove();
    }
  });
});

test("every golden has its case, and every case a name of its own", () => {
  const names = cases.map((file) => parse(file).name);
  expect(new Set(names).size).toBe(names.length);
  const stale = files.filter((file) => isGolden(file) && !names.includes(parse(file).name));
  if (bless) for (const file of stale) rmSync(new URL(file, folder));
  expect(bless ? [] : stale, "stale goldens; BLESS=1 removes them").toEqual([]);
});

/** The value of `// key: value` among the comments at the top. */
function header(source: string, key: string): string | undefined {
  for (const line of source.split("\n")) {
    const match = /^\/\/ (\w+): (.*)$/.exec(line);
    if (!match) return undefined;
    if (match[1] === key) return match[2];
  }
  return undefined;
}

/** An empty output has no golden. */
function golden(name: string, text: string): void {
  const file = new URL(name, folder);
  if (bless) {
    if (text === "") rmSync(file, { force: true });
    else writeFileSync(file, text);
  }
  const expected = files.includes(name) || bless ? read(file) : "";
  expect(text, `${name} differs from its golden; BLESS=1 rewrites it`).toBe(expected);
}

function read(file: URL): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
