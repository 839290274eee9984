/**
 * The monitors of docs/monitors.md that answer a question each, as they stand there: every one runs on
 * a program that has something to answer, and what it shows is beside this file. `BLESS=1` rewrites the goldens.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { renderMonitorTable } from "../../src/format/monitor/table.ts";
import { monitor, open } from "../../src/index.ts";
import { assemble } from "../support/binaryen.ts";
import { expectGoldens } from "../support/golden.ts";
import { inRoot } from "../support/javy-prof.ts";

const text = readFileSync(inRoot("docs/monitors.md"), "utf8");
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`\\n\`\`\`${language}\\n(.*?)\\n\`\`\`\\n`, "gs"))].map(([, block]) => block!);
const scripts = blocks("whamm");
const log2 = assemble(blocks("wat")[0]!).bytes;

const input = new TextEncoder().encode('{"a": "the quick brown fox", "b": [1, 2, 3]}');

/** A word of the question, and a program that has an answer. */
const programs: Readonly<Record<string, string>> = {
  arguments: "programs/callbacks.js",
  "JSON.parse": "programs/json.js",
  recursion: "programs/fib.js",
  move: "wasm/words.wasm",
  grow: "programs/fib.js",
  half: "wasm/words.wasm",
  before: "programs/time.js",
  epoch: "programs/time.js",
  blocks: "wasm/words.wasm",
};

describe("questions of docs/monitors.md", () => {
  test("are answered", async () => {
    expect(scripts).toHaveLength(Object.keys(programs).length);
    const goldens: Record<string, string> = {};
    for (const script of scripts) {
      const [word] = Object.keys(programs).filter((one) => script.split("\n")[0]!.includes(one));
      const program = await open(inRoot(`fixtures/${programs[word!]}`));
      const { report, exit, failure, idle } = await monitor(program, { script, input, libs: { log2 } });
      expect(idle, word).toEqual([]);
      goldens[`${word}.txt`] = `${renderMonitorTable(report)}${exit}${failure ? `: ${failure}` : ""}\n`;
    }
    expectGoldens(new URL("./questions/", import.meta.url), goldens);
  });
});
