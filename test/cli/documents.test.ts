/**
 * What README.md and docs/ say of the command line is what it does: the example's summary and picture, each command's
 * options, the exit codes; and what they link to is there. `BLESS=1` rewrites the summary and the picture.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { expect, test } from "vitest";
import { exitCodes } from "../../src/commands/exit-codes.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const bless = Boolean(process.env["BLESS"]);
const text = (path: string) => readFileSync(inRoot(path), "utf8");
const { flameGraph } = (await import(new URL("../../scripts/flamegraph.js", import.meta.url).href)) as {
  flameGraph: (profile: unknown) => string;
};

/** The command of the README's example, and the summary below it. */
const example = /```sh\nnpm ci && npm run build && node dist\/cli\.js (.*)\n```\n\n```\n([\s\S]*?)```/;

test("the README's example prints what it shows, and its picture is of that profile", async () => {
  const [, command, shown] = example.exec(text("README.md"))!;
  const { path, remove } = folderWith({});
  try {
    cpSync(inRoot("examples"), join(path, "examples"), { recursive: true });
    const ended = await javyProf(path, command!.split(" "), { env: { LANG: "C.UTF-8" } });
    // typed in a clone, where there is no javy-prof on PATH
    const stderr = ended.stderr.replace("look: javy-prof", "look: node dist/cli.js");
    expect(ended.code, stderr).toBe(0);
    const picture = flameGraph(JSON.parse(readFileSync(join(path, "discount.speedscope.json"), "utf8")));
    if (bless) {
      writeFileSync(
        inRoot("README.md"),
        text("README.md").replace(shown!, () => stderr),
      );
      writeFileSync(inRoot("docs/discount.svg"), picture);
    }
    expect(bless ? stderr : shown, "BLESS=1 rewrites it").toBe(stderr);
    expect(text("docs/discount.svg"), "BLESS=1 draws it again").toBe(picture);
  } finally {
    remove();
  }
});

test.each(["docs/library.md", "docs/probes.md"])("the example of %s prints what stands below it", (page) => {
  const [, code, printed] = /```js\n([\s\S]*?)```\n\n```\n([\s\S]*?)```/.exec(text(page))!;
  // from the root, where "javy-prof" is this package by its own exports
  // node:wasi warns of itself
  const options = ["--input-type=module", "--disable-warning=ExperimentalWarning"];
  const run = spawnSync(process.execPath, options, {
    input: code!,
    cwd: inRoot("."),
    encoding: "utf8",
  });
  expect(run.stderr).toBe("");
  expect(run.stdout).toBe(printed);
});

/** The sections of docs/cli.md by title, each with what stands in the first column of its tables. */
const sections = new Map(
  text("docs/cli.md")
    .split(/^## /m)
    .slice(1)
    .map((section) => [
      /^.*/.exec(section)![0],
      [...section.matchAll(/^\| (`?)(.+?)\1 \|/gm)].map((match) => match[2]!),
    ]),
);

test("docs/cli.md has every command with its options, in the order of its help", async () => {
  const options = (help: string) =>
    [...help.matchAll(/^ {2}(-.*?)(?: {2,}.*)?$/gm)].map((match) => match[1]!);
  const { stdout } = await javyProf(inRoot("."), ["--help"]);
  const commands = [...stdout.matchAll(/^ {2}([a-z]\w+)(?: \[| <|$| {2})/gm)].map((match) => match[1]!);
  const documented = [...sections.keys()].filter((title) => title !== "Exit codes");
  expect(documented.sort()).toEqual(commands.filter((name) => name !== "help").sort());
  for (const command of documented) {
    const { stdout: help } = await javyProf(inRoot("."), [command, "--help"]);
    const wanted = options(help).filter((option) => option !== "-h, --help");
    expect(
      sections.get(command)!.filter((cell) => cell.startsWith("-")),
      command,
    ).toEqual(wanted);
  }
});

test("docs/cli.md has every exit code", () => {
  const codes = sections
    .get("Exit codes")!
    .filter((cell) => /^\d+$/.test(cell))
    .map(Number);
  expect(codes).toEqual(Object.values(exitCodes).sort((a, b) => a - b));
});

const pages = [
  ...readdirSync(inRoot(".")).filter((name) => name.endsWith(".md")),
  ...readdirSync(inRoot("docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

test.each(pages)("%s links to what there is", (page) => {
  const links = [...text(page).matchAll(/\]\(([^)#:]*)(#[^)]*)?\)/g)].map(
    ([, path, part]) => [path!, part] as const,
  );
  for (const [path, part] of links) {
    const target = path === "" ? page : join(dirname(page), path);
    expect(existsSync(inRoot(target)), `${page} → ${target}`).toBe(true);
    if (part) expect(headings(text(target)), `${page} → ${target}${part}`).toContain(part.slice(1));
  }
});

test("what ships links to what ships", () => {
  const packed = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: inRoot("."),
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
  const shipped = files.map(({ path }) => path);
  const texts = shipped.filter((path) => path.endsWith(".md"));
  expect(texts.length).toBeGreaterThan(8);
  for (const page of texts) {
    const links = [...text(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path]) => path!);
    for (const link of links) {
      const target = posix.join(posix.dirname(page), link);
      const isThere = shipped.some(
        (path) => path === target || path.startsWith(`${target.replace(/\/$/, "")}/`),
      );
      expect(isThere, `${page} → ${link}`).toBe(true);
    }
  }
});

test.each(["ARCHITECTURE.md", "CONTRIBUTING.md"])("%s names files that there are", (page) => {
  const named = [...text(page).matchAll(/`([\w./-]+\/[\w.-]*\w\.(?:ts|js|py|json|wasm|sh))`/g)].map(
    (match) => match[1]!,
  );
  expect(named.length).toBeGreaterThan(5);
  const missing = named.filter((path) => !existsSync(inRoot(path)) && !existsSync(inRoot(`src/${path}`)));
  expect(missing).toEqual([]);
});

/** The anchors that GitHub gives to a page's headings. */
function headings(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
