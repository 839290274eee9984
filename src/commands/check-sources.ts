/**
 * What a check depends on: the configuration, the snapshot, inputs, and programs with what they import; or, where the
 * configuration builds the programs, any file of its folder. What the build wrote is told by its time: a program that was
 * written while the build ran is built, and nothing beside it in its folder is a source.
 */
import { statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import type { Config } from "../index.ts";
import type { CheckFlags } from "./check-once.ts";
import { coarse, type Watched } from "./file-watch.ts";
import type { ChosenScenarios } from "./find-scenarios.ts";
import { costTableOf } from "./fuel-flags.ts";
import { configPlaces } from "./load-config.ts";
import { snapshotName } from "./snapshot-file.ts";
import { globTrees, isSource, joined, type Trees, treeOf } from "./watched-trees.ts";

export class CheckSources {
  readonly #flags: CheckFlags;
  readonly #cwd: string;
  #chosen: ChosenScenarios | null = null;
  /** Files that the programs are bundles of. */
  #imports = new Set<string>();
  /** Whether the programs were read since they may have changed: then it is known what they import. */
  #isRead = false;
  /** Programs, absolute, that the build writes: until one has ended, all. */
  #built = new Set<string>();
  #hasBuilt = false;
  #builtFrom = 0;

  constructor(flags: CheckFlags, cwd: string) {
    this.#flags = flags;
    this.#cwd = cwd;
  }

  /** Before a check. What was written while a build ran that was stopped is built, too. */
  begin(): void {
    if (this.#builtFrom > 0) this.#learn();
    this.#isRead = false;
  }

  found(chosen: ChosenScenarios): void {
    this.#chosen = chosen;
    if (!this.#builds) return;
    if (!this.#hasBuilt) this.#built = new Set(this.#entries);
    this.#builtFrom = Date.now() - coarse;
  }

  built(): void {
    if (!this.#builds) return;
    if (!this.#hasBuilt) this.#built.clear();
    this.#hasBuilt = true;
    this.#learn();
  }

  opened(files: Iterable<string>): void {
    for (const file of files) this.#imports.add(file);
  }

  end(): void {
    this.#isRead = true;
  }

  get watched(): Watched {
    const files = [...configPlaces(this.#flags.config, this.#cwd), ...this.#files(), ...this.#imports];
    const sources = new Set(files.filter((file) => !this.#isBuilt(file)));
    return { files: sources, trees: this.#trees(), choice: [...this.#built].sort().join() };
  }

  get #builds(): boolean {
    return this.#flags.build !== false && this.#chosen?.config.build !== undefined;
  }

  get #entries(): string[] {
    const { folder, scenarios } = this.#chosen!;
    return [...new Set(scenarios.map(({ entry }) => resolve(folder, entry)))];
  }

  #learn(): void {
    for (const entry of this.#entries) if (this.#wasWritten(entry)) this.#built.add(entry);
    this.#builtFrom = 0;
  }

  /** Whether a file was written since the build began. */
  #wasWritten(file: string): boolean {
    const time = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return time >= this.#builtFrom;
  }

  #files(): string[] {
    if (!this.#chosen) return [];
    const { file, folder, scenarios } = this.#chosen;
    const named = scenarios.flatMap(
      ({ entry, plugin, source, sourceMap, fuelModel, schemaPath, queryPath, input }) => [
        ...[
          entry,
          plugin,
          source,
          sourceMap === "none" ? null : sourceMap,
          schemaPath,
          queryPath,
          costTableOf(fuelModel ?? undefined) ?? null,
        ],
        "path" in input ? input.path : null,
      ],
    );
    const below = [snapshotName(this.#chosen), ...named].flatMap((path) => path ?? []);
    return [resolve(this.#cwd, file), ...below.map((path) => resolve(folder, path))];
  }

  #trees(): Trees {
    if (!this.#chosen) return new Map();
    const { config, folder } = this.#chosen;
    const globs = globTrees(patternsOf(config), folder);
    if (this.#builds)
      return joined(
        globs,
        treeOf(folder, (path) => !isHidden(path, folder) && !this.#isBuilt(path)),
      );
    // until the programs are read again nobody knows what they import
    const read = this.#isRead ? [] : this.#entries;
    return joined(globs, ...read.map((entry) => treeOf(dirname(entry), isSource)));
  }

  /** Whether a file is a program that is built, or stands in a folder of its own with one. */
  #isBuilt(path: string): boolean {
    return [...this.#built].some((entry) => {
      const folder = dirname(entry);
      return folder === this.#chosen!.folder ? path.startsWith(entry) : path.startsWith(folder + sep);
    });
  }
}

function patternsOf({ scenarios }: Config): string[] {
  return scenarios.flatMap(({ input, fixtures, replay }) =>
    [input ?? [], fixtures ?? [], replay ?? []].flat(),
  );
}

const isHidden = (path: string, folder: string): boolean =>
  relative(folder, path)
    .split(sep)
    .some((part) => part.startsWith("."));
