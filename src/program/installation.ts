/**
 * Which engine, plugin and javy would be used here, tried out: each part is found, or the Diagnostic kept that says why
 * it is not.
 */
import type { Compiler } from "../javy/compile.ts";
import { findJavy, type UserJavy } from "../javy/find-javy.ts";
import { javyReleasesOf } from "../javy/releases.ts";
import { javyVersion, type RunWorld } from "../javy/user-javy.ts";
import type { Dispatch } from "../quickjs/dispatch.ts";
import { enginesOfVersion } from "../quickjs/engines/versions.ts";
import { compileSource } from "./compile-source.ts";
import { findEsbuild } from "./esbuild.ts";
import { type Given, shownPath } from "./given.ts";
import { choosePlugin, type Plugin } from "./plugin.ts";

/** What was found of a part, or why it was not. */
export type Tried<T> = { readonly value: T } | { readonly problem: Error };

export interface Installation {
  readonly plugin: Tried<Plugin>;
  /** Null where there is no plugin to look into; so is `compiler`. */
  readonly dispatch: Tried<Dispatch> | null;
  /** What the plugin's compiler makes. */
  readonly compiler: Tried<CompilerFacts> | null;
  readonly javy: Tried<FoundJavy>;
  /** Version of the esbuild that would bundle here; null where there is none. */
  readonly esbuild: string | null;
}

/** The QuickJS of a compiler. */
export interface CompilerFacts {
  readonly engine: string;
  readonly releases: string;
  readonly bytecodeVersion: number;
  /** The releases of Javy that have the same; null where none has. */
  readonly javy: string | null;
}

export interface FoundJavy {
  /** Null where there is none: the embedded engine compiles. */
  readonly javy: (UserJavy & { readonly version: string }) | null;
  /** What was passed over, and why. */
  readonly skipped: readonly string[];
}

/** `plugin`: to look at instead of the embedded one; `javy`: to look at instead of the one that would be found. */
export async function examineInstallation(
  { plugin: given, javy, world }: { plugin?: Given; javy?: string; world: RunWorld },
  compiler: Compiler,
): Promise<Installation> {
  const plugin = await tried(() => choosePlugin(given, world.cwd));
  const found = "value" in plugin ? plugin.value : null;
  return {
    plugin,
    dispatch: found && (await tried(() => found.engine.dispatch.value)),
    compiler: found && (await tried(() => compiles(compiler, found))),
    javy: await tried(() => lookForJavy(javy, world)),
    esbuild: await findEsbuild(world.cwd, "app.ts").then(
      ({ version }) => version,
      () => null,
    ),
  };
}

async function tried<T>(find: () => T | Promise<T>): Promise<Tried<T>> {
  try {
    return { value: await find() };
  } catch (error) {
    return { problem: error instanceof Error ? error : new Error(String(error)) };
  }
}

async function compiles(compiler: Compiler, plugin: Plugin): Promise<CompilerFacts> {
  const outcome = await compileSource(compiler, plugin, "export {};", "doctor.js", null);
  if (outcome.kind !== "bytecode") throw outcome.error;
  const known = enginesOfVersion(outcome.bytecode[0] ?? 0)[0]!;
  const { id, engine, releases, version } = known;
  return { engine, releases, bytecodeVersion: version, javy: javyReleasesOf(id) };
}

async function lookForJavy(wanted: string | undefined, world: RunWorld): Promise<FoundJavy> {
  const { javy, skipped } = await findJavy(wanted, world);
  if (!javy) return { javy, skipped };
  const version = await javyVersion(javy, world);
  return { javy: { from: javy.from, path: shownPath(javy.path, world.cwd), version }, skipped };
}
