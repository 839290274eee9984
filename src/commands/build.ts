/** `javy-prof build app.js -o app.wasm`: writes the module that `run` would run, so that any engine can check the total. */
import { copyFile, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { usageError } from "../base/diagnostics.ts";
import { grouped } from "../format/cells.ts";
import { inertText } from "../format/inert.ts";
import { embeddedPluginPath } from "../javy/embedded.ts";
import { GuestThread } from "../run/thread.ts";
import type { CommandIo } from "./io.ts";
import { addJavyFlags, type JavyFlags } from "./options.ts";
import { choosePlugin, makeApp, readEntry } from "./program.ts";
import { userBuild } from "./user-build.ts";

export interface BuildOptions extends JavyFlags {
  readonly out?: string;
  readonly plugin?: string;
  readonly pluginOut?: string;
}

export function registerBuild(program: Command, io: CommandIo): void {
  const command = program
    .command("build")
    .description("write the dynamic Javy module that `run` would run")
    .argument("<entry>", "app.js")
    .option("-o, --out <file>", "default <base>.wasm in the working directory")
    .option("--plugin <file>", "the Javy plugin to compile with; default: the embedded one")
    .option("--plugin-out <file>", "also write the plugin that the module imports")
    .action((entry: string, options: BuildOptions) => build(entry, options, io));
  addJavyFlags(command);
}

export async function build(path: string, options: BuildOptions, io: CommandIo): Promise<void> {
  const entry = await readEntry(path, io.cwd);
  if (entry.kind === "wasm")
    throw usageError(`${entry.name} is WebAssembly already`, "build takes JavaScript");
  const out = options.out ?? `${basename(path).replace(/\.[cm]?js$/, "")}.wasm`;
  const built = await userBuild(path, entry, options, io);
  if (built) {
    if (options.pluginOut !== undefined) throw usageError("--plugin-out does not go with javy");
    const { bytes } = built.entry;
    await put(() => writeFile(resolve(io.cwd, out), bytes), out);
    io.stderr(`wrote ${inertText(out)}: ${grouped(bytes.length)} bytes, built by ${inertText(built.by)}\n`);
    return;
  }
  const { plugin, engine } = await choosePlugin(options.plugin, io.cwd);
  const thread = new GuestThread();
  try {
    const app = await makeApp(entry, plugin, thread);
    await put(() => writeFile(resolve(io.cwd, out), app.bytes), out);
    io.stderr(
      `wrote ${inertText(out)}: ${grouped(app.bytes.length)} bytes, imports the plugin ${inertText(plugin.namespace)}\n`,
    );
    if (options.pluginOut !== undefined) {
      const from = engine === "embedded" ? embeddedPluginPath() : resolve(io.cwd, options.plugin!);
      await put(() => copyFile(from, resolve(io.cwd, options.pluginOut!)), options.pluginOut);
      io.stderr(`wrote ${inertText(options.pluginOut)}: ${grouped(plugin.bytes.length)} bytes, the plugin\n`);
    }
  } finally {
    await thread.close();
  }
}

async function put(write: () => Promise<void>, out: string): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw usageError(`cannot write ${out}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}
