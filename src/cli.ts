#!/usr/bin/env node
/**
 * argv → one command. The only file that touches the process: its arguments, streams, signals and exit code.
 * Every error ends here, in one catch: a Diagnostic as its message and details, anything else as a bug of ours.
 */
import { writeSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { Diagnostic, Exit, type ExitCode } from "./base/diagnostics.ts";
import { version } from "./base/version.ts";
import { registerBuild } from "./commands/build.ts";
import { registerDisasm } from "./commands/disasm.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { registerExport } from "./commands/export.ts";
import { registerInfo } from "./commands/info.ts";
import type { CommandIo } from "./commands/io.ts";
import { registerRun } from "./commands/run.ts";
import { registerView } from "./commands/view.ts";
import { inertText } from "./format/inert.ts";

const { stderr } = process;
const interrupt = new AbortController();

/** The first Ctrl-C stops the guest and keeps what was counted; the second ends everything. */
process.on("SIGINT", () => {
  if (interrupt.signal.aborted) process.exit(Exit.interrupted);
  interrupt.abort();
});

const io: CommandIo = {
  stdout: (data) =>
    new Promise((resolve, reject) => {
      process.stdout.write(data, (error) =>
        error && (error as NodeJS.ErrnoException).code !== "EPIPE" ? reject(error) : resolve(),
      );
    }),
  stderr: (text) => void stderr.write(text),
  isTerminal: stderr.isTTY ?? false,
  stdinIsTerminal: process.stdin.isTTY ?? false,
  width: stderr.isTTY ? Math.max(60, stderr.columns) : 80,
  colour: wantsColour(process.env),
  env: process.env,
  cwd: process.cwd(),
  interrupted: interrupt.signal,
};

/** https://no-color.org and FORCE_COLOR; a CI log is no terminal. */
function wantsColour(env: NodeJS.ProcessEnv): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0") return true;
  return (stderr.isTTY ?? false) && !env["CI"] && env["TERM"] !== "dumb";
}

let exit: ExitCode = Exit.ok;
const finish = (code: ExitCode) => {
  exit = code;
};

const program = new Command("javy-prof")
  .description(
    "which of your JavaScript functions cost the fuel: a profiler for QuickJS and Javy in WebAssembly",
  )
  .version(version)
  .showHelpAfterError("  javy-prof --help lists what there is")
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "javy-prof: ")) })
  .exitOverride();
registerRun(program, io, finish);
registerBuild(program, io);
registerView(program, io);
registerExport(program, io);
registerInfo(program, io);
registerDisasm(program, io);
registerDoctor(program, io, finish);
for (const command of program.commands) command.exitOverride();

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  const args = process.argv.slice(2);
  if (args.length === 0) program.help({ error: true });
  await program.parseAsync(isEntry(args[0]!) ? ["run", ...args] : args, { from: "user" });
} catch (error) {
  exit = report(error);
}
process.exitCode = exit;

/** `javy-prof app.js` is `javy-prof run app.js`; said here, so that `-h` in the guest's arguments is the guest's. */
function isEntry(word: string): boolean {
  return !word.startsWith("-") && word !== "help" && !program.commands.some((one) => one.name() === word);
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.ok : Exit.usage;
  if (error instanceof Diagnostic) {
    say(`javy-prof: ${inertText(error.message)}`);
    for (const detail of error.details) say(`  ${inertText(detail)}`);
    return error.exit;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  say(`javy-prof: internal error: ${inertText(message)}`);
  say("  this is a bug in javy-prof: please report it with the input that caused it");
  if (process.env["JAVY_PROF_DEBUG"]) say(inertText(stack ?? ""));
  return Exit.internal;
}

function say(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    stderr.write(`${line}\n`);
  }
}
