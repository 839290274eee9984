/**
 * A guest's trial on the calling thread: a short program's result is the one that a thread gives, and what is no short
 * program, or does not end plainly, is left to a thread, with nothing written and no input lost.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { version } from "../../src/base/version.ts";
import type { Descriptors } from "../../src/host/streams.ts";
import { open, type ProfileOptions, profile } from "../../src/index.ts";
import { requested } from "../../src/library/requested.ts";
import { runGuest } from "../../src/run/guest.ts";
import type { RunJob } from "../../src/run/job.ts";
import { profileProgram } from "../../src/run/session.ts";
import { GuestThread } from "../../src/run/thread.ts";
import { tryCompile, tryRun } from "../../src/run/trial.ts";
import { assemble } from "../support/binaryen.ts";

const programs = new URL("../../fixtures/programs/", import.meta.url);
const encode = (text: string) => new TextEncoder().encode(text);

/** What a thread would be given to run. */
async function jobOf(source: string, options: ProfileOptions = {}): Promise<RunJob> {
  const program = await open(encode(source));
  const { request, live } = requested(program, options);
  let job: RunJob | undefined;
  const thread = new GuestThread();
  vi.spyOn(thread, "run").mockImplementation((given) => {
    job = given;
    return Promise.reject(new Error("not run"));
  });
  await expect(profileProgram(thread, program, request, live, version)).rejects.toThrow("not run");
  return job!;
}

describe("the result is a thread's", () => {
  test.each(readdirSync(programs).filter((name) => name.endsWith(".js")))("%s", async (name) => {
    const program = await open(new Uint8Array(readFileSync(new URL(name, programs))), { name });
    const input = encode('{"lines":[{"price":3,"quantity":2,"tags":["a"]}]}');
    const [there, here] = [
      await profile(program, { input }),
      await profile(program, { input, mayBlock: true }),
    ].map((one) => one.document());
    expect(here).toEqual(there);
  });
});

test("compiling gives the same, and so does its failure", async () => {
  const [there, here] = [
    await open(encode("let x = 1;")),
    await open(encode("let x = 1;"), { mayBlock: true }),
  ];
  expect(here.bytes).toEqual(there.bytes);
  await expect(open(encode("let = ;"), { mayBlock: true })).rejects.toMatchObject({
    message: expect.stringContaining("expect"),
  });
});

test("a short program needs no thread, and its output is passed on", async () => {
  const tried = tryRun(await jobOf('console.log("out"); console.error("err");'));
  expect(tried).toMatchObject({
    outcome: { end: { kind: "ok" }, stdout: { bytes: 4 }, stderr: { bytes: 4 } },
  });
});

test("a run that repeats another leaves out what that has written, and counts it", async () => {
  const job = await jobOf('console.log("out"); console.log("more"); console.error("err");');
  const written = { 1: "", 2: "" };
  const descriptors: Descriptors = {
    read: () => new Uint8Array(),
    write: (fd, bytes) => {
      written[fd] += Buffer.from(bytes);
      return null;
    },
  };
  const host = { ...job.host, passThrough: true };
  const outcome = runGuest({ ...job, host, passed: { 1: 6, 2: 0 } }, { descriptors });
  expect(written).toEqual({ 1: "re\n", 2: "err\n" });
  expect([outcome.stdout.bytes, outcome.stderr.bytes]).toEqual([9, 4]);
});

describe("left to a thread, as it was", () => {
  test.each([
    ["a long program", "for (let i = 0; i < 1e7; i++);", {}],
    ["an endless one", "for (;;);", {}],
    ["minutes inside of one opcode", '/^(a+)+$/.test("a".repeat(40) + "b");', {}],
    ["a recursion that this thread has no stack for", "const f = (n) => n && 1 + f(n - 1); f(3000);", {}],
    ["much output", 'const line = "x".repeat(1 << 16); for (let i = 0; i < 20; i++) console.log(line);', {}],
    ["fuel past its limit", "for (let i = 0; i < 1e5; i++);", { maxFuel: 100_000 }],
    ["a time limit", "1;", { timeoutMs: 1000 }],
    ["a real clock", "1;", { realClock: true }],
  ] as const)("%s", async (_, source, options) => {
    const job = await jobOf(source, options);
    expect(tryRun(job)).toEqual({ job });
    expect([...new Int32Array(job.control)]).toEqual([0, 0, 0, 0]);
  });
});

describe("code that no meter stops", () => {
  const hostile = (loop: string) =>
    assemble(`(module
      (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8))
      (func (export "compile_src") (param i32 i32) (result i32) ${loop}))`).bytes;
  const compile = (loop: string) => () =>
    tryCompile({
      kind: "compile",
      plugin: hostile(loop),
      abi: { realloc: "cabi_realloc", name: "compile_src", words: 2 },
      source: encode("1;"),
    });

  test("a loop of native code ends in time", () => {
    const started = performance.now();
    expect(compile("(loop $l (br $l)) (unreachable)")()).toBeNull();
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("a trap, which may be this thread's small stack", () => {
    expect(compile("(unreachable)")()).toBeNull();
  });
});
