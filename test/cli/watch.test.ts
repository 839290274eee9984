/**
 * `--watch` as people use it: a real process, real files that are edited while it waits and while it runs, and what is printed
 * then. What is waited for is what the command says, never a time.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Ended, folderWith, javyProf } from "../support/javy-prof.ts";

const app = (
  work: number,
) => `function work(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i; return sum; }
const bytes = new Uint8Array(64);
Javy.IO.readSync(0, bytes);
console.log(work(${work}));
`;

let folder: ReturnType<typeof folderWith>;
afterEach(() => folder.remove());
const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text);

/** A command that runs until it is interrupted. */
class Watching {
  readonly ended: Promise<Ended>;
  #child: ChildProcess | undefined;
  #stderr = "";
  #stdout = "";
  #seen = 0;

  constructor(args: readonly string[], stdin = "") {
    this.ended = javyProf(folder.path, args, {
      stdin,
      started: (child) => {
        this.#child = child;
        child.stderr!.on("data", (chunk: Buffer) => {
          this.#stderr += String(chunk);
        });
        child.stdout!.on("data", (chunk: Buffer) => {
          this.#stdout += String(chunk);
        });
      },
    });
  }

  /** What is said until it waits again, since this was last asked. */
  async said(): Promise<string> {
    const until = "watching; Ctrl-C ends it\n";
    await this.#until(() => this.#stderr.includes(until, this.#seen));
    const at = this.#stderr.indexOf(until, this.#seen);
    const text = this.#stderr.slice(this.#seen, at);
    this.#seen = at + until.length;
    return text;
  }

  /** Waits for the guest's output. */
  printed(text: string): Promise<void> {
    return this.#until(() => this.#stdout.includes(text));
  }

  async #until(holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 50_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 20)))
      if (Date.now() > end || this.#child!.exitCode !== null)
        throw new Error(`it never came, but: ${this.#stdout}${this.#stderr.slice(this.#seen)}`);
  }

  /** Ctrl-C. */
  async end(): Promise<Ended> {
    this.#child!.kill("SIGINT");
    return this.ended;
  }
}

