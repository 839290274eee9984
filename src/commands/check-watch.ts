/** `check --watch`: a check, and after each change of what it depends on another, with what that changed. */
import { resolve } from "node:path";
import type { Ending } from "../base/diagnostics.ts";
import { renderChange } from "../format/ci/diffs.ts";
import { diffScenarios, type ScenarioRun, type Snapshot } from "../index.ts";
import { type CheckFlags, checkOnce } from "./check-once.ts";
import { CheckSources } from "./check-sources.ts";
import type { CommandIo } from "./io.ts";
import { snapshotName } from "./snapshot-file.ts";
import { watchLoop } from "./watch-loop.ts";

export function watchCheck(patterns: readonly string[], flags: CheckFlags, io: CommandIo): Promise<Ending> {
  const sources = new CheckSources(flags, io.cwd);
  let before: Snapshot | null = null;

  return watchLoop(async ({ io, follow, accept }) => {
    sources.begin();
    follow(sources.watched);
    const { runs, chosen } = await checkOnce(patterns, flags, io, {
      found: (chosen) => {
        sources.found(chosen);
        follow(sources.watched);
      },
      built: () => {
        sources.built();
        follow(sources.watched);
      },
      opened: ({ bundled }) => sources.opened(bundled),
    });
    sources.end();
    follow(sources.watched);
    // --update and --out write files that are watched
    const out = flags.out === undefined ? [] : [resolve(io.cwd, flags.out)];
    accept([resolve(chosen.folder, snapshotName(chosen)), ...out]);
    const after = measuredBy(runs);
    if (before) sayChange(before, after, io);
    before = after;
  }, io);
}

function measuredBy(runs: readonly ScenarioRun[]): Snapshot {
  return new Map(runs.map(({ scenario, measured }) => [scenario, measured]));
}

function sayChange(before: Snapshot, after: Snapshot, io: CommandIo): void {
  const { width, colour, isTerminal: cuts } = io;
  const changed = diffScenarios(before, after).filter(({ base, head }) => base !== head);
  // lines and reasons stand with the verdicts
  const shown = { by: ["function"], top: 3, width, colour, cuts } as const;
  const text = changed.length === 0 ? "nothing costs more or less\n" : renderChange(changed, shown);
  io.stderr(`\nsince the check before:\n${text}`);
}
