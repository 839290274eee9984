/**
 * A module that is looked at, not run: what `info` and `disasm` share. A source is built first; a dynamic module's
 * plugin is found where it can be. That a module could not be run is kept and said, and hinders nothing.
 */
import { Diagnostic, Exit, named } from "../base/diagnostics.ts";
import { type JavyModule, recognise } from "../javy/module.ts";
import type { Plugin } from "../program/app.ts";
import { GuestThread } from "../run/thread.ts";
import { decodeModule } from "../wasm/decode.ts";
import type { Module } from "../wasm/types.ts";
import type { CommandIo } from "./io.ts";
import { type Entry, makeApp, pluginFor } from "./program.ts";

export interface ExaminedEntry {
  readonly module: Module;
  readonly kind: JavyModule;
  readonly plugin: Plugin | null;
  /** Whose engine it would run on. */
  readonly engine: "embedded" | "plugin" | "static" | null;
  /** A plugin to compile its source with, where it needs none to run. */
  readonly compiler: Plugin | null;
  /** Why it cannot be run; null where nothing is known against it. */
  readonly refusal: Diagnostic | null;
}

/** @throws Diagnostic where there is no module: malformed as a whole, a source that does not compile. */
export async function examine(
  entry: Entry,
  pluginPath: string | undefined,
  io: CommandIo,
): Promise<ExaminedEntry> {
  const given = entry.kind === "wasm" ? named(entry.name, () => decodeModule(entry.bytes)) : null;
  let refusal: Diagnostic | null = null;
  const refused = (error: unknown): null => {
    if (given === null || !(error instanceof Diagnostic) || error.exit !== Exit.unsupported) throw error;
    // the file is named elsewhere
    const message = error.message.replace(`${entry.name}: `, "");
    refusal = new Diagnostic(error.exit, message, error.details);
    return null;
  };
  const thread = new GuestThread();
  try {
    const chosen = await pluginFor(entry, pluginPath, io.cwd).catch(refused);
    const make = async (plugin: Plugin | null) => makeApp(entry, plugin, thread);
    const app = chosen && (await make(chosen.plugin).catch(refused));
    const module = app?.module ?? given!;
    return {
      module,
      kind: recognise(module),
      // one that does not go with the module says nothing about it
      plugin: app ? (chosen?.plugin ?? null) : null,
      engine: app ? (chosen?.engine ?? null) : null,
      compiler: chosen && "compiler" in chosen ? chosen.compiler : null,
      refusal,
    };
  } finally {
    await thread.close();
  }
}
