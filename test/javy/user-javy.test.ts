/** A user's own javy: what is started, with which arguments, and what is said when it makes no module. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/base/diagnostics.ts";
import { readEmbeddedPlugin } from "../../src/javy/embedded.ts";
import { recognise } from "../../src/javy/module.ts";
import { buildWithJavy, codegenValue, javyVersion } from "../../src/javy/user-javy.ts";
import { decodeModule } from "../../src/wasm/decode.ts";
import { folderWith, inRoot } from "../support/javy-prof.ts";
import { runPlain } from "../support/plain.ts";
import { realJavy, script, tool } from "../support/user-tool.ts";

let folder: ReturnType<typeof folderWith>;
const source = "export function f() { return 1; }\nconsole.log(f());\n";
beforeEach(() => {
  folder = folderWith({ "app.js": source });
});
afterEach(() => folder.remove());

const javyAt = (path: string) => ({ path, from: "--javy" });
const options = (codegen: readonly string[] = [], javascript: readonly string[] = []) => ({
  codegen,
  javascript,
});

function world(interrupted = new AbortController().signal) {
  return { cwd: folder.path, env: { PATH: process.env["PATH"] }, interrupted };
}

async function failure(promise: Promise<unknown>): Promise<Diagnostic> {
  const error = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toMatchObject({ name: "Diagnostic" });
  return error as Diagnostic;
}

/** Builds app.js with a tool; it records its arguments and folder in args.json, and does `then`. */
function build(then: string, { version = "javy 9.1.0", given = options(), file = "app.js" } = {}) {
  const record = 'fs.writeFileSync("args.json", JSON.stringify({ argv, cwd: process.cwd() }));';
  const path = tool(folder.path, "javy", `${record} ${then}`, version);
  return buildWithJavy(javyAt(path), version, join(folder.path, file), given, world());
}

function recorded(): { argv: string[]; cwd: string } {
  return JSON.parse(readFileSync(join(folder.path, "args.json"), "utf8"));
}

const writesModule = 'fs.writeFileSync(out, Buffer.from("0061736d01000000", "hex"));';

describe("what it is started with", () => {
  test("build, -C and -J as they are given, in the user's folder, without a shell", async () => {
    const file = "a b;$(touch hacked)`x`&.js";
    writeFileSync(join(folder.path, file), source);
    const given = options(["dynamic", "plugin=p q.wasm,source=omitted"], ["event-loop=y"]);
    const bytes = await build(writesModule, { given, file });
    expect(Buffer.from(bytes).toString("hex")).toBe("0061736d01000000");
    const { argv, cwd } = recorded();
    const out = argv[3]!;
    expect(argv).toEqual([
      "build",
      join(folder.path, file),
      ...["-o", out],
      ...["-C", "dynamic", "-C", "plugin=p q.wasm,source=omitted", "-J", "event-loop=y"],
    ]);
    expect(cwd).toBe(folder.path);
    expect(existsSync(join(folder.path, "hacked"))).toBe(false);
  });

  test.each(["javy 1.4.0", "javy 3.0.1"])("%s has compile only", async (version) => {
    await build(writesModule, { version });
    expect(recorded().argv.slice(0, 3)).toEqual(["compile", join(folder.path, "app.js"), "-o"]);
    const error = await failure(build(writesModule, { version, given: options(["dynamic"]) }));
    expect(error.message).toBe(`${version} has no -C and no -J`);
  });

  test.each(["javy 3.1.0", "javy 4.0.0", "javy 10.0.0", "what else"])("%s has build", async (version) => {
    await build(writesModule, { version });
    expect(recorded().argv[0]).toBe("build");
  });
});

describe("what it wrote is removed", () => {
  test.each([
    ["a module", writesModule],
    ["no module", 'fs.writeFileSync(out, "text");'],
    ["a failure", `${writesModule} process.exit(1);`],
  ])("%s", async (_, then) => {
    await build(then).catch(() => {});
    const out = recorded().argv[3]!;
    expect(out).toMatch(/module\.wasm$/);
    expect(existsSync(join(out, ".."))).toBe(false);
  });
});