describe("run --watch", () => {
  test("prints what an edit changed, and nothing is written", async () => {
    folder = folderWith({ "app.js": app(1000) });
    const watching = new Watching(["app.js", "-w"]);
    expect(await watching.said()).toMatch(/^app\.js +[\d,]+ fuel/m);
    write("app.js", app(3000));
    const more = await watching.said();
    expect(more).toMatch(/^app\.js changed$/m);
    expect(more).toMatch(/^app\.js {2}[\d,]+ → [\d,]+ {2}\+[\d,]+ \(\+[\d.]+%\)$/m);
    expect(more).toMatch(/^ +\+[\d,]+ +\+[\d.]+% +[\d,]+ +[\d,]+ +1 +work +app\.js:1$/m);
    // as editors do it: another file, renamed
    write("app.js.new", app(1000));
    renameSync(join(folder.path, "app.js.new"), join(folder.path, "app.js"));
    expect(await watching.said()).toMatch(/^ +-[\d,]+ +-[\d.]+% +[\d,]+ +[\d,]+ +1 +work +app\.js:1$/m);
    // several saves in a row are one change, and what is saved as it was is none
    for (const n of [5, 50, 500]) write("app.js", app(n));
    expect(await watching.said()).toMatch(/^\napp\.js changed\n/);
    write("app.js", app(500));
    write("app.js.new", "");
    write("app.js", app(5));
    expect(await watching.said()).toMatch(/^\napp\.js changed\napp\.js {2}[\d,]+ → [\d,]+ {2}-/);
    const { code, stdout } = await watching.end();
    expect(code).toBe(0);
    expect(stdout).toBe("499500\n4498500\n499500\n124750\n10\n");
    expect(existsSync(join(folder.path, "app.speedscope.json"))).toBe(false);
  });

  test("an error does not end it, and the next change is against the last run that was", async () => {
    folder = folderWith({ "app.js": app(1000) });
    const watching = new Watching(["app.js", "-w", "-o", "out.json"]);
    expect(await watching.said()).toContain("wrote out.json");
    write("app.js", "function (");
    expect(await watching.said()).toMatch(/^javy-prof: app\.js:1:\d+: /m);
    write("app.js", `${app(1000)}null.x;\n`);
    const failed = await watching.said();
    expect(failed).toMatch(/^app\.js {2}[\d,]+ → [\d,]+/m);
    expect(failed).toMatch(/uncaught exception.*\n +at \(module\) \(app\.js:5/);
    write("app.js", app(1000));
    expect(await watching.said()).toContain("wrote out.json");
    expect((await watching.end()).code).toBe(0);
  });

  test("follows imports, also those that are new, and not the files beside them", async () => {
    folder = folderWith({
      "app.ts": 'import { n } from "./n.ts";\nconsole.log(n);\n',
      "n.ts": "export const n: number = 1;\n",
      "other.ts": "export const other = 2;\n",
    });
    const watching = new Watching(["app.ts", "-w"]);
    await watching.said();
    write("other.ts", "export const other = 3;\n");
    write("n.ts", 'export { other as n } from "./other.ts";\n');
    expect(await watching.said()).toMatch(/^n\.ts changed$/m);
    write("other.ts", "export const other = [1, 2, 3].map((n) => n * 2).length;\n");
    expect(await watching.said()).toMatch(/^other\.ts changed$/m);
    const { stdout } = await watching.end();
    expect(stdout).toBe("1\n3\n3\n");
  });

  test("a change while it runs stops the run, which says nothing", async () => {
    folder = folderWith({ "app.js": "console.log('begun'); for (;;);\n" });
    const watching = new Watching(["app.js", "-w"]);
    await watching.printed("begun");
    write("app.js", app(10));
    const said = await watching.said();
    expect(said).toMatch(/^\n?app\.js changed\napp\.js +[\d,]+ fuel/);
    expect((await watching.end()).stdout).toBe("begun\n45\n");
  });

  test("Ctrl-C ends it while the guest runs, too", async () => {
    folder = folderWith({ "app.js": "console.log('begun'); for (;;);\n" });
    const watching = new Watching(["app.js", "-w"]);
    await watching.printed("begun");
    const { code, stderr } = await watching.end();
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("inputs of a glob: a row each that changed, and files that come", async () => {
    folder = folderWith({ "app.js": app(10) });
    mkdirSync(join(folder.path, "carts"));
    write("carts/a.json", "{}");
    write("carts/b.json", "{}");
    const watching = new Watching(["app.js", "-w", "-i", "carts/*.json"]);
    expect(await watching.said()).toMatch(/ok +carts\/b\.json$/m);
    write("carts/c.json", "{}");
    const more = await watching.said();
    expect(more).toMatch(/^carts\/c\.json changed$/m);
    expect(more).toMatch(/^carts\/c\.json {2}[\d,]+ \(new\)$/m);
    expect(more).not.toMatch(/^carts\/a\.json/m);
    await watching.end();
  });

  test("what is piped in is read once, for all runs", async () => {
    folder = folderWith({ "app.js": app(10) });
    const watching = new Watching(["app.js", "-w"], "1234567");
    await watching.said();
    write("app.js", `${app(10)}console.log(bytes[6]);\n`);
    await watching.said();
    expect((await watching.end()).stdout).toBe("45\n45\n55\n");
  });

  test("is refused with what wants one document or one end", async () => {
    folder = folderWith({ "app.js": app(10) });
    for (const flag of [["--json"], ["-o", "-"], ["--open"]]) {
      const { code, stderr } = await javyProf(folder.path, ["app.js", "-w", ...flag]);
      expect([code, stderr]).toEqual([2, expect.stringContaining("--watch")]);
    }
  });
});

describe("check --watch", () => {
  const config = (more: object = {}) =>
    JSON.stringify({ entry: "app.js", budgets: { total: "10M" }, scenarios: [{ name: "all" }], ...more });

  test("checks again, and says what changed since the check before", async () => {
    folder = folderWith({ "app.js": app(1000), "javy-prof.config.json": config() });
    const watching = new Watching(["check", "-w"]);
    await watching.said();
    write("app.js", app(3000));
    const more = await watching.said();
    expect(more).toMatch(/^app\.js changed$/m);
    expect(more).toMatch(/^since the check before:\nall {2}[\d,]+ → [\d,]+ {2}\+[\d,]+/m);
    expect(more).toMatch(/work +app\.js:1$/m);
    write("javy-prof.config.json", config({ budgets: { total: 5 } }));
    const over = await watching.said();
    expect(over).toMatch(/^javy-prof\.config\.json changed$/m);
    expect(over).toContain("nothing costs more or less");
    const { code, stdout } = await watching.end();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^all +over-budget/m);
  });

  test("builds when a source changes, and not because of what the build writes", async () => {
    const build =
      "import { readFileSync, writeFileSync, mkdirSync } from 'node:fs'; mkdirSync('dist', { recursive: true }); writeFileSync('dist/app.js', readFileSync('source.txt')); writeFileSync('dist/log', String(Math.random())); console.log('built');";
    folder = folderWith({
      "source.txt": app(1000),
      "build.mjs": build,
      "javy-prof.config.json": config({ entry: "dist/app.js", build: "node build.mjs" }),
    });
    const watching = new Watching(["check", "-w"]);
    expect(await watching.said()).toContain("built\n");
    write("source.txt", app(3000));
    const more = await watching.said();
    expect(more).toMatch(/^source\.txt changed\nbuilt\n/m);
    expect(more).toMatch(/work +dist\/app\.js:1$/m);
    write("source.txt", app(1000));
    // the very next thing is this: no round of the build's own came between
    expect(await watching.said()).toMatch(/^\nsource\.txt changed\nbuilt\n/);
    const { stderr } = await watching.end();
    expect(stderr.match(/^built$/gm), stderr).toHaveLength(3);
  });
});
