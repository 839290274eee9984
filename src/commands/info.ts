/**
 * `javy-prof info <module or app.js>`: what the module is and what was located in it, without running it. What
 * cannot be read is said beside what can; only bytes that are no module at all are an error.
 */
import { headline, usageError } from "../base/diagnostics.ts";
import { type NamedFacts, renderFacts, writeFactsJson } from "../format/module-facts.ts";
import { renderRuleInfo } from "../format/monitor/rule-info.ts";
import {
  commandExport,
  inspect,
  type ModuleFacts,
  matchesOf,
  open,
  type Program,
  ScriptError,
} from "../index.ts";
import { interpreterOption } from "./flags.ts";
import type { CommandIo } from "./io.ts";

export interface InfoOptions {
  readonly plugin?: string;
  readonly dispatchFunction?: string;
  readonly json?: boolean;
}

/** A rule of a monitor, and no path: `C:\\app.wasm` has one colon, and no file is called like this. */
const rule = /^[^/\\:]*:[^/\\]*$/;

export async function info(path: string, options: InfoOptions, io: CommandIo): Promise<void> {
  if (rule.test(path)) return ruleInfo(path, io);
  const { plugin } = options;
  const program = await open(path, {
    ...{ cwd: io.cwd, mayBlock: true },
    ...interpreterOption(options),
    ...(plugin === undefined ? {} : { plugin }),
  });
  const found = inspect(program);
  const { name, bytes, sha256 } = program;
  const run = runFacts(program, found, options);
  const facts: NamedFacts = { name, bytes: bytes.length, sha256, ...found, run };
  await io.stdout(options.json ? writeFactsJson(facts) : renderFacts(facts, 80));
}

async function ruleInfo(text: string, io: CommandIo): Promise<void> {
  try {
    await io.stdout(renderRuleInfo({ rule: text, matches: matchesOf(text) }));
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    throw usageError(...(ruleProblem(error) as [string, ...string[]]));
  }
}

/** What is wrong with the rule, and the likely cure. */
function ruleProblem({ problems: [first] }: ScriptError): string[] {
  return [`this is no rule: ${first?.message}`, ...(first?.cure ? [first.cure] : [])];
}

/** What `run` would take, or say. */
function runFacts(
  program: Program,
  { dispatch, quickjs, entryPoints, namespace }: ModuleFacts,
  { plugin }: InfoOptions,
): NamedFacts["run"] {
  const refusal = program.refusal();
  if (refusal) return { ready: false, message: headline(refusal), details: refusal.details };
  const start = entryPoints.includes(commandExport) ? "" : " --export <name>";
  const command = `javy-prof run ${program.name}${plugin === undefined ? "" : ` --plugin ${plugin}`}${start}`;
  if (!dispatch || quickjs.length === 0) {
    const why = dispatch ? "the QuickJS in it is none that is known" : "there is no QuickJS in it";
    return {
      ready: true,
      message: `${command} --frames wasm`,
      details: [`by WebAssembly functions only: ${why}`],
    };
  }
  const details = program.engineFrom === "embedded" ? [`on the embedded engine, ${namespace}`] : [];
  return { ready: true, message: command, details };
}
