/** The version of this package, from its package.json. */
import { readFileSync } from "node:fs";
import { packageFile } from "./package-files.ts";

export const version = (JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string })
  .version;
