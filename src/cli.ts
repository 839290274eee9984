#!/usr/bin/env node
/**
 * argv → one command. The only file that touches the process: its arguments, streams, signals and exit code.
 * Every error ends here, in one catch: said on stderr, and with --json as a document on stdout too, where the command
 * has not written its own.
 */
import { setMaxListeners } from "node:events";
import { existsSync, fstatSync, writeSync } from "node:fs";
import { delimiter } from "node:path";
import { isatty } from "node:tty";
import { Command, CommanderError } from "commander";
import { Diagnostic, type Ending, internalError, usageError } from "./base/diagnostics.ts";
import { nearest } from "./base/nearest.ts";
import { version } from "./base/version.ts";
import { type CodeKeeper, keepCode } from "./commands/code-cache.ts";
import { registerBuild } from "./commands/declared/build.ts";
import { registerCheck } from "./commands/declared/check.ts";
import { registerCompletion } from "./commands/declared/completion.ts";
import { registerDiff } from "./commands/declared/diff.ts";
import { registerDisasm } from "./commands/declared/disasm.ts";
import { registerDoctor } from "./commands/declared/doctor.ts";
import { registerExport } from "./commands/declared/export.ts";
import { registerInfo } from "./commands/declared/info.ts";
import { registerInit } from "./commands/declared/init.ts";
import { registerInstrument } from "./commands/declared/instrument.ts";
import { registerMonitor } from "./commands/declared/monitor.ts";
import { registerReport } from "./commands/declared/report.ts";
import { registerRun } from "./commands/declared/run.ts";
import { registerScale } from "./commands/declared/scale.ts";
import { registerSnapshot } from "./commands/declared/snapshot.ts";
import { registerView } from "./commands/declared/view.ts";
import { exitCodes } from "./commands/exit-codes.ts";
import { addHelpText, addProgramHelp } from "./commands/help-texts.ts";
import type { CommandIo } from "./commands/io.ts";
import { showsUnicode, typedCommand, widthOf } from "./commands/terminal.ts";
import { cannotWrite, removeUnfinished } from "./commands/unwritten.ts";
import { renderError, writeErrorJson } from "./format/errors.ts";
import { inertText } from "./format/inert.ts";

const { stderr } = process;
const interrupt = new AbortController();
// each run at work listens to it, and there may be many
setMaxListeners(0, interrupt.signal);

/** The first Ctrl-C stops the guest and keeps what was counted; the second ends everything. */
process.on("SIGINT", () => {
  if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
  interrupt.abort();
});

/** Asked to end by somebody else: no file that was begun stays. The signal is what it ends with, as without this. */
for (const signal of ["SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => {
    removeUnfinished();
    process.kill(process.pid, signal);
  });

/** Whether the command has written to stdout. */
let answered = false;

/** The first error of each stream. The command goes on: what else it has to say and to write is not lost with it. */
const failed: { stdout?: NodeJS.ErrnoException; stderr?: NodeJS.ErrnoException } = {};
for (const stream of ["stdout", "stderr"] as const)
  process[stream].on("error", (error: NodeJS.ErrnoException) => {
    failed[stream] ??= error;
  });

/** The last that happens: a stream that did not take everything decides how the command ends. */
process.on("exit", () => {
  removeUnfinished();
  for (const [stream, error] of Object.entries(failed)) {
    // a reader that has gone wants no more
    if (error.code === "EPIPE") continue;
    process.exitCode = exitCodes.usage;
    if (stream === "stdout") say(renderError(diagnosticOf(cannotWrite(`to ${stream}`, error))));
  }
});

const io: CommandIo = {
  stdout: (data) =>
    new Promise((resolve) => {
      answered = true;
      // an error is heard of by its event
      process.stdout.write(data, () => resolve());
    }),
  stderr: (text) => void stderr.write(text),
  isTerminal: stderr.isTTY ?? false,
  stdoutIsTerminal: process.stdout.isTTY ?? false,
  stdinIsTerminal: !isFileOrDevice(0) && (process.stdin.isTTY ?? false),
  readStdin: async () => Buffer.concat(await process.stdin.toArray()),
  onKey,
  width: widthOf(process.env, stderr.columns),
  unicode: showsUnicode(process.env),
  command: typedCommand(process.env, process.argv[1] ?? "", process.cwd(), delimiter),
  colour: wantsColour(process.env),
  env: process.env,
  cwd: process.cwd(),
  interrupted: interrupt.signal,
};

/**
 * Whether a descriptor has its answer at once. Of others, process.stdin makes a stream (3 ms), and with it one that does not
 * block: only so can a guest be stopped that waits for its input.
 */
function isFileOrDevice(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return found.isFile() || (found.isCharacterDevice() && !isatty(fd));
  } catch {
    return false;
  }
}

function onKey(pressed: (key: string) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  const hear = (data: Buffer) => {
    // the terminal makes no signal of it while keys come one by one
    for (const key of data.toString())
      if (key === "\x03") process.emit("SIGINT");
      else pressed(key);
  };
  stdin.setRawMode(true).resume().on("data", hear);
  return () => stdin.off("data", hear).pause().setRawMode(false);
}

