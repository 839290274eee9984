/** The embedded engine: the plugin that ships with the package, and what its provenance file says of it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { internalError } from "../base/diagnostics.ts";

const folder = new URL("../../plugin/", import.meta.url);

/** Reads the plugin and checks it against its recorded sha256; a package that was damaged is an error (internal). */
export function readEmbeddedPlugin(): { readonly bytes: Uint8Array; readonly sha256: string } {
  const bytes = new Uint8Array(readFileSync(new URL("plugin.wasm", folder)));
  const recorded = JSON.parse(readFileSync(new URL("plugin.json", folder), "utf8")) as { sha256: string };
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== recorded.sha256) {
    throw internalError(
      "the embedded engine is damaged: its sha256 is not the recorded one",
      "install javy-prof again",
    );
  }
  return { bytes, sha256 };
}
