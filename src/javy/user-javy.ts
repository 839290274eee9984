/**
 * Runs a user's own `javy`: asks its version, lets it build a module. Without a shell, in the user's folder (so that
 * `-C plugin=path` means what it says), and what it writes goes into a folder that is removed again.
 *
 * Options, by the sources of Javy's command line tool: `javy build in.js -o out.wasm -C key[=value] -J key[=value]`
 * since 3.1; before, `javy compile in.js -o out.wasm`, without either. 7.0 removed `compile`.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Diagnostic, unsupported, usageError } from "../base/diagnostics.ts";
import { isWasm } from "../wasm/decode.ts";
import type { UserJavy, World } from "./find-javy.ts";

/** Where it runs, and what ends it. */
export interface RunWorld extends World {
  readonly interrupted: AbortSignal;
}

/** The first line of `javy --version`. @throws Diagnostic where it does not run. */
export async function javyVersion(javy: UserJavy, world: RunWorld): Promise<string> {
  const { code, stdout, stderr } = await execute(javy, ["--version"], world, 10_000);
  const line = stdout.trim().split("\n")[0]!.trim();
  if (code === 0 && line !== "") return line.slice(0, 80);
  throw usageError(`${nameOf(javy)} does not say its version`, ...excerpt(stderr || stdout));
}

export interface JavyOptions {
  /** Values of -C and of -J, passed on as they are. */
  readonly codegen: readonly string[];
  readonly javascript: readonly string[];
}

/**
 * Builds a program and returns the module. `bundle`: what the file was bundled to, where it was.
 * @throws Diagnostic with what javy said where it makes none.
 */
export async function buildWithJavy(
  javy: UserJavy,
  version: string,
  file: string,
  options: JavyOptions,
  world: RunWorld,
  bundle: string | null = null,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "javy-prof-"));
  try {
    const out = join(folder, "module.wasm");
    const built = bundle === null ? file : join(folder, "bundle.js");
    if (bundle !== null) await writeFile(built, bundle);
    const { code, stdout, stderr } = await execute(javy, command(version, built, out, options), world);
    if (code !== 0) throw usageError(`${nameOf(javy)} could not build ${basename(file)}`, ...excerpt(stderr));
    const bytes = await readFile(out).catch(() => null);
    if (bytes === null)
      throw unsupported(`${nameOf(javy)} wrote no module`, ...excerpt(stderr), ...excerpt(stdout));
    if (!isWasm(bytes))
      throw unsupported(
        `what ${nameOf(javy)} wrote is no WebAssembly`,
        `found: ${bytes.length} bytes`,
        ...excerpt(stderr),
      );
    return new Uint8Array(bytes);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function command(version: string, file: string, out: string, { codegen, javascript }: JavyOptions): string[] {
  const [, major, minor] = /^\S+ v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || Number(major) > 3 || (major === "3" && Number(minor) > 0)) {
    const given = [
      ...codegen.flatMap((value) => ["-C", value]),
      ...javascript.flatMap((value) => ["-J", value]),
    ];
    return ["build", file, "-o", out, ...given];
  }
  if (codegen.length + javascript.length > 0)
    throw usageError(`${version} has no -C and no -J`, "they came with Javy 3.1");
  return ["compile", file, "-o", out];
}

/** The value of `-C key=value`, which takes several options with commas between them. */
export function codegenValue(codegen: readonly string[], key: string): string | undefined {
  const found = codegen.flatMap((list) => list.split(",")).find((option) => option.startsWith(`${key}=`));
  return found?.slice(key.length + 1);
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** More than this of what it prints is not kept. */
const kept = 65536;

async function execute(
  javy: UserJavy,
  args: readonly string[],
  { env, cwd, interrupted }: RunWorld,
  timeoutMs?: number,
): Promise<Ended> {
  // most users have no javy
  const { spawn } = await import("node:child_process");
  return new Promise((done, fail) => {
    const child = spawn(javy.path, args, {
      cwd,
      env: env as NodeJS.ProcessEnv,
      signal: interrupted,
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      stdio: ["ignore", "pipe", "pipe"],
      shell: false,
      windowsHide: true,
    });
    const text = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (data: string) => {
        text[stream] = (text[stream] + data).slice(0, kept);
      });
    child.on("error", (error: NodeJS.ErrnoException) => fail(cannotStart(javy, error, interrupted)));
    child.on("close", (code, signal) => {
      if (interrupted.aborted) return fail(wasInterrupted(javy));
      const stderr = signal === null ? text.stderr : `${text.stderr}\nended by ${signal}`;
      done({ code, stdout: text.stdout, stderr });
    });
  });
}

function cannotStart(javy: UserJavy, error: NodeJS.ErrnoException, interrupted: AbortSignal): Diagnostic {
  if (interrupted.aborted) return wasInterrupted(javy);
  // The file is there: it was looked at. So what cannot be found is the loader that it asks for.
  const why =
    error.code === "ENOENT" ? "its loader or interpreter is missing" : (error.code ?? error.message);
  return usageError(`cannot start ${nameOf(javy)}: ${why}`, "is it made for this system?");
}

function wasInterrupted(javy: UserJavy): Diagnostic {
  return new Diagnostic({ kind: "interrupted", message: `interrupted while ${nameOf(javy)} ran` });
}

function nameOf({ path, from }: UserJavy): string {
  return `${basename(path)} (${from})`;
}

/**
 * What it wrote, the beginning and the end: a Rust program says its error first, perhaps with a long backtrace behind.
 * It is another program's text, and made inert where it is printed.
 */
function excerpt(text: string): string[] {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => line.slice(0, 300));
  return lines.length <= 12 ? lines : [...lines.slice(0, 6), "…", ...lines.slice(-5)];
}
