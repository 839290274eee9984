/**
 * What there is to know of the terminal and of how the command was typed, from the environment: how wide lines are, which
 * characters show, and what to type for another command of javy-prof.
 */
import { basename, dirname, relative, resolve } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** Columns where nobody says how many there are, and the least that tables are made for. */
const usualWidth = 80;
const leastWidth = 60;

/** COLUMNS, else what the terminal says, else 80; a terminal of 0 columns does not know its own. */
export function widthOf(env: Environment, columns: number | undefined): number {
  const asked = Number(env["COLUMNS"]);
  const width = Number.isInteger(asked) && asked > 0 ? asked : columns || usualWidth;
  return Math.max(leastWidth, width);
}

/** Whether the locale is one of UTF-8, by the variables in their order; Windows' newer terminals always are. */
export function showsUnicode(env: Environment): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return /utf-?8/i.test(locale) || env["WT_SESSION"] !== undefined;
}

/**
 * What to type here for javy-prof: `npx javy-prof` where npx or a script of package.json started it or it is a package of
 * this folder, `javy-prof` where it is on PATH, `node dist/cli.js` otherwise. `script`: argv[1].
 */
export function typedCommand(env: Environment, script: string, cwd: string, separator: string): string {
  if (env["npm_command"] === "exec" || env["npm_lifecycle_event"] !== undefined)
    return env["npm_config_user_agent"]?.startsWith("pnpm") ? "pnpm exec javy-prof" : "npx javy-prof";
  const folders = (env["PATH"] ?? "").split(separator).map((folder) => resolve(cwd, folder));
  const isNamed = /^javy-prof(\.\w+)?$/.test(basename(script));
  if (isNamed && folders.includes(resolve(dirname(script)))) return "javy-prof";
  if (isNamed || script.replaceAll("\\", "/").includes("/node_modules/")) return "npx javy-prof";
  return `node ${relative(cwd, script).replaceAll("\\", "/")}`;
}
