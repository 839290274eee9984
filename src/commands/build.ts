/** `javy-prof build app.js -o app.wasm`: writes the module that `run` would run, so that any engine can check the total. */
import { basename, resolve } from "node:path";
import { usageError } from "../base/diagnostics.ts";
import { grouped } from "../base/numbers.ts";
import { inertText } from "../format/inert.ts";
import { open } from "../index.ts";
import { type JavyFlags, javyChoice } from "./flags.ts";
import type { CommandIo } from "./io.ts";
import { writeOutput } from "./output-file.ts";
import { refuseOverwriting } from "./overwriting.ts";

export interface BuildOptions extends JavyFlags {
  readonly out?: string;
  readonly plugin?: string;
  readonly pluginOut?: string;
}

export async function build(path: string, options: BuildOptions, io: CommandIo): Promise<void> {
  const { plugin: pluginPath, pluginOut } = options;
  const out = options.out ?? `${basename(path).replace(/\.(?:[cm]?[jt]s|[jt]sx)$/, "")}.wasm`;
  await refuseOverwriting(
    [
      { what: "the module", file: out, flag: "--out" },
      { what: "the source map", file: `${out}.map`, flag: "--out" },
      ...(pluginOut === undefined ? [] : [{ what: "the plugin", file: pluginOut, flag: "--plugin-out" }]),
    ],
    [
      { what: "the program", file: path },
      { what: "the plugin", file: pluginPath },
      { what: "the javy", file: options.javy },
    ],
    io.cwd,
  );
  const program = await open(path, {
    ...{ cwd: io.cwd, mayBlock: true },
    javy: javyChoice(options, io),
    ...(pluginPath === undefined ? {} : { plugin: pluginPath }),
  });
  if (!program.compiled) throw usageError(`${program.name} is WebAssembly already`, "build takes JavaScript");
  const { bytes, builtBy, plugin } = program;
  if (builtBy !== null && pluginOut !== undefined) throw usageError("--plugin-out does not go with javy");
  const from =
    builtBy === null
      ? `imports the plugin ${inertText(plugin!.namespace)}`
      : `built by ${inertText(builtBy)}`;
  await write(out, bytes, from, io);
  const map = out === "-" ? null : program.mapFor(resolve(io.cwd, `${out}.map`));
  if (map !== null) await write(`${out}.map`, new TextEncoder().encode(map), "its source map", io);
  if (builtBy === null)
    io.stderr(
      "run counts it with stdin from memory; for an engine that reads a file or a pipe: run --stdin\n",
    );
  if (pluginOut !== undefined) await write(pluginOut, plugin!.bytes, "the plugin", io);
}

async function write(out: string, bytes: Uint8Array, what: string, io: CommandIo): Promise<void> {
  await writeOutput(out, bytes, io.cwd);
  io.stderr(`wrote ${inertText(out)}: ${grouped(bytes.length)} bytes, ${what}\n`);
}
