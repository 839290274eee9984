/**
 * Keeps what V8 makes of the command's code from one run to the next, where Node.js can (22.1 and later): a run then costs
 * 15 to 25 ms of CPU less. What is kept is code that later runs execute. So it is only in a folder that is the user's, in
 * one that is the user's, that nobody else may write to; there is none elsewhere, and none where a machine is thrown away
 * after each run. Nothing fails for want of it.
 */
import { lstatSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { isAbsolute, join } from "node:path";

/** What of `node:module` makes Node.js do it; not in Node.js 20. */
export interface CodeKeeper {
  readonly enableCompileCache?: (folder: string) => unknown;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** To be called before the code is loaded that is worth it. Gives the folder; null where nothing is kept, or Node.js was told where. */
export function keepCode(keeper: CodeKeeper, env: Environment, version: string): string | null {
  if (!keeper.enableCompileCache || isUnwanted(env)) return null;
  const caches = cacheFolder(env);
  if (caches === null) return null;
  const folder = join(caches, "javy-prof");
  try {
    for (const one of [caches, folder]) {
      mkdirSync(one, { recursive: true, mode: 0o700 });
      if (!isOwn(one)) return null;
    }
    const ofVersion = join(folder, version);
    keeper.enableCompileCache(ofVersion);
    return ofVersion;
  } catch {
    // a home that cannot be written to
    return null;
  }
}

/** Whether it was switched off, is Node's own business, or would make coverage inexact (as Node's documentation says). */
function isUnwanted(env: Environment): boolean {
  if (env["JAVY_PROF_CACHE"] === "0" || env["CI"]) return true;
  return ["NODE_COMPILE_CACHE", "NODE_DISABLE_COMPILE_CACHE", "NODE_V8_COVERAGE"].some((name) => env[name]);
}

/** Where the system has the user's caches; null where no home is named. */
function cacheFolder(env: Environment): string | null {
  const { XDG_CACHE_HOME: named, LOCALAPPDATA: local, HOME: home } = env;
  const folder = named || local || (home && join(home, ".cache"));
  return folder && isAbsolute(folder) ? folder : null;
}

/** Whether a folder is the user's, and nobody else may write to it. Windows has the folders of a user closed to others. */
function isOwn(folder: string): boolean {
  const { uid } = userInfo();
  const found = lstatSync(folder);
  return found.isDirectory() && (uid === -1 || (found.uid === uid && (found.mode & 0o022) === 0));
}
