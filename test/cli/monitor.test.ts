/**
 * `javy-prof monitor` as it ships. Every monitor of the library on one small module, its report beside it in
 * test/monitor/library/; then what the command promises: the guest owns stdout, formats, exit codes, problems of a
 * script, ends of a guest. `BLESS=1` rewrites the goldens.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assemble } from "../support/binaryen.ts";
import { countingProgram as program } from "../support/counting-program.ts";
import { expectGoldens } from "../support/golden.ts";
import { folderWith, inRoot, javyProf } from "../support/javy-prof.ts";

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({
    "app.wasm": program,
    "app.js": readFileSync(inRoot("fixtures/programs/callbacks.js")),
    "count.mm": "report var n: u64;\nwasm:opcode:i32.store:before { n++; }\n",
    "wrong.mm": "wasm:opcode:cal:before { x++; }\nwasm:func:entry { var y: u8 = 300; }\n",
    "print.mm":
      "use whamm_core;\nwasm:report { whamm_core.puts(0, 0); whamm_core.puti32(-7); whamm_core.putc(10); }\n",
  });
});
afterAll(() => folder.remove());

const run = (...args: string[]) => javyProf(folder.path, ["monitor", ...args]);
const names = readdirSync(inRoot("monitors"))
  .map((name) => name.replace(/\.mm$/, ""))
  .sort();

describe("the library", () => {
  test("reports what it should on one module, and lets the guest be", async () => {
    const goldens: Record<string, string> = {};
    for (const name of names.filter((one) => !one.startsWith("js-"))) {
      const { code, stdout, stderr } = await run(name, "app.wasm");
      const stops = name === "no-clock";
      expect(code, `${name}: ${stderr}`).toBe(stops ? 3 : 0);
      expect(stdout, name).toBe(stops ? "" : "done\n");
      goldens[`${name}.txt`] = stderr;
    }
    const plain = await javyProf(folder.path, ["run", "app.js"]);
    for (const name of names.filter((one) => one.startsWith("js-"))) {
      const { code, stdout, stderr } = await run(name, "app.js");
      expect(code, `${name}: ${stderr}`).toBe(0);
      expect(stdout, name).toBe(plain.stdout);
      goldens[`${name}.txt`] = stderr;
    }
    for (const [name, format] of [
      ["js-coverage", "lcov"],
      ["js-call-graph", "dot"],
    ] as const)
      goldens[`${name}.${format}`] = (await run(name, "app.js", "--format", format, "-o", "-")).stdout.slice(
        plain.stdout.length,
      );
    expectGoldens(new URL("../monitor/library/", import.meta.url), goldens);
  });

  test("is listed, each monitor with what it reports", async () => {
    const { stdout } = await run("--list");
    expect(stdout.split("\n").filter((line) => line !== "")).toHaveLength(names.length);
    for (const line of stdout.trim().split("\n")) expect(line).toMatch(/^[\w-]+ +\S.{10,}$/);
  });

  test("monitors are 5 to 30 lines and begin with what they report", () => {
    for (const name of names) {
      const text = readFileSync(inRoot(`monitors/${name}.mm`), "utf8");
      expect(text.split("\n").length, name).toBeLessThan(32);
      expect(text, name).toMatch(/^\/\/ [A-Z]/);
    }
  });
});

describe("the command", () => {
  test("writes each format where it is wanted", async () => {
    const csv = await run("count.mm", "app.wasm", "--format", "csv", "-o", "-");
    expect(csv.stdout).toBe("done\nvariable,type,probe,function,function_name,pc,value\nn,u64,,,,,10\n");
    expect(csv.stderr).toBe("");
    const json = await run("count.mm", "app.wasm", "--format", "json");
    expect(JSON.parse(json.stderr)).toEqual({
      ...{ schemaVersion: 1, monitor: "count.mm", output: "" },
      rows: [{ variable: "n", type: "u64", probe: null, function: null, pc: null, value: "10" }],
    });
    const whamm = await run("count.mm", "app.wasm", "--format", "whamm");
    expect(whamm.stderr).toContain("\n0, global_id, n, u64, i64, script0, , , , , 10\n");
    await run("count.mm", "app.wasm", "-o", "out.txt");
    expect(readFileSync(`${folder.path}/out.txt`, "utf8")).toBe("n = 10\n");
  });

  test("says all problems of a script, each with its place and cure, and exits with 2", async () => {
    const { code, stderr, stdout } = await run("wrong.mm", "app.wasm");
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(
      "wrong.mm:1:13: no event matches cal\n  wasm:opcode:cal:before { x++; }\n              ^^^ did you mean call?",
    );
    expect(stderr).toContain("wrong.mm:2:31: 300 does not fit u8");
  });

  test("reports what was until the guest failed, and exits with 3", async () => {
    for (const [name, why] of [
      ["trap", "trap"],
      ["leave", "exit"],
    ] as const) {
      const { code, stderr } = await run("count.mm", "app.wasm", "-e", name);
      expect(code).toBe(3);
      expect(stderr).toMatch(new RegExp(`^n = 2\njavy-prof: the guest did not come to its end \\(${why}: `));
    }
  });

  test("prints what a script prints", async () => {
    expect((await run("print.mm", "app.wasm")).stderr).toBe("-7\n");
  });

  test("says what a script would match, and runs nothing", async () => {
    const { stdout, stderr } = await run("count.mm", "app.wasm", "--dry-run");
    expect(stdout).toBe("wasm:opcode:i32.store:before #6 pc 28: always\n1 place matched, 1 gets code\n");
    expect(stderr).toBe("");
  });

  test("says what rules of js: would match, from the bytecode of the program", async () => {
    const js = folderWith({
      "app.js": "function f(n) {\n  return n.x;\n}\nf({});\nf(1);\n",
      "js.mm": `js:func:entry / fname == "f" && depth > 1 / { report var n: u32; n++; }
        js:opcode:get_field:before / line == 2 / { report var reads: u32; reads++; }
        js:line:start / file == "other.js" / { report var lines: u32; lines++; }
        js:builtin:entry / fname == "JSON.parse" / { report var parses: u32; parses++; }
        js:opcode:add:before { report var adds: u32; adds++; }`,
    });
    try {
      const { code, stdout } = await javyProf(js.path, ["monitor", "js.mm", "app.js", "--dry-run"]);
      expect(code).toBe(0);
      const lines = stdout.split("\n").filter((line) => !line.includes("left out"));
      expect(lines).toContain("js:func:entry f app.js:1 pc 0: if (depth > 1)");
      expect(lines).toContainEqual(
        expect.stringMatching(/^js:opcode:get_field:before f app.js:2 pc \d+: always$/),
      );
      expect(lines).toContain("js:builtin:entry JSON.parse pc 0: always");
      expect(lines).toContain("note: the program has no place for js:opcode:add:before");
      expect(stdout).toMatch(/places matched, 3 get code\n$/);
    } finally {
      js.remove();
    }
  });

  test("writes a program and its monitor as two files", async () => {
    const own = folderWith({ "app.wasm": program });
    try {
      const { code, stderr } = await javyProf(own.path, [
        ...["instrument", "app.wasm", "--monitor", "branches", "--target", "module", "-o", "out.wasm"],
      ]);
      expect([code, stderr]).toEqual([
        0,
        expect.stringMatching(/^wrote out\.wasm: [\d,]+ bytes\nwrote out\.monitor\.wasm: [\d,]+ bytes\n$/),
      ]);
      expect(readdirSync(own.path).sort()).toEqual(["app.wasm", "out.monitor.wasm", "out.wasm"]);
      const beside = await javyProf(own.path, ["monitor", "branches", "app.wasm", "--target", "module"]);
      expect(beside).toEqual(await javyProf(own.path, ["monitor", "branches", "app.wasm"]));
    } finally {
      own.remove();
    }
  });

  test("notes which rules got no code, but not into a report that programs read", async () => {
    const own = folderWith({
      "app.wasm": program,
      "idle.mm": `report var n: u32;
        wasm:opcode:v128.load:before { n++; }
        wasm:opcode:*store*:before / fname == "nobody" / { n++; }`,
      "silent.mm": "var n: u32; wasm:func:entry { n++; }",
    });
    try {
      const of = (...args: string[]) => javyProf(own.path, ["monitor", ...args, "app.wasm"]);
      const notes =
        "note: the program has no place for wasm:opcode:v128.load:before\n" +
        "note: the predicate of wasm:opcode:i32.store:before is false at its one place\n";
      expect((await of("idle.mm")).stderr).toBe(`n = 0\n${notes}`);
      expect((await of("idle.mm", "--target", "module")).stderr).toBe(`n = 0\n${notes}`);
      expect((await of("idle.mm", "--format", "csv")).stderr).not.toContain("note:");
      expect((await of("idle.mm", "--format", "csv", "-o", "r.csv")).stderr).toBe(notes);
      expect((await of("silent.mm")).stderr).toMatch(/^note: the script reported nothing/);
    } finally {
      own.remove();
    }
  });

  test.each(["rewrite", "module"])("says where a script fails or stops its program (%s)", async (target) => {
    const own = folderWith({
      "app.wasm": program,
      "end.mm": "report var n: i32; report var zero: i32; wasm:begin { n = 5; } wasm:end { n = 3 / zero; }",
      "begin.mm": "report var n: i32; report var zero: i32; wasm:begin { n = 7; n = 3 / zero; }",
      "deep.mm": "report var n: i32; fn f(x: i32) -> i32 { return f(x) + 1; } wasm:report { n = f(1); }",
      "stop.mm": "use whamm_core; report var n: i32; wasm:func:entry { n++; whamm_core.stop(); }",
      "late.mm": "use whamm_core; report var n: i32; wasm:end { n++; whamm_core.stop(); n++; }",
    });
    try {
      const of = async (script: string) => {
        const { code, stderr } = await javyProf(own.path, [
          "monitor",
          script,
          "app.wasm",
          "--target",
          target,
        ]);
        return [code, stderr.split("\n")];
      };
      const failed = (where: string, why: string) => `javy-prof: the script failed ${where}: ${why}`;
      const atEnd = (why: string) => failed("at wasm:end or wasm:report", why);
      expect(await of("end.mm")).toEqual([2, ["n = 5", "zero = 0", atEnd("divide by zero"), ""]]);
      expect(await of("deep.mm")).toEqual([2, ["n = 0", atEnd("call stack exhausted"), ""]]);
      expect(await of("late.mm")).toEqual([2, ["n = 1", atEnd("the script stopped it"), ""]]);
      const early = failed("before the program ran", "divide by zero");
      expect(await of("begin.mm")).toEqual([2, ["n = 7", "zero = 0", early, ""]]);
      const stopped =
        "javy-prof: the guest did not come to its end (trap: the script stopped it); the report is of what it did until then";
      expect(await of("stop.mm")).toEqual([3, ["n = 1", stopped, ""]]);
    } finally {
      own.remove();
    }
  });

  test("says what a library imports that there is not", async () => {
    const own = folderWith({
      "app.wasm": program,
      "lib.wasm": assemble(`(module (import "env" "abort" (func $abort)) (func (export "f") (call $abort)))`)
        .bytes,
      "broken.wasm": "no module",
      "prints.wasm": assemble(`(module (import "whamm_core" "putc" (func $putc (param i32)))
        (func (export "f") (call $putc (i32.const 46))))`).bytes,
      "use.mm": "use lib; wasm:func:entry { lib.f(); }",
    });
    try {
      const of = (file: string, ...more: string[]) =>
        javyProf(own.path, ["monitor", "use.mm", "app.wasm", "--lib", `lib=${file}`, ...more]);
      expect((await of("lib.wasm")).stderr).toBe(
        "javy-prof: the library lib imports env.abort, which there is not\n" +
          "  a library may import WASI, and what scripts may call of whamm_core\n" +
          "  AssemblyScript goes without it: asc --use abort=\n",
      );
      // the script does not use the library that its own prints through
      for (const target of ["rewrite", "module"])
        expect((await of("prints.wasm", "--target", target)).stderr).toMatch(/^\.+\n$/);
      expect((await of("broken.wasm")).stderr).toMatch(
        /^javy-prof: the library lib: not a WebAssembly module\n/,
      );
    } finally {
      own.remove();
    }
  });

  test("refuses rules of js: where no engine is, without advice that this command does not take", async () => {
    const own = folderWith({ "app.wasm": program, "js.mm": "js:func:entry { report var n: u32; n++; }" });
    try {
      const { code, stderr } = await javyProf(own.path, ["monitor", "js.mm", "app.wasm"]);
      expect([code, stderr]).toEqual([4, expect.stringContaining("rules of js: need QuickJS")]);
      expect(stderr).not.toMatch(/--\w/);
    } finally {
      own.remove();
    }
  });

  test("stops a guest past its fuel and reports what was until then", async () => {
    const { code, stderr } = await run("instructions", "app.wasm", "--max-fuel", "50");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^instructions = \d+\njavy-prof: the guest did not come to its end \(fuel\)/);
  });

  test("knows no monitor of another name", async () => {
    const { code, stderr } = await run("cals", "app.wasm");
    expect(code).toBe(2);
    expect(stderr).toContain("there is no file and no monitor named cals\n  did you mean calls?\n");
    const turned = await run("app.wasm", "calls");
    expect([turned.code, turned.stderr]).toEqual([2, expect.stringContaining("the script comes first")]);
  });

  test("runs JavaScript, with the engine's own functions", async () => {
    const js = folderWith({ "app.js": "let n = 0; for (let i = 0; i < 1000; i++) n += i; console.log(n);" });
    try {
      const { code, stdout, stderr } = await javyProf(js.path, [
        "monitor",
        "dispatch",
        "app.js",
        "--format",
        "csv",
      ]);
      expect([code, stdout]).toEqual([0, "499500\n"]);
      const value = (name: string) => Number(new RegExp(`^${name},u64,.*,(\\d+)$`, "m").exec(stderr)?.[1]);
      expect(value("entered")).toBe(value("left"));
      expect(value("dispatched")).toBeGreaterThan(7000);
    } finally {
      js.remove();
    }
  });
});

describe("Ctrl-C", () => {
  /** Writes "running\n", then turns without end. */
  const endless = assemble(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\08\\00\\00\\00running\\0a")
    (func $turn)
    (func (export "_start")
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
      (loop $l (call $turn) (br $l))))`).bytes;

  test.each([
    ["a WebAssembly program", "endless.wasm", endless],
    [
      "JavaScript on the plugin that is monitored in its place",
      "endless.js",
      'console.log("running");\nfor (;;) {}\n',
    ],
  ])("gives the report of what %s did until then", async (_, file, content) => {
    const own = folderWith({ [file]: content, "n.mm": "report var n: u64; wasm:func:entry { n++; }" });
    try {
      const { code, stdout, stderr } = await javyProf(
        own.path,
        ["monitor", "n.mm", file, "--format", "csv"],
        {
          started: (child) =>
            void child.stdout?.once("data", () => setTimeout(() => child.kill("SIGINT"), 200)),
        },
      );
      expect([code, stdout]).toEqual([130, "running\n"]);
      expect(Number(/^n,u64,,,,,(\d+)$/m.exec(stderr)?.[1])).toBeGreaterThan(100);
      expect(stderr).toContain("the guest did not come to its end (interrupted)");
    } finally {
      own.remove();
    }
  });
});

describe("instrument", () => {
  const instrument = (...args: string[]) => javyProf(folder.path, ["instrument", ...args]);

  test("writes a file that runs as the program does", async () => {
    const { code, stdout, stderr } = await instrument("app.wasm", "--monitor", "count.mm");
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/^wrote app\.monitored\.wasm: [\d,]+ bytes\n$/);
    const bytes = readFileSync(join(folder.path, "app.monitored.wasm"));
    const wasi = { fd_write: () => 0, clock_time_get: () => 0, proc_exit: () => {} };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      wasi_snapshot_preview1: wasi,
    });
    (exports["_start"] as () => void)();
    expect((exports["javy_prof.monitor.value"] as (n: number) => bigint)(0)).toBe(10n);
    const again = await run("instructions", "app.monitored.wasm");
    expect([again.code, again.stderr]).toEqual([4, expect.stringContaining("javy_prof.monitor.value")]);
  });

  test("says all problems of a script, and what is no module", async () => {
    const { code, stderr } = await instrument("app.wasm", "--monitor", "wrong.mm");
    expect(code).toBe(2);
    expect(stderr.match(/wrong\.mm:\d+:\d+/g)).toHaveLength(2);
    const none = await instrument("count.mm", "--monitor", "count.mm");
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("only a WebAssembly module")]);
  });
});
