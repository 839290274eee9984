/** An exception that nobody caught: said once, with its class, its message, and the places of the sources. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Result } from "../../src/result/result.ts";
import { folderWith, javyProf } from "../support/javy-prof.ts";

const source = `class Named extends Error {
  constructor(message) { super(message); this.name = "OwnName"; }
}
class Sub extends RangeError {}
const throwers = {
  range: () => new Array(-1),
  type: () => null.x,
  own: () => { throw new Named("mine"); },
  sub: () => { throw new Sub("mine"); },
  plain: () => { throw new Error("mine"); },
  text: () => { throw "a text"; },
  object: () => { throw { name: "NoError" }; },
  lines: () => { throw new SyntaxError("two\\nlines"); },
  caught: () => { try { null.x; } catch {} throw new Sub("second"); },
  goes: () => console.error("TypeError: no exception"),
};
const input = new Uint8Array(20);
const name = new TextDecoder().decode(input.subarray(0, Javy.IO.readSync(0, input)));
console.error("said before");
throwers[name]();
`;

let folder: ReturnType<typeof folderWith>;
beforeAll(() => {
  folder = folderWith({
    "app.js": source,
    "rejected.js": 'await Promise.reject(new RangeError("mine"));\n',
    "app.ts": `interface A {\n  b: number;\n}\n\n\nfunction fail(a: A): never {\n  throw new URIError(String(a.b));\n}\nfail({ b: 3 });\n`,
  });
});
afterAll(() => folder.remove());

const run = (name: string, ...args: string[]) =>
  javyProf(folder.path, ["app.js", "-o", `${name}${args.join("")}.json`, ...args], { stdin: name });

test.each([
  ["range", "RangeError: invalid array length"],
  ["type", "TypeError: cannot read property 'x' of null"],
  ["own", "OwnName: mine"],
  ["sub", "Sub: mine"],
  ["plain", "Error: mine"],
  ["text", "a text"],
  ["object", "[object Object]"],
  ["lines", "SyntaxError: two\n  lines"],
  ["caught", "Sub: second"],
])("%s", async (name, message) => {
  const { code, stderr } = await run(name, "--quiet");
  expect(code).toBe(3);
  const [before, said, ...frames] = stderr.split(/(?=uncaught exception: )|\n(?= {4}at )/);
  expect([before, said?.trimEnd()]).toEqual(["said before\n", `uncaught exception: ${message}`]);
  expect(frames.length).toBeGreaterThan(0);
  for (const frame of frames) expect(frame).toMatch(/^ {4}at (\S+|\(.*?\)) \((app\.js:\d+:\d+|native)\)/);
});

test("the summary, too, follows what the guest said itself, and the document has its whole stderr", async () => {
  const [shown, json] = await Promise.all([run("sub"), run("sub", "--json")]);
  expect(shown.stderr).toMatch(/^said before\napp\.js {3}/);
  expect(shown.stderr.match(/mine/g)).toHaveLength(1 + /throw new Sub\("mine"\)/.exec(shown.stderr)!.length);
  const { run: ran } = JSON.parse(json.stdout) as Result;
  expect(ran.exit.message).toBe("Sub: mine");
  expect(ran.stderr).toMatch(/^said before\nError: mine\n {4}at /);
});

test("what looks like a report and is none is passed on", async () => {
  const { code, stderr } = await run("goes", "--quiet");
  expect([code, stderr]).toEqual([0, "said before\nTypeError: no exception\n"]);
});

test("places of a bundled program are those of its files", async () => {
  const { stderr } = await javyProf(folder.path, ["app.ts", "--quiet"]);
  expect(stderr).toMatch(/^uncaught exception: URIError: 3\n {4}at fail \(app\.ts:7:\d+\)/);
});

test("an await that was rejected is not said to be pending", async () => {
  const { code, stderr } = await javyProf(folder.path, ["rejected.js"]);
  expect([code, stderr]).toEqual([3, expect.stringContaining("uncaught exception: RangeError: mine\n")]);
  expect(stderr).not.toContain("never settled");
});
