/** What a command writes never destroys what it reads, or what was there before it could be replaced. */
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

const source = 'console.log("ran");\n';
const table = '{"base":"wasmtime-48"}';
const monitor = "report var n: u32;\nwasm:opcode:call:before { n++; }\n";
const host = `export default (guest) => {
  const instance = guest.instantiate({ wasi_snapshot_preview1: guest.wasi });
  return { call: () => instance.exports._start() };
};
`;

let folder: ReturnType<typeof folderWith>;
let before: Map<string, string>;
const at = (name: string) => join(folder.path, name);
const names = () => fs.readdirSync(folder.path).sort();
/** Every file as bytes, links as where they lead. */
const contents = () =>
  new Map(
    names().map((name) => [
      name,
      fs.lstatSync(at(name)).isSymbolicLink()
        ? fs.readlinkSync(at(name))
        : fs.readFileSync(at(name), "latin1"),
    ]),
  );

beforeAll(async () => {
  folder = folderWith({
    "app.js": source,
    "in.txt": "in",
    "t.json": table,
    "host.mjs": host,
    "m.mm": monitor,
  });
  fs.copyFileSync(inRoot("plugin/plugin.wasm"), at("plugin.wasm"));
  fs.symlinkSync("app.js", at("link"));
  fs.linkSync(at("app.js"), at("hard"));
  for (const name of ["soft", "firm"]) fs.writeFileSync(at(`${name}.js`), source);
  fs.symlinkSync("soft.js", at("soft.speedscope.json"));
  fs.linkSync(at("firm.js"), at("firm.speedscope.json"));
  await javyProf(folder.path, ["app.js", "--format", "json", "-o", "app.fuel.json", "--quiet"]);
  fs.symlinkSync("app.fuel.json", at("r.json"));
  fs.symlinkSync("nowhere.wasm", at("dangling.wasm"));
  before = contents();
});
afterAll(() => folder.remove());

describe("an output that is an input, or another output, is refused before anything runs", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["build app.js -o app.js", "the module would overwrite app.js", "that is the program"],
    [
      "build app.js -o ./app.js",
      "the module would overwrite ./app.js",
      "that is the same file as the program, app.js",
    ],
    [
      "build app.js -o link",
      "the module would overwrite link",
      "that is the same file as the program, app.js",
    ],
    [
      "build app.js -o hard",
      "the module would overwrite hard",
      "that is the same file as the program, app.js",
    ],
    [
      "build link -o app.js",
      "the module would overwrite app.js",
      "that is the same file as the program, link",
    ],
    ["build app.js -o a.wasm --plugin-out a.wasm", "the plugin would overwrite a.wasm", "that is the module"],
    [
      "build app.js -o dangling.wasm --plugin-out nowhere.wasm",
      "the plugin would overwrite nowhere.wasm",
      "that is the same file as the module, dangling.wasm",
    ],
    [
      "build app.js --plugin plugin.wasm --plugin-out plugin.wasm",
      "the plugin would overwrite plugin.wasm",
      "that is the plugin",
    ],
    ["build app.js --plugin-out app.js", "the plugin would overwrite app.js", "that is the program"],
    ["app.js -o link", "the profile would overwrite link", "that is the same file as the program, app.js"],
    ["app.js -o hard", "the profile would overwrite hard", "that is the same file as the program, app.js"],
    [
      "soft.js",
      "the profile would overwrite soft.speedscope.json",
      "that is the same file as the program, soft.js",
    ],
    [
      "firm.js",
      "the profile would overwrite firm.speedscope.json",
      "that is the same file as the program, firm.js",
    ],
    ["app.js --fuel-model t.json -o t.json", "the profile would overwrite t.json", "that is the cost table"],
    ["app.js --host host.mjs -o host.mjs", "the profile would overwrite host.mjs", "that is the host"],
    ["app.js -i in.txt -o in.txt", "the profile would overwrite in.txt", "that is the input"],
    [
      "app.js --plugin plugin.wasm -o plugin.wasm",
      "the profile would overwrite plugin.wasm",
      "that is the plugin",
    ],
    ["plugin.wasm --source app.js -o app.js", "the profile would overwrite app.js", "that is the source"],
    [
      "app.js --javy plugin.wasm -o plugin.wasm",
      "the profile would overwrite plugin.wasm",
      "that is the javy",
    ],
    [
      "export r.json --format folded -o app.fuel.json",
      "the export would overwrite app.fuel.json",
      "that is the same file as the result, r.json",
    ],
    ["monitor m.mm app.js -o m.mm", "the report would overwrite m.mm", "that is the script"],
    [
      "monitor m.mm app.js -o hard",
      "the report would overwrite hard",
      "that is the same file as the program, app.js",
    ],
    [
      "monitor m.mm app.js --lib t=plugin.wasm -o plugin.wasm",
      "the report would overwrite plugin.wasm",
      "that is the library",
    ],
    [
      "export app.fuel.json --format speedscope,json",
      "the export would overwrite app.fuel.json",
      "that is the result",
    ],
  ];

  test.each(cases)("%s", async (line, message, why) => {
    const { code, stdout, stderr } = await javyProf(folder.path, line.split(" "));
    expect(stderr.split("\n").slice(0, 2)).toEqual([`javy-prof: ${message}`, `  ${why}`]);
    expect(stderr).toMatch(/^ {2}give another place with --(plugin-)?out$/m);
    expect([code, stdout]).toEqual([2, ""]);
    expect(contents()).toEqual(before);
  });

  test.each([
    ["app.js -o in.txt < in.txt", "stdin"],
    ["app.js -o in.txt >> in.txt", "stdout"],
    ["build app.js -o in.txt 2>> in.txt", "stderr"],
  ])("%s", (line, stream) => {
    const { status, stderr } = shell(`javy-prof ${line}`);
    if (stream !== "stderr") expect(stderr).toContain(`${stream} is that file\n`);
    expect(status).toBe(2);
    if (stream === "stderr") fs.writeFileSync(at("in.txt"), "in");
    expect(contents()).toEqual(before);
  });
});

