/**
 * Tells when one of some files has changed: with chokidar, which knows what each system's events are worth. Folders are
 * watched and not the files in them, so that editors may write another file and rename it, and a file that is not there yet is seen
 * when it comes. What was saved several times in a row is told once, and what was written again as it was never.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { dirname, sep } from "node:path";
import { type FSWatcher, watch } from "chokidar";

/** What is watched; paths are absolute. */
export interface Watched {
  /** Files, whether they are there or not. */
  readonly files: ReadonlySet<string>;
  /** Folders with all that is below them: which of their files count. */
  readonly trees?: ReadonlyMap<string, (path: string) => boolean>;
  /** Another text where other files of the same trees count than did. */
  readonly choice?: string;
}

/** Milliseconds without another change until a change is told. */
const quiet = 100;

/** Milliseconds by which a file's time may be behind the clock. */
export const coarse = 20;

/** Nobody edits these, and there are many of them. */
const leftOut = /[\\/](?:node_modules|\.git)$/;

export class FileWatch {
  readonly #heard: () => void;
  readonly #watcher: FSWatcher;
  /** Of which something was heard, since it was last quiet. */
  readonly #stirred = new Set<string>();
  readonly #changed = new Set<string>();
  /** The state of each file when it was last looked at. */
  readonly #states = new Map<string, string>();
  /** What chokidar was told: it hears of a path twice that it is told twice. */
  readonly #told = new Set<string>();
  /** What was written before, and was not looked at, has not changed. */
  readonly #since = Date.now() - coarse;
  #watched: Required<Pick<Watched, "files" | "trees">> = { files: new Set(), trees: new Map() };
  #folders: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  /** `heard` is called after changes, when it has been quiet for a moment. */
  constructor(heard: () => void) {
    this.#heard = heard;
    this.#watcher = watch([], {
      ignoreInitial: true,
      ignored: (path, stats) =>
        stats !== undefined && (stats.isDirectory() ? !this.#enters(path) : !this.#counts(path)),
    });
    this.#watcher.on("all", (event, path) => {
      if (event.endsWith("Dir") || !this.#counts(path)) return;
      this.#stirred.add(path);
      clearTimeout(this.#timer);
      // not before: of several writes in a moment chokidar tells the first
      this.#timer = setTimeout(() => this.#look(), quiet);
    });
    // a folder that cannot be watched any more is as if nothing changed in it
    this.#watcher.on("error", () => {});
  }

  /** Watches these, and no longer what else it did. */
  follow({ files, trees = new Map(), choice = "" }: Watched): void {
    const watched = { files, trees };
    this.#watched = watched;
    this.#folders = new Set([...watched.files].map((file) => dirname(file)));
    for (const file of watched.files) if (!this.#states.has(file)) this.#states.set(file, stateOf(file));
    const tell = (path: string, key: string): void => {
      if (this.#told.has(key)) return;
      this.#told.add(key);
      this.#watcher.add(path);
    };
    for (const path of [...this.#folders, ...files]) tell(path, path);
    for (const tree of trees.keys()) tell(tree, `${choice} ${tree}`);
  }

  /** What has changed since this was last asked. */
  take(): string[] {
    const changed = [...this.#changed].sort();
    this.#changed.clear();
    return changed;
  }

  /** Takes files as they are now: what was written by ourselves is no change. */
  accept(files: Iterable<string>): void {
    for (const file of files) {
      this.#states.set(file, stateOf(file));
      this.#changed.delete(file);
    }
  }

  close(): Promise<void> {
    clearTimeout(this.#timer);
    return this.#watcher.close();
  }

  #look(): void {
    for (const path of this.#stirred) if (this.#hasChanged(path)) this.#changed.add(path);
    this.#stirred.clear();
    if (this.#changed.size > 0) this.#heard();
  }

  #hasChanged(path: string): boolean {
    const state = stateOf(path);
    const before = this.#states.get(path);
    this.#states.set(path, state);
    return before === undefined ? this.#isNew(path) : before !== state;
  }

  /** Whether a file was written, or went, since the watch began. */
  #isNew(path: string): boolean {
    const { ctimeMs = this.#since } = statSync(path, { throwIfNoEntry: false }) ?? {};
    return ctimeMs >= this.#since;
  }

  #counts(path: string): boolean {
    if (this.#watched.files.has(path)) return true;
    for (const [tree, counts] of this.#watched.trees)
      if (path.startsWith(tree + sep) && counts(path)) return true;
    return false;
  }

  /** Whether a folder is looked into. */
  #enters(path: string): boolean {
    if (this.#folders.has(path) || this.#watched.trees.has(path)) return true;
    if (leftOut.test(path)) return false;
    return [...this.#watched.trees.keys()].some((tree) => path.startsWith(tree + sep));
  }
}

/** Bytes from which on a file is known by its time. */
const large = 1 << 20;

/** What tells a file from itself before it was written. */
function stateOf(file: string): string {
  try {
    const { mtimeMs, size } = statSync(file);
    if (size > large) return `${mtimeMs} ${size}`;
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch {
    // not there, or not to be read
    return "none";
  }
}
