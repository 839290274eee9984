/**
 * Writes the files of a command so that none is ever half there: each is written beside its place, synced, and renamed,
 * and until then the old one is whole. What cannot be replaced (a device, a pipe) is written to. What hinders it is a
 * usage error that says why, and never an absolute path.
 */
import { randomBytes } from "node:crypto";
import {
  access,
  constants,
  type FileHandle,
  lstat,
  open,
  readdir,
  rename,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { usageError } from "../base/diagnostics.ts";
import { systemText } from "../base/system-words.ts";
import type { Exit } from "../index.ts";
import type { CommandIo } from "./io.ts";
import { type Existing, placeOf } from "./output-place.ts";
import { cannotWrite, unfinished } from "./unwritten.ts";

/** What a file is to hold: whole, or piece by piece, made while it is written, so that it need not fit into memory. */
export type Content = string | Uint8Array | Iterable<string | Uint8Array>;

/** Writes `content` to stdout. */
export async function writeStdout(content: Content, io: CommandIo): Promise<void> {
  for (const chunk of chunksOf(content)) await io.stdout(chunk);
}

function chunksOf(content: Content): Iterable<string | Uint8Array> {
  return typeof content === "string" || content instanceof Uint8Array ? [content] : content;
}

/** What a file beside its place is called: one that a killed process left is known by it. */
const besideName = /^\.javy-prof-[0-9a-f]{16}\.tmp$/;

/** A file beside its place that nobody has written to for so long (milliseconds) is of a process that was killed. */
const staleAfterMs = 3_600_000;

/** Characters of short pieces that are written at once. */
const batchLength = 65_536;

/** Writes `content` to `out` as the user named it. @throws Diagnostic (usage) where that fails; the old file is whole then. */
export async function writeOutput(out: string, content: Content, cwd: string): Promise<void> {
  try {
    await writeWhole(resolve(cwd, out), content);
  } catch (error) {
    throw cannotWrite(out, error);
  }
}

/** Writes all of `content` to the file, or nothing. @throws what the system says, and what making the chunks throws. */
export async function writeWhole(file: string, content: Content): Promise<void> {
  const { path, existing, direct } = await placeOf(file);
  // behind what others wrote there: the guest's output goes to stdout too
  if (direct) return withFile(path, "a", 0o666, (handle) => writeFile(handle, batched(content)));
  // replacing takes no right to write to the file, which its owner may have taken away
  if (existing) await access(path, constants.W_OK);
  const folder = dirname(path);
  await removeStale(folder);
  const beside = join(folder, `.javy-prof-${randomBytes(8).toString("hex")}.tmp`);
  unfinished.add(beside);
  try {
    await withFile(beside, "wx", existing ? 0o600 : 0o666, async (handle) => {
      await writeFile(handle, batched(content));
      if (existing) await keepRights(handle, existing);
      await handle.sync();
    });
    await rename(beside, path);
  } catch (error) {
    await unlink(beside).catch(() => {});
    throw error;
  } finally {
    unfinished.delete(beside);
  }
  // that it has the new name is to last, too; not every system can sync a folder
  await withFile(folder, "r", 0, (handle) => handle.sync()).catch(() => {});
}

/** Of a guest's stream that took no more. @throws Diagnostic (usage), unless its reader has gone: that one wants no more. */
export function refuseLostOutput(lost: Exit["lost"] | null): void {
  if (lost && lost.code !== "EPIPE")
    throw usageError(`cannot write the guest's output to ${lost.stream}: ${systemText(lost.code)}`);
}

async function withFile(
  path: string,
  flags: string,
  mode: number,
  use: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags, mode);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

/** Owner, where that is allowed, and mode; in this order, as a new owner clears bits of the mode. */
async function keepRights(handle: FileHandle, { mode, uid, gid }: Existing): Promise<void> {
  const made = await handle.stat();
  if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid).catch(() => {});
  await handle.chmod(mode);
}

/** Removes what killed processes have left in the folder. */
async function removeStale(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => besideName.test(one))) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    if (found?.isFile() && Date.now() - found.mtimeMs > staleAfterMs) await unlink(path).catch(() => {});
  }
}

/** The same content in pieces that are worth a call to the system each. */
function* batched(content: Content): Generator<string | Uint8Array> {
  let texts: string[] = [];
  let length = 0;
  for (const chunk of chunksOf(content)) {
    if (typeof chunk === "string") {
      texts.push(chunk);
      length += chunk.length;
    }
    if (typeof chunk === "string" && length < batchLength) continue;
    yield texts.join("");
    [texts, length] = [[], 0];
    if (typeof chunk !== "string") yield chunk;
  }
  yield texts.join("");
}
