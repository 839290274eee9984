/**
 * Runs that do not come to their end: past a fuel or time limit, interrupted, out of stack. What was counted is kept,
 * it still adds up, it is marked as not comparable, and the JavaScript stack says where it happened.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenSums } from "../../src/result/invariants.ts";
import type { Result } from "../../src/result/result.ts";
import { folderWith, javyProf } from "../support/javy-prof.ts";

const runaway = `function step(n) {
  return n + 1;
}
function spin() {
  for (let n = 0; ; ) n = step(n);
}
spin();
`;
const files = {
  "runaway.js": runaway,
  "await.js": `await null;\n${runaway}`,
  // Minutes inside one opcode: the engine's regular expressions are native code.
  "regexp.js": 'console.log(/^(a+)+$/.test("a".repeat(40) + "b"));\n',
  "sort.js":
    "const list = Array.from({ length: 4000 }, (_, i) => i % 1000);\nfor (;;) list.sort().reverse();\n",
  "overflow.js": "function down(n) {\n  return 1 + down(n + 1);\n}\ndown(0);\n",
  "overflow-read.js":
    "const n = Javy.IO.readSync(0, new Uint8Array(9));\nfunction down(x) {\n  return n + down(x);\n}\ndown(0);\n",
  "read.js": "console.log(Javy.IO.readSync(0, new Uint8Array(9)));\n",
  "interrupted.js": `await null;\nconsole.log("running");\n${runaway}`,
  "waiting.js": 'console.log("running");\nconsole.log(Javy.IO.readSync(0, new Uint8Array(9)));\n',
  "quick.js": "console.log(1);\n",
  "in.txt": "abc",
  ...Object.fromEntries(
    [498, 499].map((depth) => [
      `deep-${depth}.js`,
      `function down(n) {\n  return n === 1 ? 0 : down(n - 1);\n}\ndown(${depth});\n`,
    ]),
  ),
};

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith(files);
});
afterAll(() => folder.remove());

async function resultOf(args: readonly string[], stdin = "") {
  const { code, stdout, stderr } = await javyProf(folder.path, [...args, "--json", "--events"], { stdin });
  return { code, stderr, result: JSON.parse(stdout) as Result };
}

describe("fuel", () => {
  test("an endless loop is stopped, with its stack and its profile", async () => {
    const { code, stdout, stderr } = await javyProf(folder.path, ["runaway.js", "--max-fuel", "11M"]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("stopped at the fuel limit: more than 11,000,000 fuel\n    at ");
    expect(stderr).toMatch(/ at spin \(runaway\.js:5:\d+\) {2}\S.*\n/);
    expect(stderr).toMatch(/ at \(module\) \(runaway\.js:7:\d+\) {2}spin\(\);\n/);
    const profile = JSON.parse(readFileSync(join(folder.path, "runaway.speedscope.json"), "utf8"));
    expect(profile.profiles[0].endValue).toBeGreaterThan(11_000_000);
  });

  test.each(["runaway.js", "await.js", "sort.js"])(
    "%s: what was counted adds up, just past the limit",
    async (file) => {
      const { code, result } = await resultOf([file, "--max-fuel", "20M"]);
      expect(code).toBe(1);
      expect(brokenSums(result)).toEqual([]);
      expect(result.run.exit.kind).toBe("fuel");
      expect(result.fuel.comparable).toBe(false);
      expect(result.fuel.total).toBeGreaterThan(20_000_000);
      // A straight run of instructions is counted at once; a bulk operation by its bytes.
      expect(result.fuel.total).toBeLessThan(20_000_000 + 10_000_000);
    },
  );

  test("the same limit stops at the same place", async () => {
    const [first, second] = await Promise.all([1, 2].map(() => resultOf(["runaway.js", "--max-fuel", "3M"])));
    expect(second!.result).toEqual(first!.result);
  });

  test("a limit that is just enough stops nothing, one less does", async () => {
    const { total } = (await resultOf(["quick.js"])).result.fuel;
    const [enough, short] = await Promise.all(
      [total, total - 1].map((limit) => resultOf(["quick.js", "--max-fuel", String(limit)])),
    );
    expect([enough!.code, enough!.result.fuel.comparable]).toEqual([0, true]);
    expect([short!.code, short!.result.run.exit.kind]).toEqual([1, "fuel"]);
  });
});

describe("time", () => {
  test.each(["runaway.js", "regexp.js", "sort.js"])("%s", async (file) => {
    const { code, result, stderr } = await resultOf([file, "--timeout", "0.5"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^stopped at the time limit: more than 0\\.5 s\\n {4}at .*${file}`));
    expect(result.run.exit.kind).toBe("timeout");
    expect(result.fuel.comparable).toBe(false);
    expect(brokenSums(result)).toEqual([]);
  });

  test("a guest that waits for a stdin that never comes", async () => {
    const args = ["read.js", "--timeout", "1"];
    const { code, stderr } = await javyProf(folder.path, args, { stdin: "open" });
    expect(code).toBe(1);
    expect(stderr).toContain("stopped at the time limit");
    expect(stderr).toMatch(/ at \(module\) \(read\.js:1:/);
  });
});

describe("Ctrl-C", () => {
  /** Interrupts a guest when it says that it runs, however long that took on a busy machine. */
  const interrupted = (file: string) =>
    javyProf(folder.path, [file], {
      stdin: "open",
      started: (child) => void child.stdout?.once("data", () => setTimeout(() => child.kill("SIGINT"), 200)),
    });

  test("a runaway guest: the profile is written", async () => {
    const { code, stdout, stderr } = await interrupted("interrupted.js");
    expect(stdout).toBe("running\n");
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted\n    at ");
    expect(stderr).toMatch(/ at spin \(interrupted\.js:7:/);
    expect(readFileSync(join(folder.path, "interrupted.speedscope.json"), "utf8")).toContain("spin");
  });

  test("a guest that waits for its stdin", async () => {
    const { code, stdout, stderr } = await interrupted("waiting.js");
    expect(stdout).toBe("running\n");
    expect(code).toBe(130);
    expect(stderr).toContain("wrote waiting.speedscope.json");
  });
});