describe("places that are no files", () => {
  test("a device may be everything at once", async () => {
    const line = "app.js --quiet -i /dev/null -o /dev/null".split(" ");
    expect(await javyProf(folder.path, line)).toEqual({ code: 0, stdout: "ran\n", stderr: "" });
    expect(contents()).toEqual(before);
  });

  test("/dev/stdout takes the profile behind the guest's output, be it a pipe or a file", () => {
    const line = "javy-prof app.js --quiet --format folded -o /dev/stdout";
    const piped = shell(`${line} | cat`).stdout;
    expect(piped).toMatch(/^ran\n(.* \d+\n)+$/);
    expect(shell(`${line} > out.txt; cat out.txt; rm out.txt`).stdout).toBe(piped);
    expect(contents()).toEqual(before);
  });

  test("a full device is said", async () => {
    for (const line of ["app.js -o /dev/full --quiet", "build app.js -o /dev/full"]) {
      const { code, stderr } = await javyProf(folder.path, line.split(" "));
      expect(stderr).toMatch(/^javy-prof: cannot write .*\/dev\/full: the disk is full \(ENOSPC\)$/m);
      expect(code).toBe(2);
    }
  });
});

describe("an old file is whole until the new one is", () => {
  const old = "old ".repeat(50);
  beforeEach(() => fs.writeFileSync(at("out"), old));
  afterAll(() => fs.rmSync(at("out"), { force: true }));

  test.each([
    "app.js --quiet -o out",
    "build app.js -o /dev/null --plugin-out out",
    "monitor calls app.js -o out",
    "export app.fuel.json --format speedscope -o out",
  ])("%s, past the size that files may have", (line) => {
    const { status, stderr } = shell(`ulimit -f 1; trap '' XFSZ; javy-prof ${line}`);
    expect(stderr).toMatch(
      /^javy-prof: cannot write .*out: it became too large for the file system \(EFBIG\)$/m,
    );
    expect(status).toBe(2);
    expect(fs.readFileSync(at("out"), "utf8")).toBe(old);
    expect(names()).toEqual([...before.keys(), "out"].sort());
  });

  test("killed while it writes: the old file or the new one, and at most one file that says whose it is", async () => {
    const line = "build app.js -o /dev/null --plugin-out out".split(" ");
    const child = spawn(process.execPath, [inRoot("dist/cli.js"), ...line], {
      cwd: folder.path,
      stdio: "ignore",
    });
    const watcher = fs.watch(folder.path, () => child.kill("SIGKILL"));
    await new Promise((resolve) => child.on("close", resolve));
    watcher.close();
    const left = names().filter((name) => !before.has(name) && name !== "out");
    expect(left.length).toBeLessThanOrEqual(1);
    for (const name of left) {
      expect(name).toMatch(/^\.javy-prof-[0-9a-f]{16}\.tmp$/);
      fs.rmSync(at(name));
    }
    const now = fs.readFileSync(at("out"));
    expect(now.toString("latin1") === old || WebAssembly.validate(now)).toBe(true);
  });

  test.each(["SIGTERM", "SIGHUP"] as const)(
    "asked to end by %s while it writes: nothing that it began stays",
    async (signal) => {
      const line = "build app.js -o /dev/null --plugin-out out".split(" ");
      const child = spawn(process.execPath, [inRoot("dist/cli.js"), ...line], {
        cwd: folder.path,
        stdio: "ignore",
      });
      const begun: string[] = [];
      const watcher = fs.watch(folder.path, (_, name) => {
        if (name !== null && begun.push(name) === 1) child.kill(signal);
      });
      const ended = await new Promise((resolve) => child.on("close", (_, by) => resolve(by)));
      watcher.close();
      expect([begun[0], ended]).toEqual([expect.stringMatching(/^\.javy-prof-[0-9a-f]{16}\.tmp$/), signal]);
      expect(names()).toEqual([...before.keys(), "out"].sort());
    },
  );

  test("three runs at once leave one whole profile", async () => {
    const runs = [1, 2, 3].map(() => javyProf(folder.path, ["app.js", "--quiet", "-o", "out"]));
    for (const { code, stderr } of await Promise.all(runs)) expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(fs.readFileSync(at("out"), "utf8"))).toHaveProperty("profiles");
    expect(names()).toEqual([...before.keys(), "out"].sort());
  });
});

function shell(command: string) {
  const cli = [process.execPath, inRoot("dist/cli.js")].map((word) => `'${word}'`).join(" ");
  return spawnSync("bash", ["-c", command.replaceAll("javy-prof ", `${cli} `)], {
    cwd: folder.path,
    encoding: "utf8",
    timeout: 60_000,
    // of Node's own pipes /dev/stdin is a socket, which cannot be opened
    stdio: ["ignore", "pipe", "pipe"],
  });
}
