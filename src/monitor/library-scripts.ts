/** The monitors that come with the package, by name: monitors/*.mm. */
import { readdirSync, readFileSync } from "node:fs";
import { usageError } from "../base/diagnostics.ts";
import { nearest } from "../base/nearest.ts";
import { packageFile } from "../base/package-files.ts";
import type { Source } from "./source.ts";

const folder = packageFile("monitors/");

/** Sorted. */
export function libraryNames(): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".mm"));
  return files.map((name) => name.replace(/\.mm$/, "")).sort();
}

/** Undefined where there is none of that name. */
export function libraryScript(name: string): Source | undefined {
  if (!libraryNames().includes(name)) return undefined;
  return { file: `${name}.mm`, text: readFileSync(new URL(`${name}.mm`, folder), "utf8") };
}

/** The script of a name that is given as one. @throws Diagnostic (usage) that begins with `none`. */
export function monitorNamed(name: string, none = "there is no monitor"): Source {
  const names = libraryNames();
  const found = libraryScript(name);
  if (found) return found;
  const close = nearest(name, names);
  throw usageError(
    `${none} named ${name}`,
    ...(close ? [`did you mean ${close}?`] : []),
    `monitors are ${names.join(", ")}`,
  );
}

/** What a monitor reports: the first line of its comment. */
export function summaryOf({ text }: Source): string {
  return /^\/\/ (.*)/.exec(text)?.[1] ?? "";
}
