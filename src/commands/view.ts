/**
 * `javy-prof view [file]`: shows a profile in speedscope, from this machine only (serve.ts). Takes what
 * speedscope reads, and result documents, which are converted on the way.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { decodeText } from "../base/bytes.ts";
import { usageError } from "../base/diagnostics.ts";
import { writeSpeedscope } from "../format/files/speedscope.ts";
import { inertText } from "../format/inert.ts";
import { looksLikeResult, parseResult } from "../index.ts";
import { readTextBytes } from "./input.ts";
import type { CommandIo } from "./io.ts";
import { serveProfile } from "./serve.ts";

export interface ViewOptions {
  readonly once?: boolean;
  /** Open the browser; the URL is printed in any case. */
  readonly open?: boolean;
  readonly port?: string;
}

/** Serves until Ctrl-C, or with `once` until the profile was fetched. */
export async function view(file: string | undefined, options: ViewOptions, io: CommandIo): Promise<void> {
  const port = options.port === undefined ? undefined : parsePort(options.port);
  const path = file ?? (await newestProfile(io.cwd));
  if (file === undefined) io.stderr(`viewing ${inertText(path)}, the newest profile here\n`);
  const bytes = await readTextBytes(path, io.cwd, "the profile");
  const isResult = looksLikeResult(bytes);
  if (!isResult && !looksLikeProfile(bytes))
    throw usageError(
      `${path} is no profile`,
      "view takes what run writes: *.speedscope.json, *.fuel.json, *.cpuprofile, *.folded",
    );
  const fileName = isResult ? "result.speedscope.json" : basename(path);
  const served = await serveProfile({
    profile: isResult ? bytesOf(writeSpeedscope(parseResult(decodeText(bytes), path))) : bytes,
    fileName,
    title: fileName.endsWith(".speedscope.json") ? null : fileName,
    once: options.once ?? false,
    ...(port === undefined ? {} : { port }),
  });
  // what speedscope does at these keys
  const keys = "in the viewer, n and p show the next profile (calls, lines, opcodes), 1 2 3 other views\n";
  const isOurs = fileName.endsWith(".speedscope.json");
  io.stderr(`${served.url}\n${isOurs ? keys : ""}${options.once ? "" : "Ctrl-C ends it\n"}`);
  io.interrupted.addEventListener("abort", served.close, { once: true });
  if (io.interrupted.aborted) served.close();
  else if (options.open ?? true) await openBrowser(served.onceUrl, io);
  await served.ended;
}

function bytesOf(chunks: Iterable<string>): Uint8Array {
  return Buffer.concat([...chunks].map((chunk) => Buffer.from(chunk)));
}

/** JSON with profiles or samples, or lines that end with a number (folded stacks). What it means, speedscope says. */
function looksLikeProfile(bytes: Uint8Array): boolean {
  const text = decodeText(bytes.subarray(0, 65_536));
  if (text.includes("\0")) return false;
  if (/^\s*[[{]/.test(text)) return /"(profiles|nodes|traceEvents|samples)"/.test(decodeText(bytes));
  return /^[^\n]+ \d+(\n|$)/.test(text);
}

/** Opens `url` in the browser; where that fails, says so: the URL is printed already. */
export async function openBrowser(url: string, io: CommandIo): Promise<void> {
  try {
    const { default: open } = await import("open");
    const browser = await open(url);
    browser.on("error", () => undefined);
    browser.unref();
  } catch (error) {
    io.stderr(`could not open a browser (${(error as Error).message}): open the URL above\n`);
  }
}

/** Name of the newest `*.speedscope.json` in `folder`; of equally new ones the first by name. */
export async function newestProfile(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".speedscope.json")).sort();
  let newest: { name: string; time: number } | null = null;
  for (const name of names) {
    const time = await stat(join(folder, name)).then(
      (found) => found.mtimeMs,
      () => -1, // a dangling link: newer than nothing
    );
    if (newest === null || time > newest.time) newest = { name, time };
  }
  if (newest === null)
    throw usageError("no *.speedscope.json in the working directory", "make one with: javy-prof run app.js");
  return newest.name;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw usageError(`--port takes 0 to 65535, not ${text}`);
  return port;
}
