/**
 * `javy-prof info <module or app.js>`: what the module is and what was located in it, without running it. What
 * cannot be read is said beside what can; only bytes that are no module at all are an error.
 */
import type { Command } from "commander";
import { named } from "../base/diagnostics.ts";
import { type NamedFacts, renderFacts, writeFactsJson } from "../format/module-facts.ts";
import { entryFile } from "../javy/module.ts";
import { inspect, type ModuleFacts } from "../program/inspect.ts";
import { lacking, whyNotRunnable } from "../program/runnable.ts";
import { type ExaminedEntry, examine } from "./examined.ts";
import type { CommandIo } from "./io.ts";
import { parseCount } from "./options.ts";
import { readEntry, sha256Of } from "./program.ts";

export interface InfoOptions {
  readonly plugin?: string;
  readonly dispatchFunction?: string;
  readonly json?: boolean;
}

export function registerInfo(program: Command, io: CommandIo): void {
  program
    .command("info")
    .description("what a module is and what was located in it")
    .argument("<module>", "any WebAssembly module (.wasm), or app.js")
    .option("--plugin <file>", "the plugin that a dynamic module imports, or to compile app.js with")
    .option("--dispatch-function <index>", "the engine's interpreter, where it cannot be found")
    .option("-j, --json", "as JSON on stdout")
    .action((path: string, options: InfoOptions) => info(path, options, io));
}

export async function info(path: string, options: InfoOptions, io: CommandIo): Promise<void> {
  const { dispatchFunction } = options;
  const only =
    dispatchFunction === undefined ? undefined : parseCount(dispatchFunction, "--dispatch-function");
  const entry = await readEntry(path, io.cwd);
  const examined = await examine(entry, options.plugin, io);
  const { module, kind, plugin } = examined;
  const notRunnable = whyNotRunnable(module);
  // what this Node.js lacks is said below; code that is not well typed cannot be looked into
  named(entry.name, () => {
    if (notRunnable && lacking(module).length === 0) throw notRunnable;
  });
  const found = inspect(module, {
    ...{ kind, only },
    plugin: plugin?.module ?? null,
    file: (compiled) => (compiled === entryFile ? entry.name : compiled),
  });
  const facts: NamedFacts = {
    name: entry.name,
    bytes: module.bytes.length,
    sha256: sha256Of(module.bytes),
    ...found,
    run: runFacts(entry.name, examined, found, options),
  };
  await io.stdout(options.json ? writeFactsJson(facts) : renderFacts(facts, 80));
}

/** What `run` would take, or say. */
function runFacts(
  name: string,
  { module, refusal, engine }: ExaminedEntry,
  { dispatch, quickjs, entryPoints, namespace }: ModuleFacts,
  { plugin }: InfoOptions,
): NamedFacts["run"] {
  const refused = refusal ?? whyNotRunnable(module);
  if (refused) return { ready: false, message: refused.message, details: refused.details };
  const start = entryPoints.includes("_start") ? "" : " --export <name>";
  const command = `javy-prof run ${name}${plugin === undefined ? "" : ` --plugin ${plugin}`}${start}`;
  if (!dispatch || quickjs.length === 0) {
    const why = dispatch ? "the QuickJS in it is none that is known" : "there is no QuickJS in it";
    return {
      ready: true,
      message: `${command} --frames wasm`,
      details: [`by WebAssembly functions only: ${why}`],
    };
  }
  const details = engine === "embedded" ? [`on the embedded engine, ${namespace}`] : [];
  return { ready: true, message: command, details };
}
