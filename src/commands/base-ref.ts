/**
 * The scenarios with the programs of a git ref: checked out into a worktree of its own beside nothing of the user's, built
 * there as the configuration says, and removed again. Configuration and inputs are those of the working tree, so that what
 * changes is the program alone.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { Diagnostic, usageError } from "../base/diagnostics.ts";
import type { ResultPair } from "../format/ci/diff-speedscope.ts";
import { diffScenarios, type Result, type ScenarioDiff, type ScenarioRun, type Snapshot } from "../index.ts";
import { findScenarios } from "./find-scenarios.ts";
import type { CommandIo } from "./io.ts";
import { runBuild, runScenarios } from "./run-scenarios.ts";
import type { ScenarioFlags } from "./scenario-flags.ts";

const run = promisify(execFile);

/** What was compared, and the results of it where there are any, for a speedscope file. */
export interface Compared {
  readonly diffs: readonly ScenarioDiff[];
  readonly pairs: readonly ResultPair[];
}

/** @throws Diagnostic (usage) where there is no such ref, or no repository. */
export async function diffWithRef(
  ref: string,
  patterns: readonly string[],
  flags: ScenarioFlags & { readonly out?: string },
  io: CommandIo,
): Promise<Compared> {
  const { config, folder, scenarios } = await findScenarios(patterns, flags, io);
  const root = (await git(folder, "rev-parse", "--show-toplevel")).trim();
  const commit = await commitOf(folder, ref);
  const below = relative(await realpath(root), await realpath(folder));
  const keepsResults = flags.out !== undefined;
  const measureIn = async (place: string) => {
    if (flags.build !== false) await runBuild(config, place, io);
    const results = new Map<string, Result>();
    const runs = await runScenarios(scenarios, {
      ...{ folder: place, inputFolder: folder, config, io },
      onResult: ({ name }, result) => void (keepsResults && results.set(name, result)),
    });
    refuseFailed(runs);
    return {
      results,
      measured: new Map(runs.map(({ scenario, measured }) => [scenario, measured])) as Snapshot,
    };
  };
  const head = await measureIn(folder);
  const base = await inWorktree(root, commit, async (worktree) => {
    for (const place of new Set(["", below])) await borrowPackages(join(root, place), join(worktree, place));
    return measureIn(join(worktree, below)).catch((error: unknown) => {
      if (!(error instanceof Diagnostic) || error.kind === "interrupted") throw error;
      throw new Diagnostic({ ...error.fields, message: `with the programs of ${ref}: ${error.message}` });
    });
  });
  const pairs = scenarios.flatMap(({ name }) => {
    const [old, now] = [base.results.get(name), head.results.get(name)];
    return old && now ? [{ scenario: name, base: old, head: now }] : [];
  });
  return { diffs: diffScenarios(base.measured, head.measured), pairs };
}

async function commitOf(folder: string, ref: string): Promise<string> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
  const found = await git(folder, ...args).catch(() => {
    throw usageError(
      `git knows no commit ${JSON.stringify(ref)} here`,
      "in CI it may have to be fetched first: git fetch origin main",
    );
  });
  return found.trim();
}

function refuseFailed(runs: readonly ScenarioRun[]): void {
  for (const { scenario, failure } of runs)
    if (failure !== null)
      throw new Diagnostic({
        kind: "guest",
        message: `${scenario}: the guest failed: ${failure}`,
        details: ["what a run costs that fails says nothing"],
      });
}

/** A worktree of the commit for as long as `act` takes. */
async function inWorktree<T>(
  root: string,
  commit: string,
  act: (worktree: string) => Promise<T>,
): Promise<T> {
  const parent = await mkdtemp(join(tmpdir(), "javy-prof-base-"));
  const worktree = join(parent, "tree");
  try {
    await git(root, "worktree", "add", "--detach", "--quiet", worktree, commit);
    return await act(worktree);
  } finally {
    await git(root, "worktree", "remove", "--force", worktree).catch(() => {});
    await rm(parent, { recursive: true, force: true });
  }
}

/** The installed packages of the working tree, for the build, where the ref has none of its own. */
async function borrowPackages(from: string, to: string): Promise<void> {
  const [installed, wanted] = [join(from, "node_modules"), join(to, "node_modules")];
  if (existsSync(installed) && existsSync(to) && !existsSync(wanted))
    await symlink(installed, wanted, "junction");
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  try {
    return (await run("git", args, { cwd })).stdout;
  } catch (error) {
    const { code, stderr = "" } = error as { readonly code?: string | number; readonly stderr?: string };
    if (code === "ENOENT") throw usageError("--base-ref needs git, which is not to be found");
    throw usageError(`git ${args[0]} failed`, ...stderr.trim().split("\n").slice(0, 3));
  }
}