describe("the stack", () => {
  test("an overflow is a trap that is folded on the terminal, complete in the result", async () => {
    const { code, stderr, result } = await resultOf(["overflow.js"]);
    expect(code).toBe(3);
    expect(result.run.exit.kind).toBe("trap");
    expect(result.fuel.comparable).toBe(false);
    expect(brokenSums(result)).toEqual([]);
    const { stack } = result.run.exit;
    expect(stack.length).toBe(result.fuel.maxDepth);
    expect(stack.length).toBeGreaterThan(626);
    expect(stack[0]).toEqual({ function: "down", file: 0, line: 2, column: expect.any(Number) });
    expect(stderr.split("\n").length).toBeLessThan(20);
    expect(stderr).toContain(`… ${(stack.length - 3).toLocaleString("en-US")} more down (overflow.js:2:`);
  });

  test("its count is the same from a pipe and from a file", async () => {
    const [piped, file] = await Promise.all([
      resultOf(["overflow-read.js"], "abc"),
      resultOf(["overflow-read.js", "--input", "in.txt"]),
    ]);
    expect(piped.result.run.exit.kind).toBe("trap");
    expect(piped.result).toEqual(file.result);
  });

  test("from 500 frames on there is a warning", async () => {
    const [below, at] = await Promise.all(["deep-498.js", "deep-499.js"].map((file) => resultOf([file])));
    // The module is a frame too.
    expect([below!.result.fuel.maxDepth, at!.result.fuel.maxDepth]).toEqual([499, 500]);
    expect(below!.result.warnings).toEqual([]);
    expect(at!.result.warnings.map(({ code }) => code)).toEqual(["deep-stack"]);
    expect([below!.code, at!.code]).toEqual([0, 0]);
  });
});
