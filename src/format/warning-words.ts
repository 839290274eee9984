/** The words of each warning (result/warnings.ts), and of why a run ended. Not inert: that is made where it is printed. */
import { headline } from "../base/diagnostics.ts";
import { grouped } from "../base/numbers.ts";
import { systemText } from "../base/system-words.ts";
import type { UncountedCode } from "../fuel/models.ts";
import type { Uncounted } from "../fuel/uncounted.ts";
import type { LossReason, LostFunction } from "../quickjs/carry.ts";
import { restName } from "../result/call-tree.ts";
import { otherLines } from "../result/code-rows.ts";
import type { Exit, Result } from "../result/result.ts";
import { otherFunctions } from "../result/shown-functions.ts";
import {
  type BytecodeDamage,
  type CompilerName,
  type CompilerRefusal,
  type NoLines,
  violates,
  type Warning,
  type WarningCode,
  type WarningData,
  type WrittenWarning,
} from "../result/warnings.ts";

/** What a warning says: its words, or what the document that it was read from said. */
export function warningText(warning: Warning | WrittenWarning): string {
  if ("message" in warning) return warning.message;
  return (words[warning.code] as (data: Warning) => string)(warning);
}

/** Why a stream takes no more. */
export function lostText({ stream, code }: NonNullable<Exit["lost"]>): string {
  return code === "EPIPE" ? `${stream} was closed` : `${stream} took no more: ${systemText(code)}`;
}

/** Why a run ended, null where there is nothing to say. */
export function exitText({ kind, message, limit, depth, lost }: Exit): string | null {
  if (lost !== undefined) return lostText(lost);
  if (limit !== undefined)
    return kind === "fuel" ? `more than ${grouped(limit)} fuel` : `more than ${limit / 1000} s`;
  if (depth === undefined) return message;
  return `the guest's stack is exhausted, ${grouped(depth)} JavaScript frames deep (${message})`;
}

/** Why a guest did not end well; null where it did. A limit of fuel is judged by the total. */
export function failureOf({ run: { exit }, warnings }: Result): string | null {
  if (exit.kind === "ok") {
    const refused = warnings.find(({ code }) => violates(code));
    return refused ? warningText(refused) : null;
  }
  const [top] = exit.stack;
  const said = exitText(exit) ?? (exit.kind === "exit" ? `exit code ${exit.code}` : "");
  const place = top?.line == null ? "" : ` (in ${top.function}, line ${top.line})`;
  return `${exit.kind}${said === "" ? "" : `: ${said}`}${place}`;
}

const stripped = "the module's bytecode was stripped of its lines";

const words: { readonly [Code in WarningCode]: (data: WarningData[Code]) => string } = {
  "model-assumed": ({ model, like }) => `${model} has not been measured; it is counted like wasmtime-${like}`,
  "real-clock": () => "the guest saw the real time: its fuel can differ from run to run",
  "time-or-random": ({ asked, by }) =>
    `${by === "program" ? "the program" : "the engine, for Math.random,"} asked for ${asked.map((name) => askedFor[name]).join(" and ")}: other hosts answer otherwise, and fuel can depend on it`,
  "fuel-uncounted": ({ model, reason }) =>
    `${model} may count otherwise: ${whyUncounted[reason.code]} (${placeOf(reason)})`,
  "limit-module": ({ bytes, limit }) => `the module has ${over(bytes, limit)}`,
  "limit-input": ({ bytes, limit }) => `the input has ${over(bytes, limit)} (as the function gets it)`,
  "limit-output": ({ bytes, limit }) => `the output has ${over(bytes, limit)} (as the function wrote it)`,
  "limit-memory": ({ bytes, limit }) => `the memory has ${over(bytes, limit)}`,
  "limit-logs": ({ limit }) => `the platform cuts logs of more than ${grouped(limit)} bytes`,
  "platform-output": ({ problem }) => `the platform would not take the output: ${problem}`,
  "lines-carried": ({ functions, of, source, compiler }) =>
    `${stripped}: those of ${functions} of ${of} functions are from ${source}, compiled by ${nameOf(compiler)}, where the code is the same`,
  "lines-missing": ({ why }) => noLines(why),
  "map-unused": ({ name, why }) =>
    `the source map ${name} is not used: ${why}; give one with --source-map <file>, or "none"`,
  "line-shared": ({ file, line, functions }) =>
    `${functions} functions stand on line ${line} of ${file}: give the bundler's source map with --source-map <file>, and they are shown where they were written`,
  "bytecode-damaged": ({ damage }) => `the module's bytecode ${damaged(damage)}`,
  "builtins-missing": () =>
    "builtins have no frames: the place where the engine calls them was not found; --frames engine shows the engine's functions",
  "deep-stack": ({ frames }) =>
    `the JavaScript stack was ${grouped(frames)} frames deep; wasmtime's default stack ends at about 626`,
  "await-never-settled": () =>
    "a top-level await never settled: the program ended before the code behind it ran",
  "events-dropped": ({ calls, most }) =>
    `there were ${grouped(calls)} calls, too many to keep their order (about ${grouped(most)} fit; --events all keeps any number); the call tree and all totals are complete`,
  "paths-merged": ({ paths, kept, least }) =>
    `the call tree is kept in ${grouped(kept)} of ${grouped(paths)} nodes: ${least === null ? "calls of one function from several lines are one" : `below each call, paths of less than ${grouped(least)} fuel are one, ${restName}`} (--events all keeps all); every function's figures are complete`,
  "functions-merged": ({ functions, kept }) =>
    `${grouped(kept)} ${functions === null ? "functions" : `of ${grouped(functions)} functions`} have a row, those that cost most: the others are one, ${otherFunctions} (--events all keeps all); no figure of a row and no total changes by it`,
  "lines-merged": ({ lines, kept }) =>
    `${grouped(kept)} of ${grouped(lines)} lines have a row, those that cost most: the others are one, ${otherLines} (--events all keeps all); no figure of a row and no total changes by it`,
  "pcs-merged": ({ pcs, kept }) =>
    `the figures of ${grouped(pcs)} opcodes are kept in ${grouped(kept)} rows, one for each line of a function (--events all keeps all); no line and no total changes by it`,
};

