/**
 * app.js, built by the user's own javy. The embedded engine is the default; javy is used where the user says so: with
 * --javy, the variable JAVY, or -C and -J, which only javy understands. What it made goes on like a given module.
 */
import { usageError } from "../base/diagnostics.ts";
import { type Found, findJavy } from "../javy/find-javy.ts";
import { buildWithJavy, codegenValue, javyVersion, type RunWorld } from "../javy/user-javy.ts";
import type { Entry } from "./given.ts";

/** Whether a user's javy is to build the program, and with what. */
export interface JavyChoice {
  /** The javy to use; undefined: that of the variable JAVY, or found where an option is for javy alone. */
  readonly path: string | undefined;
  /** Values of javy's -C and -J, passed on as they are. */
  readonly codegen: readonly string[];
  readonly javascript: readonly string[];
  readonly world: RunWorld;
}

export interface UserBuild {
  readonly bytes: Uint8Array;
  /** The plugin that it was built for, where one was named. */
  readonly plugin: string | undefined;
  /** For the user: which javy, found where. */
  readonly by: string;
}

/**
 * Builds the entry, or gives null where the embedded engine is to compile it. `file`: absolute; `plugin`: the path that
 * was given for one.
 */
export async function userBuild(
  file: string,
  entry: Entry,
  choice: JavyChoice,
  plugin: string | undefined,
): Promise<UserBuild | null> {
  const { codegen, javascript, world } = choice;
  const flag =
    choice.path !== undefined ? "--javy" : codegen.length > 0 ? "-C" : javascript.length > 0 ? "-J" : null;
  if (entry.kind === "wasm") {
    if (flag !== null)
      throw usageError(`${flag} is for JavaScript, and ${entry.name} is built already`, `leave ${flag} out`);
    return null;
  }
  if (flag === null && !world.env["JAVY"]) return null;

  const { javy, skipped } = await findJavy(choice.path, world);
  if (!javy) throw noJavy(flag!, skipped);
  const version = await javyVersion(javy, world);
  const named = codegenValue(codegen, "plugin");
  // --plugin is what app.js is compiled with: javy calls it -C plugin.
  const forPlugin = plugin !== undefined && named === undefined ? [`plugin=${plugin}`] : [];
  const all = { codegen: [...codegen, ...forPlugin], javascript };
  const bundle = entry.bundled ? entry.text : null;
  const bytes = await buildWithJavy(javy, version, file, all, world, bundle);
  return {
    bytes,
    plugin: plugin ?? named,
    by: `${version} (${javy.from})`,
  };
}

function noJavy(flag: string, skipped: Found["skipped"]) {
  return usageError(
    `${flag} is an option of javy, and no javy was found`,
    "looked at: --javy, the variable JAVY, PATH, node_modules/.bin",
    ...skipped.map((one) => `passed over, ${one}`),
    `leave ${flag} out to use the embedded engine`,
  );
}