/** https://no-color.org and FORCE_COLOR; a CI log is no terminal. */
function wantsColour(env: NodeJS.ProcessEnv): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0") return true;
  return (stderr.isTTY ?? false) && !env["CI"] && env["TERM"] !== "dumb";
}

let ending: Ending = "ok";
const finish = (how: Ending) => {
  ending = how;
};

const program = new Command("javy-prof")
  .description(
    "which of your JavaScript functions cost the fuel: a profiler for QuickJS and Javy in WebAssembly",
  )
  .version(version)
  .configureHelp({ minWidthToWrap: 24, subcommandTerm })
  .showHelpAfterError("  javy-prof --help lists what there is")
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "javy-prof: ")) })
  .exitOverride()
  // what a command does is loaded for it; help and errors are said without
  .hook(
    "preAction",
    () => void keepCode(process.getBuiltinModule("node:module") as CodeKeeper, process.env, version),
  );

/** The subcommands, in the order of the help. What a command does is read when it is called. */
const commands: Readonly<Record<string, () => void>> = {
  run: () => registerRun(program, io, finish),
  build: () => registerBuild(program, io),
  view: () => registerView(program, io),
  export: () => registerExport(program, io),
  info: () => registerInfo(program, io),
  disasm: () => registerDisasm(program, io),
  init: () => registerInit(program, io, finish),
  snapshot: () => registerSnapshot(program, io, finish),
  check: () => registerCheck(program, io, finish),
  diff: () => registerDiff(program, io),
  report: () => registerReport(program, io, finish),
  scale: () => registerScale(program, io, finish),
  monitor: () => registerMonitor(program, io, finish),
  instrument: () => registerInstrument(program, io, finish),
  doctor: () => registerDoctor(program, io, finish),
  completion: () => registerCompletion(program, io),
};

try {
  const args = process.argv.slice(2);
  const words = isEntry(args[0]) ? ["run", ...args] : args;
  const called = Object.hasOwn(commands, words[0] ?? "") ? commands[words[0]!] : undefined;
  // the script of a shell knows all of them
  const isOne = called !== undefined && words[0] !== "completion";
  for (const register of isOne ? [called] : Object.values(commands)) register();
  for (const command of program.commands) addHelpText(command.exitOverride(), io.command);
  addProgramHelp(program, io.command);
  if (args.length === 0) program.help({ error: true });
  refuseMistyped(args[0]!);
  await program.parseAsync(words, { from: "user" });
} catch (error) {
  ending = await report(error);
}
process.exitCode = exitCodes[ending];

/** A command in the list of all: without `[options]`, which each has. */
function subcommandTerm(command: Command): string {
  const names = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? "..." : ""}`;
    return one.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...names].join(" ");
}

/** `javy-prof app.js` is `javy-prof run app.js`; said here, so that `-h` in the guest's arguments is the guest's. */
function isEntry(word: string | undefined): boolean {
  return word !== undefined && !word.startsWith("-") && word !== "help" && !Object.hasOwn(commands, word);
}

/** A word that looks like a command, and is neither one nor a file. @throws Diagnostic (usage). */
function refuseMistyped(word: string): void {
  if (!isEntry(word) || !/^[a-z]+$/.test(word) || existsSync(word)) return;
  const meant = nearest(word, Object.keys(commands));
  if (meant !== undefined)
    throw usageError(`there is no command ${word}, and no such file`, `did you mean: javy-prof ${meant}`);
}

async function report(error: unknown): Promise<Ending> {
  if (error instanceof CommanderError && error.exitCode === 0) return "ok";
  const diagnostic = diagnosticOf(error);
  // commander has said its errors itself
  if (!(error instanceof CommanderError)) say(renderError(diagnostic));
  if (process.env["JAVY_PROF_DEBUG"] && diagnostic !== error)
    say(`${inertText((error as Error).stack ?? "")}\n`);
  if (!answered && wantsJson(error)) await io.stdout(writeErrorJson(diagnostic, exitCodes[diagnostic.kind]));
  return diagnostic.kind;
}

/** Commander's errors are the user's, and whatever else is thrown that is no Diagnostic is a bug of ours. */
function diagnosticOf(error: unknown): Diagnostic {
  if (error instanceof Diagnostic) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CommanderError)) return internalError(`internal error: ${message}`);
  // perhaps with a second line: what was meant
  const [first = "", ...more] = message.replace(/^error: /, "").split("\n");
  return usageError(first, ...more);
}

/** Whether the command has --json and was given it. Where its options are wrong, commander may not have come as far. */
function wantsJson(error: unknown): boolean {
  const [first, ...others] = process.argv.slice(2);
  const named = program.commands.find((one) => one.name() === first);
  const command = named ?? program.commands.find((one) => one.name() === "run");
  if (!command?.options.some(({ long }) => long === "--json")) return false;
  if (!(error instanceof CommanderError)) return command.opts()["json"] === true;
  const words = [first, ...others];
  const own = words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
  return own.some((word) => word === "--json" || word === "-j");
}

function say(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // a pipe that is full takes it later; of any other error the stream says so
    stderr.write(text);
  }
}
