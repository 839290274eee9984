/** Builds dist/ before the tests: the command line, its worker and the collector are tested as they ship. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export default function build(): void {
  if (process.env["JAVY_PROF_SKIP_BUILD"]) return;
  execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/build.js", import.meta.url))], {
    stdio: "inherit",
  });
}
