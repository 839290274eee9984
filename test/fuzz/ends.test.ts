/**
 * Random guests (scripts/ends.js) end as they do in wasmtime, as recorded by scripts/record-ends.py: handlers catch
 * what they should and nothing more, and each profile adds up. Here the guests have the legacy exception instructions,
 * which wasmtime lacks, and where this Node.js has try_table, also those that were recorded. The first few hundred run
 * with the suite, all of them with ENDS=all.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { execute, open, type Profile, profile } from "../../src/index.ts";
import { assemble, everything, forV8 } from "../support/binaryen.ts";

const recorded = JSON.parse(readFileSync(new URL("ends.json", import.meta.url), "utf8")) as {
  readonly first: number;
  readonly block: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly digests: readonly string[];
};
const { guestText } = (await import(new URL("../../scripts/ends.js", import.meta.url).href)) as {
  guestText: (seed: number, dialect: Dialect) => string;
};

type Dialect = "legacy" | "try_table";
const bytesOf = (seed: number, dialect: Dialect) =>
  assemble(guestText(seed, dialect), dialect === "legacy" ? forV8 : everything).bytes;

const dialects = (["legacy", "try_table"] as const).filter((dialect) =>
  WebAssembly.validate(bytesOf(recorded.first, dialect) as BufferSource),
);
const blocks = recorded.digests
  .map((digest, i) => ({ digest, first: recorded.first + i * recorded.block }))
  .slice(0, process.env["ENDS"] === "all" ? undefined : 3);

describe.each(dialects)("%s", (dialect) => {
  test.each(blocks)("guests from $first on", { timeout: 600_000 }, async ({ digest, first }) => {
    const lines: string[] = [];
    for (let seed = first; seed < first + recorded.block; seed++) lines.push(await lineOf(seed, dialect));
    expect(createHash("sha256").update(lines.join("")).digest("hex").slice(0, 16), lines.join("")).toBe(
      digest,
    );
  });
});

/** As the recorder writes it: how a guest ended, and what it wrote. */
async function lineOf(seed: number, dialect: Dialect): Promise<string> {
  const program = await open(bytesOf(seed, dialect), { name: `guest-${seed}.wasm` });
  const profiled = await profile(program, { frames: "wasm" });
  const { exit, stdout } = profiled.result.run;
  // and the same guest as it is, without an instruction of ours in it
  const plain = await execute(program, { frames: "wasm" });
  expect([plain.exit, new TextDecoder().decode(plain.stdout)], `${seed}, as it is`).toEqual([
    exit.kind,
    stdout,
  ]);
  return `${wordFor(profiled)} ${stdout}\n`;
}

function wordFor(profiled: Profile): string {
  const { exit } = profiled.document().run;
  if (exit.kind !== "trap") return exit.kind === "exit" ? `exit-${exit.code}` : exit.kind;
  if (exit.message === "an exception that nothing caught") return "exception";
  return exit.message === "call stack exhausted" ? "overflow" : "trap";
}

test("what was recorded has ends of every kind", () => {
  expect(Object.keys(recorded.ends)).toEqual(["exception", "exit", "ok", "overflow", "trap"]);
  for (const [end, count] of Object.entries(recorded.ends)) expect(count, end).toBeGreaterThan(100);
  expect(recorded.digests.length * recorded.block).toBe(10_000);
});
