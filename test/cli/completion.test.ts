/** The completion of a shell, as the shell runs it; and what it completes is what the help says. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderWith, javyProf } from "../support/javy-prof.ts";

let folder: ReturnType<typeof folderWith>;
beforeAll(async () => {
  folder = folderWith({ "app.js": "", "it's.json": "" });
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await javyProf(folder.path, ["completion", shell]);
    expect(code).toBe(0);
    writeFileSync(join(folder.path, `completion.${shell}`), stdout);
  }
});
afterAll(() => folder.remove());

/** What bash offers behind these words, of which the last is being typed. */
function offered(...words: readonly string[]): string[] {
  const script = `source completion.bash
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_javy_prof; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync("bash", ["--norc", "-c", script, "bash", "javy-prof", ...words], {
    cwd: folder.path,
    encoding: "utf8",
  });
  return output.split("\n").filter((line) => line !== "");
}

test.each([
  [["ru"], ["run"]],
  [["run", "--fo"], ["--format"]],
  [["run", "--frames", "e"], ["engine"]],
  [["run", "--sort", "x"], []],
  [["run", "--format", "speedscope,pp"], ["speedscope,pprof"]],
  [["run", "--stdin", "=", "f"], ["file"]],
  [["monitor", "js-f"], ["js-fuel"]],
  [
    ["completion", ""],
    ["bash", "zsh", "fish"],
  ],
  // files, which readline completes itself
  [["run", "ap"], []],
  [["run", "-i", "c"], []],
])("%s", (words, wanted) => {
  expect(offered(...words)).toEqual(wanted);
});

test("bash completes files where the function says nothing", () => {
  const script = "source completion.bash; complete -p javy-prof";
  const said = execFileSync("bash", ["--norc", "-c", script], { cwd: folder.path, encoding: "utf8" });
  expect(said).toBe("complete -o default -F _javy_prof javy-prof\n");
});

test("each command and option is completed, and each word is one that the help names", async () => {
  const { stdout } = await javyProf(folder.path, ["--help"]);
  const commands = [...stdout.matchAll(/^ {2}(\w+)(?: \[| <|$| {2})/gm)].map((match) => match[1]!);
  expect(offered("").sort()).toEqual([...commands, "--help", "--version"].sort());
  for (const command of commands.filter((name) => name !== "help")) {
    const { stdout: help } = await javyProf(folder.path, [command, "--help"]);
    const options = [...help.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm)].flatMap(([, short, long]) => [
      short,
      long!,
    ]);
    const wanted = options.filter((name) => name !== undefined && name !== "-h");
    expect(offered(command, "-").sort(), command).toEqual(wanted.sort());
    for (const option of wanted.filter((name) => name !== "--monitor"))
      for (const word of offered(command, option!, ""))
        expect(help, `${command} ${option} ${word}`).toContain(word);
  }
}, 120_000);

test("the scripts of the other shells hold together", () => {
  const zsh = execFileSync("cat", [join(folder.path, "completion.zsh")], { encoding: "utf8" });
  expect(zsh).toMatch(/^#compdef javy-prof\n/);
  expect(zsh).toContain("run) _arguments ");
  // quotes are closed: bash reads the same words
  execFileSync("bash", ["-n", join(folder.path, "completion.zsh")]);
  const fish = execFileSync("cat", [join(folder.path, "completion.fish")], { encoding: "utf8" });
  expect(fish).toMatch(/^complete .* -l frames -x -a 'builtin js work engine wasm' /m);
  for (const line of fish.trimEnd().split("\n"))
    expect(line.replace(/\\./g, "").match(/'/g)?.length ?? 0, line).toSatisfy(
      (count: number) => count % 2 === 0,
    );
});

test("another shell is refused", async () => {
  const { code, stderr } = await javyProf(folder.path, ["completion", "tcsh"]);
  expect([code, stderr]).toEqual([2, 'javy-prof: completion takes bash, zsh, fish, not "tcsh"\n']);
});
