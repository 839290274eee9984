/** Runs the command line as it ships (dist/cli.js) in a folder of its own, with an environment of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = new URL("../../", import.meta.url);
export const inRoot = (path: string): string => fileURLToPath(new URL(path, root));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  /**
   * Contents of stdin; "open": a pipe into which nobody writes and that nobody closes; or a file, as the shell's `<`
   * gives it. Default: empty.
   */
  readonly stdin?: string | Uint8Array | "open" | { readonly file: string };
  readonly env?: Readonly<Record<string, string>>;
  /** Called once the process runs. */
  readonly started?: (child: ChildProcess) => void;
}

/** `javy-prof ...args` in `folder`, until it ends; killed after a minute. */
export function javyProf(
  folder: string,
  args: readonly string[],
  { stdin = "", env = {}, started }: SpawnOptions = {},
): Promise<Ended> {
  const file = typeof stdin === "object" && "file" in stdin ? openSync(stdin.file, "r") : null;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [inRoot("dist/cli.js"), ...args], {
      stdio: [file ?? "pipe", "pipe", "pipe"],
      cwd: folder,
      env: { PATH: process.env["PATH"], ...env },
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    const output: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
    if (file !== null) closeSync(file);
    child.stdout!.on("data", (chunk: Buffer) => output.stdout.push(chunk));
    child.stderr!.on("data", (chunk: Buffer) => output.stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString();
      const [stdout, stderr] = [output.stdout, output.stderr].map((one) => asInstalled(text(one), folder));
      resolve({ code, stdout: stdout!, stderr: stderr! });
    });
    // A guest that never reads lets the pipe break: no error of ours.
    child.stdin?.on("error", () => {});
    if (stdin !== "open" && file === null) child.stdin?.end(stdin as string | Uint8Array);
    started?.(child);
  });
}

/** What is to be typed next, as if the command were installed: where this checkout is differs from machine to machine. */
function asInstalled(text: string, folder: string): string {
  return text.replaceAll(`node ${relative(realpathSync(folder), inRoot("dist/cli.js"))}`, "javy-prof");
}

/** A temporary folder with these files; `remove` ends it. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): {
  readonly path: string;
  readonly remove: () => void;
} {
  const path = mkdtempSync(join(tmpdir(), "javy-prof-test-"));
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