describe("what is said when it makes no module", () => {
  test("it fails: how its stderr begins and ends", async () => {
    const says =
      'for (let i = 0; i < 100; i++) console.error("line", i); console.error("Error: no"); process.exitCode = 1;';
    const error = await failure(build(says));
    expect(error.kind).toBe("usage");
    expect(error.message).toBe("javy (--javy) could not build app.js");
    const first = [0, 1, 2, 3, 4, 5].map((line) => `line ${line}`);
    expect(error.details).toEqual([
      ...first,
      "…",
      ...[96, 97, 98, 99].map((line) => `line ${line}`),
      "Error: no",
    ]);
  });

  test("it is killed", async () => {
    const error = await failure(build('process.kill(process.pid, "SIGKILL"); for (;;);'));
    expect(error.details.at(-1)).toBe("ended by SIGKILL");
  });

  test("it ends well without a module: what it printed", async () => {
    const error = await failure(build('console.log("Available options for codegen");'));
    expect(error).toMatchObject({ kind: "unsupported", message: "javy (--javy) wrote no module" });
    expect(error.details).toEqual(["Available options for codegen"]);
  });

  test("it writes something else", async () => {
    const error = await failure(build('fs.writeFileSync(out, "text");'));
    expect(error).toMatchObject({
      kind: "unsupported",
      message: "what javy (--javy) wrote is no WebAssembly",
    });
  });

  test("it writes a folder", async () => {
    expect((await failure(build("fs.mkdirSync(out);"))).kind).toBe("unsupported");
  });

  test("it cannot be started", async () => {
    const path = script(folder.path, "javy", "", "/no/such/interpreter");
    const error = await failure(javyVersion(javyAt(path), world()));
    expect(error.message).toBe("cannot start javy (--javy): its loader or interpreter is missing");
  });

  test("Ctrl-C ends it", async () => {
    const path = tool(folder.path, "javy", 'fs.writeFileSync("started", ""); setInterval(() => {}, 1000);');
    const control = new AbortController();
    const building = failure(
      buildWithJavy(javyAt(path), "javy 9.1.0", "app.js", options(), world(control.signal)),
    );
    while (!existsSync(join(folder.path, "started"))) await new Promise((done) => setTimeout(done, 20));
    control.abort();
    expect(await building).toMatchObject({
      kind: "interrupted",
      message: "interrupted while javy (--javy) ran",
    });
  });
});

describe("its version", () => {
  test("is the first line that it prints", async () => {
    const path = tool(folder.path, "javy", "", "javy 9.1.0\nand more");
    expect(await javyVersion(javyAt(path), world())).toBe("javy 9.1.0");
  });

  test("is missing where it is another program", async () => {
    const path = script(folder.path, "javy", 'console.error("usage: javy file"); process.exitCode = 1;');
    const error = await failure(javyVersion(javyAt(path), world()));
    expect(error.message).toBe("javy (--javy) does not say its version");
    expect(error.details).toEqual(["usage: javy file"]);
  });
});

test("an option among those of -C", () => {
  expect(codegenValue(["dynamic", "source=omitted,plugin=a=b.wasm"], "plugin")).toBe("a=b.wasm");
  expect(codegenValue(["dynamic", "plugins=x"], "plugin")).toBeUndefined();
});

describe.skipIf(realJavy === undefined)("a real javy (JAVY_PROF_TEST_JAVY)", () => {
  const plugin = inRoot("plugin/plugin.wasm");

  test("says its version", async () => {
    expect(await javyVersion(javyAt(realJavy!), world())).toMatch(/^javy \d+\.\d+\.\d+/);
  });

  test("makes the bytecode that the embedded engine makes of the same source", async () => {
    const given = options(["dynamic", `plugin=${plugin}`, "source=uncompressed"]);
    const file = join(folder.path, "app.js");
    const bytes = await buildWithJavy(javyAt(realJavy!), "javy 9.1.0", file, given, world());
    const { namespace } = recognise(decodeModule(readEmbeddedPlugin().bytes)) as { namespace: string };
    expect(recognise(decodeModule(bytes))).toEqual({
      kind: "dynamic",
      namespace,
      payload: runPlain(source).bytecode,
      source,
    });
  });

  test("a syntax error is javy's own message", async () => {
    mkdirSync(join(folder.path, "src"));
    const file = join(folder.path, "src", "bad.js");
    writeFileSync(file, "let = ;");
    const given = options(["dynamic", `plugin=${plugin}`]);
    const error = await failure(buildWithJavy(javyAt(realJavy!), "javy 9.1.0", file, given, world()));
    expect(error.message).toMatch(/could not build bad\.js$/);
    expect(error.details.join("\n")).toMatch(/SyntaxError|rror: /);
  });
});
