/** The embedded engine: the plugin that ships with the package, and what its provenance file says of it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { internalError } from "../base/diagnostics.ts";
import { packageFile } from "../base/package-files.ts";

const plugin = packageFile("plugin/plugin.wasm");

/** Reads the plugin and checks it against its recorded sha256; a package that was damaged is an error (internal). */
export function readEmbeddedPlugin(): { readonly bytes: Uint8Array; readonly sha256: string } {
  const bytes = new Uint8Array(readFileSync(plugin));
  const recorded = JSON.parse(readFileSync(packageFile("plugin/plugin.json"), "utf8")) as { sha256: string };
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== recorded.sha256) {
    throw internalError(
      "the embedded engine is damaged: its sha256 is not the recorded one",
      "install javy-prof again",
    );
  }
  return { bytes, sha256 };
}