const askedFor = {
  clock_time_get: "the time (clock_time_get)",
  random_get: "random numbers (random_get)",
} as const;

const over = (bytes: number, limit: number): string =>
  `${grouped(bytes)} bytes, over the platform's ${grouped(limit)}`;

const nameOf = (compiler: CompilerName): string =>
  compiler === null ? "the embedded engine" : `the plugin ${compiler}`;

function damaged(damage: BytecodeDamage): string {
  return damage.kind === "unreadable"
    ? `cannot be read and may be damaged: ${headline(damage.problem)}; functions are shown as they are in memory`
    : `has ${damage.functions} function(s) whose line table is damaged: they have no lines`;
}

function noLines(why: NoLines): string {
  if (why.kind === "other code")
    return `${why.lost.length} of ${why.of} functions have no lines from ${why.source}: ${whyLost(why.lost)}; give the source that the module was built from with --source <file>`;
  const reason =
    why.kind === "no source"
      ? "the module has no source in it: give it with --source <file>"
      : notCompiled(why);
  return `${stripped}: ${reason} (functions without a name are called by number and place in the bytecode)`;
}

function notCompiled({
  source,
  refusals,
  canGivePlugin,
}: Extract<NoLines, { kind: "not compiled" }>): string {
  const advice = "give a plugin of the same bytecode version, which keeps debug information, with --plugin";
  const reasons = new Set([...refusals.map(refusalText), ...(canGivePlugin ? [advice] : [])]);
  return `${source} was not compiled: ${[...reasons].join("; ")}`;
}

function refusalText(refusal: CompilerRefusal): string {
  const name = nameOf(refusal.compiler);
  switch (refusal.reason) {
    case "no compiler":
      return `${name} cannot compile`;
    case "not located":
      return `${name}: ${headline(refusal.problem)}`;
    case "other version":
      return `${name} has bytecode version ${refusal.has}, the module ${refusal.wanted}`;
    case "failed":
      return headline(refusal.problem);
    case "unreadable":
      return `${name} made bytecode that cannot be read`;
    case "strips":
      return `${name} leaves debug information out itself`;
  }
}

const lossReasons: Readonly<Record<LossReason, string>> = {
  differs: "the source has other code for",
  absent: "the source has no",
  ambiguous: "the source has several functions that could be",
  "no debug information": "the compiler gave no lines for",
  "other engine": "another engine compiled",
};

/** Functions to name for each reason. */
const shownNames = 5;

function whyLost(lost: readonly LostFunction[]): string {
  const groups = (Object.keys(lossReasons) as LossReason[]).flatMap((reason) => {
    const names = lost.filter((fn) => fn.reason === reason).map(({ name }) => name);
    if (names.length === 0) return [];
    const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : "";
    return [`${lossReasons[reason]} ${names.slice(0, shownNames).join(", ")}${more}`];
  });
  return groups.join("; ");
}

const whyUncounted: Readonly<Record<UncountedCode, string>> = {
  "call-ref": "it forgets what a function consumes that is called by call_ref",
  "caught-exception": "it forgets what a function consumed that an exception is caught from",
  "array-unsaved": "the elements of a new or filled array cost what it happens to have pending",
  "array-bytes": "the elements of an array cost 1 each, or 1 a byte, depending on their values",
  "failed-table-grow": "a table.grow that fails loses what it has pending",
  "huge-table-grow": "a 64-bit table.grow that fails costs all that was asked for",
  "constant-grow": "growing by a small constant costs it even where it fails",
  "imported-length": "the length of an array in an initialiser is an imported global",
  "legacy-exceptions": "it does not have the legacy exception instructions",
};

function placeOf({ count, first }: Uncounted): string {
  const places = count === 1 ? "" : `${count} places, the first `;
  return first === null
    ? `${places}in an initialiser`
    : `${places}in function ${first.func} at offset 0x${first.offset.toString(16)}`;
}
