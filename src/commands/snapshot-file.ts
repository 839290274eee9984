/** Reads and writes the snapshot's file, whose place the configuration names. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { unreadable } from "../base/diagnostics.ts";
import { inertText } from "../format/inert.ts";
import { parseSnapshot, printSnapshot, type ScenarioRun, type Snapshot } from "../index.ts";
import type { CommandIo } from "./io.ts";
import type { LoadedConfig } from "./load-config.ts";
import { writeOutput } from "./output-file.ts";

type Where = Pick<LoadedConfig, "config" | "folder">;

export const snapshotName = ({ config }: Where): string => config.snapshot ?? ".fuel-snapshot";

/** Empty where there is none yet. @throws Diagnostic (usage). */
export async function readSnapshot(where: Where): Promise<Snapshot> {
  const name = snapshotName(where);
  let text: string;
  try {
    text = await readFile(resolve(where.folder, name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw unreadable(name, "the snapshot", error);
  }
  return parseSnapshot(text, name);
}

/** The snapshot with what ran; of the others those stay that `keep` says. */
export function updated(
  snapshot: Snapshot,
  runs: readonly ScenarioRun[],
  keep: (name: string) => boolean,
): Snapshot {
  const kept = [...snapshot].filter(([name]) => keep(name));
  return new Map([...kept, ...runs.map(({ scenario, measured }) => [scenario, measured] as const)]);
}

/** Writes it where it says something else than what is there, and says so. */
export async function writeSnapshot(
  before: Snapshot,
  snapshot: Snapshot,
  where: Where,
  io: CommandIo,
): Promise<void> {
  const name = snapshotName(where);
  const text = printSnapshot(snapshot);
  if (before.size > 0 && text === printSnapshot(before))
    return io.stderr(`${inertText(name)} is up to date\n`);
  await writeOutput(name, text, where.folder);
  io.stderr(`wrote ${inertText(name)}\n`);
}
