/**
 * `--watch`: does something, and again whenever a file has changed that it depends on, until q or Ctrl-C. What is being done
 * when a file changes is stopped, and its end is not reported. An error is said and waits for the next change: a
 * source that does not compile is being written.
 */
import { relative } from "node:path";
import { Diagnostic, type Ending } from "../base/diagnostics.ts";
import { renderError } from "../format/errors.ts";
import { inertText } from "../format/inert.ts";
import { paintWith } from "../format/paint.ts";
import { FileWatch, type Watched } from "./file-watch.ts";
import type { CommandIo } from "./io.ts";

export interface Round {
  /** Its `interrupted` is aborted by a change, too: then nothing is to be reported. */
  readonly io: CommandIo;
  /** What it depends on, told as early as it is known, and again when more is. Holds until the next time. */
  readonly follow: (watched: Watched) => void;
  /** Takes files as they are: no change of theirs begins a round. */
  readonly accept: (files: Iterable<string>) => void;
}

/** Ends well, however its rounds did. @throws what is no Diagnostic. */
export async function watchLoop(act: (round: Round) => Promise<void>, io: CommandIo): Promise<Ending> {
  let wake = () => {};
  let control = new AbortController();
  const stirred = () => {
    control.abort();
    wake();
  };
  const watch = new FileWatch(stirred);
  const again = (key: string) => {
    if (key === "q") quit.abort();
    else if (key === "r" || key === "\r" || key === "\n") stirred();
  };
  const quit = new AbortController();
  const end = AbortSignal.any([io.interrupted, quit.signal]);
  end.addEventListener("abort", stirred);
  const deaf = io.onKey(again);
  const { dim } = paintWith(io.colour);
  try {
    for (let changed: string[] = []; !end.aborted; changed = watch.take()) {
      control = new AbortController();
      const { signal } = control;
      if (changed.length > 0) io.stderr(`\n${dim(changedText(changed, io.cwd))}\n`);
      const begin: Round = {
        io: { ...io, interrupted: signal },
        follow: (watched) => watch.follow(watched),
        accept: (files) => watch.accept(files),
      };
      try {
        await act(begin);
      } catch (error) {
        if (!(error instanceof Diagnostic)) throw error;
        if (!signal.aborted) io.stderr(renderError(error));
      }
      if (signal.aborted) continue;
      io.stderr(`${dim(`watching; ${io.stdinIsTerminal ? "Enter runs again, q" : "Ctrl-C"} ends it`)}\n`);
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (signal.aborted) resolve();
      });
    }
    return "ok";
  } finally {
    deaf();
    await watch.close();
  }
}

const mostNamed = 3;

function changedText(changed: readonly string[], cwd: string): string {
  const names = changed.slice(0, mostNamed).map((file) => inertText(relative(cwd, file)));
  const more = changed.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""} changed`;
}
