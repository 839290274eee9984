/** `javy-prof doctor`: which engine, plugin and viewer would be used, and what would be refused. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Command } from "commander";
import { Diagnostic, Exit, type ExitCode } from "../base/diagnostics.ts";
import { grouped } from "../format/cells.ts";
import { inertText } from "../format/inert.ts";
import { defaultModelName } from "../fuel/models.ts";
import { buildApp } from "../program/app.ts";
import { findDispatch } from "../quickjs/dispatch.ts";
import { enginesOfVersion, supportedVersions } from "../quickjs/engines/versions.ts";
import { GuestThread } from "../run/thread.ts";
import type { CommandIo } from "./io.ts";
import { choosePlugin } from "./program.ts";
import { describeJavy } from "./user-build.ts";
import { version } from "./version.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
}

export function registerDoctor(program: Command, io: CommandIo, finish: (code: ExitCode) => void): void {
  program
    .command("doctor")
    .description("which engine, plugin and viewer would be used, and what would be refused")
    .option("--plugin <file>", "look at this plugin instead of the embedded one")
    .option("--javy <path>", "look at this javy instead of the one that would be found")
    .option("-j, --json", "as JSON on stdout")
    .action(async (options: { plugin?: string; javy?: string; json?: boolean }) => {
      const checks = await examine(options, io);
      if (options.json) await io.stdout(`${JSON.stringify({ version, checks }, null, 2)}\n`);
      else
        await io.stdout(
          checks
            .map(
              ({ name, ok, found }) => `${ok ? "ok  " : "FAIL"}  ${name.padEnd(10)}  ${inertText(found)}\n`,
            )
            .join(""),
        );
      finish(checks.every(({ ok }) => ok) ? Exit.ok : Exit.checkFailed);
    });
}

async function examine(
  { plugin: pluginPath, javy }: { readonly plugin?: string; readonly javy?: string },
  io: CommandIo,
): Promise<Check[]> {
  const checks: Check[] = [];
  const check = async (name: string, find: () => string | Promise<string>) => {
    try {
      checks.push({ name, ok: true, found: await find() });
    } catch (error) {
      const details = error instanceof Diagnostic ? error.details : [];
      checks.push({ name, ok: false, found: [(error as Error).message, ...details].join("; ") });
    }
  };
  await check("javy-prof", () => `${version} on Node ${process.versions.node}, V8 ${process.versions.v8}`);
  let chosen: Awaited<ReturnType<typeof choosePlugin>> | undefined;
  await check("plugin", async () => {
    chosen = await choosePlugin(pluginPath, io.cwd);
    const { plugin, engine } = chosen;
    return `${engine}: ${plugin.namespace}, ${grouped(plugin.bytes.length)} bytes, sha256 ${plugin.sha256.slice(0, 16)}…, ${plugin.names.size === 0 ? "no function names" : "with function names"}`;
  });
  if (chosen) {
    const { plugin } = chosen;
    await check("dispatch", () => {
      const { function: index, shape, entries, targets } = findDispatch(plugin.module);
      return `function ${index} ${plugin.names.get(index) ?? ""}: ${shape}, ${entries} entries, ${targets} distinct targets`;
    });
    await check("compile", async () => {
      const thread = new GuestThread();
      try {
        const { payload } = await buildApp(thread, plugin, "export {};", "doctor.js");
        const [known] = enginesOfVersion(payload?.[0] ?? 0);
        return `${known!.engine}, bytecode version ${known!.version}`;
      } finally {
        await thread.close();
      }
    });
  }
  await check("javy", () => describeJavy(javy, io));
  await check("viewer", () => {
    const path = createRequire(import.meta.url).resolve("speedscope/package.json");
    return `speedscope ${(JSON.parse(readFileSync(path, "utf8")) as { version: string }).version}`;
  });
  await check("fuel", () => `${defaultModelName} by default`);
  await check(
    "refused",
    () =>
      `modules with a QuickJS other than ${supportedVersions()} (bytecode versions), and imports beyond WASI's`,
  );
  return checks;
}
