/**
 * Where an output really goes: symbolic links are followed, also to a file that is not there yet, so that a link stays a
 * link. Two paths are the same place where device and inode say so, whatever they are called.
 */
import { readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";

/** What is known of a file that an output replaces. */
export interface Existing {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Place {
  /** Absolute path of the file itself. */
  readonly path: string;
  /** The file that is there; null where none is, and where what is there is written to and not replaced. */
  readonly existing: Existing | null;
  /** What is there is a device, a pipe or a folder, or is reached through an open descriptor (/dev/stdout): it cannot be replaced. */
  readonly direct: boolean;
  /** The same for the same place; null where nothing can be lost: devices, pipes, descriptors. */
  readonly identity: string | null;
}

/** Links to links to follow, as many as Linux does. */
const mostLinks = 40;

/** Paths of the process's own descriptors: opening one again is writing to what the descriptor has. */
const descriptors = /^\/(proc\/|dev\/fd\/)/;

/** @throws what the system says where the folder is none. */
export async function placeOf(file: string): Promise<Place> {
  let path = file;
  for (let links = 0; ; links++) {
    path = join(await realpath(dirname(path)), basename(path));
    if (descriptors.test(path)) return { path, existing: null, direct: true, identity: null };
    const target = await readlink(path).catch(() => null);
    if (target === null) break;
    if (links === mostLinks) throw Object.assign(new Error("too many links"), { code: "ELOOP" });
    // not normalised: `..` of a linked folder is the parent of where that leads
    path = isAbsolute(target) ? target : `${dirname(path)}/${target}`;
  }
  const found = await statOrNull(path);
  if (!found) return { path, existing: null, direct: false, identity: path };
  if (!found.isFile()) return { path, existing: null, direct: true, identity: null };
  const [mode, uid, gid] = [found.mode, found.uid, found.gid].map(Number) as [number, number, number];
  const existing = { mode: mode & 0o7777, uid, gid };
  return { path, existing, direct: false, identity: identityOf(found) };
}

/** The identity of a file that is there; null where there is none, or what is there is no regular file. */
export async function fileIdentity(file: string): Promise<string | null> {
  const found = await statOrNull(file).catch(() => null);
  return found?.isFile() ? identityOf(found) : null;
}

function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

function statOrNull(path: string) {
  return stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}
