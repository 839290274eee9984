/**
 * app.js, built by the user's own javy. The embedded engine is the default; javy is used where the user says so: with
 * --javy, the variable JAVY, or -C and -J, which only javy understands. What it made goes on like a given module.
 */
import { resolve } from "node:path";
import { usageError } from "../base/diagnostics.ts";
import { type Found, findJavy } from "../javy/find-javy.ts";
import { buildWithJavy, codegenValue, javyVersion } from "../javy/user-javy.ts";
import type { CommandIo } from "./io.ts";
import type { JavyFlags } from "./options.ts";
import { type Entry, shownPath } from "./program.ts";

export interface UserBuild {
  readonly entry: Entry & { readonly kind: "wasm" };
  /** The plugin that it was built for, where one was named. */
  readonly plugin: string | undefined;
  /** For the user: which javy, found where. */
  readonly by: string;
}

/** Builds the entry, or gives null where the embedded engine is to compile it. */
export async function userBuild(
  path: string,
  entry: Entry,
  options: JavyFlags & { readonly plugin?: string },
  io: CommandIo,
): Promise<UserBuild | null> {
  const { codegen = [], javascript = [] } = options;
  const flag =
    options.javy !== undefined ? "--javy" : codegen.length > 0 ? "-C" : javascript.length > 0 ? "-J" : null;
  if (entry.kind === "wasm") {
    if (flag !== null)
      throw usageError(`${flag} is for JavaScript, and ${entry.name} is built already`, `leave ${flag} out`);
    return null;
  }
  if (flag === null && !io.env["JAVY"]) return null;

  const { javy, skipped } = await findJavy(options.javy, io);
  if (!javy) throw noJavy(flag!, skipped);
  const version = await javyVersion(javy, io);
  const named = codegenValue(codegen, "plugin");
  // --plugin is what app.js is compiled with: javy calls it -C plugin.
  const forPlugin = options.plugin !== undefined && named === undefined ? [`plugin=${options.plugin}`] : [];
  const all = { codegen: [...codegen, ...forPlugin], javascript };
  const bytes = await buildWithJavy(javy, version, resolve(io.cwd, path), all, io);
  return {
    entry: { kind: "wasm", name: entry.name, bytes },
    plugin: options.plugin ?? named,
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

/** What `doctor` says of it. @throws Diagnostic where --javy or JAVY names something that cannot be used. */
export async function describeJavy(wanted: string | undefined, io: CommandIo): Promise<string> {
  const { javy, skipped } = await findJavy(wanted, io);
  const passed = skipped.map((one) => `; passed over, ${one}`).join("");
  if (!javy) return `none found, the embedded engine compiles app.js${passed}`;
  const used = javy.from === "--javy" || javy.from === "JAVY" ? "used" : "used with -C or -J";
  return `${await javyVersion(javy, io)}, ${shownPath(javy.path, io.cwd)} (${javy.from}), ${used}${passed}`;
}
