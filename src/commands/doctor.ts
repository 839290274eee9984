/** `javy-prof doctor`: which engine, plugin and viewer would be used, and what would be refused. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Ending } from "../base/diagnostics.ts";
import { type Check, checkLines, installationChecks, tried } from "../format/doctor.ts";
import { defaultModelName, installation, version } from "../index.ts";
import type { CommandIo } from "./io.ts";

export interface DoctorOptions {
  readonly plugin?: string;
  readonly javy?: string;
  readonly json?: boolean;
}

/** Says what was found. */
export async function doctor(options: DoctorOptions, io: CommandIo): Promise<Ending> {
  const { json, ...looked } = options;
  const viewer = tried("viewer", () => `speedscope ${viewerVersion()}`);
  const { node, v8 } = process.versions;
  const found = await installation({ ...looked, world: io });
  const checks: Check[] = [
    { name: "javy-prof", ok: true, found: `${version} on Node.js ${node}`, details: { v8 } },
    ...installationChecks(found, viewer, defaultModelName),
  ];
  if (json) await io.stdout(`${JSON.stringify({ version, checks }, null, 2)}\n`);
  else await io.stdout(checkLines(checks, io.stdoutIsTerminal ? io.width : Number.POSITIVE_INFINITY));
  return checks.every(({ ok }) => ok) ? "ok" : "check";
}

function viewerVersion(): string {
  const path = createRequire(import.meta.url).resolve("speedscope/package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
