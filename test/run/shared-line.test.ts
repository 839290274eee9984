/** Progress and the guest's text on a terminal: never on one line. */
import { spawnSync } from "node:child_process";
import { afterAll, expect, test } from "vitest";
import { Control } from "../../src/run/job.ts";
import { drawProgress, SharedLine } from "../../src/run/shared-line.ts";
import { folderWith, inRoot } from "../support/javy-prof.ts";

/** What a terminal shows of a text, line by line, and each state of a line on the way there. */
function shown(text: string): { readonly lines: string[]; readonly states: Set<string> } {
  const lines = [""];
  const states = new Set<string>();
  let column = 0;
  for (const char of text) {
    if (char === "\n") {
      lines.push("");
      column = 0;
    } else if (char === "\r") column = 0;
    else {
      const line = lines.at(-1)!;
      lines[lines.length - 1] = line.slice(0, column).padEnd(column) + char + line.slice(column + 1);
      column += 1;
    }
    states.add(lines.at(-1)!);
  }
  return { lines: lines.map((line) => line.trimEnd()), states };
}

test("what is drawn goes before the guest writes, and is not drawn on its open line", () => {
  const control = new Int32Array(new SharedArrayBuffer(Control.words * 4));
  let terminal = "";
  const put = (text: string) => {
    terminal += text;
    return true;
  };
  const line = new SharedLine(control, "\r   \r", (bytes) => put(new TextDecoder().decode(bytes)), {
    1: true,
    2: false,
  });
  const guest = (text: string) => line.around(1, new TextEncoder().encode(text), () => put(text));
  const draw = () => drawProgress(control, () => put("\r12%"));
  draw();
  draw();
  guest("a\n");
  draw();
  guest("b");
  draw();
  guest("c\n");
  // what goes to a file is none of the terminal's
  line.around(2, new TextEncoder().encode("x"), () => {});
  draw();
  line.close();
  draw();
  expect(shown(terminal).lines).toEqual(["a", "bc", ""]);
  for (const state of shown(terminal).states) expect(state).not.toMatch(/%.*[abc]|[abc].*%/);
});

const folder = folderWith({
  "slow.js": `const put = (text) => Javy.IO.writeSync(1, new TextEncoder().encode(text));
for (let i = 0; i < 40; i++) {
  let sum = 0;
  for (let j = 0; j < 600000; j++) sum += j % 7;
  put(i % 4 === 3 ? "whole " + i + "\\n" : "part" + i + " ");
}
put("open");
`,
});
afterAll(() => folder.remove());
const hasScript = spawnSync("script", ["--version"]).status === 0;

test.skipIf(!hasScript)(
  "on a real terminal (script of util-linux)",
  () => {
    const command = `${process.execPath} ${inRoot("dist/cli.js")} slow.js`;
    const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
      cwd: folder.path,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], TERM: "xterm", NO_COLOR: "1" },
    });
    const { lines, states } = shown(stdout);
    // it ran long enough for one
    expect(stdout).toMatch(/M fuel …/);
    for (const state of states)
      expect(state).not.toMatch(/M fuel.*(part|whole|open)|(part|whole|open).*M fuel/);
    const text = lines.join("\n");
    expect(text).toMatch(/^part0 part1 part2 whole 3\npart4 /);
    expect(text).toMatch(/whole 39\nopen\nslow\.js {3}/);
    expect(text).not.toContain("M fuel");
  },
  60_000,
);
