/**
 * The snapshot, `.fuel-snapshot`: what each scenario cost, as a text that people review. One row a function, in the order of
 * its file and name, so that a row changes where that function's cost does and nowhere else; its lines' costs stand behind it
 * in the order of the source, without their numbers, which an edit above them would move. What is read and printed again is
 * the same text.
 *
 *   javy-prof fuel snapshot 1
 *   toolchain fuel-model=wasmtime-39 engine=quickjs-ng bytecode=26 plugin=javy_quickjs_provider_v3@4f…
 *
 *   [cart/large]
 *         8,679,648  total
 *            12,000  (startup)  (phase)  0 calls
 *         1,204,991  matchRules  src/rules.ts  100 calls  lines 1,200 300,120
 */
import { compareText } from "../base/compare-text.ts";
import { usageError } from "../base/diagnostics.ts";
import { grouped } from "../base/numbers.ts";
import { phaseOf } from "../result/phases.ts";
import { type FunctionKind, functionKinds } from "../result/result.ts";
import { checkSum, inOrder, type Measured, type MeasuredFunction } from "./measured.ts";
import type { Toolchain } from "./toolchain.ts";

/** By scenario. */
export type Snapshot = ReadonlyMap<string, Measured>;

const heading = "javy-prof fuel snapshot 1";
/** Columns of a number: wide enough that no other row moves when one grows. */
const numberWidth = 17;

export function printSnapshot(snapshot: Snapshot): string {
  const groups = new Map<string, [string, Measured][]>();
  for (const entry of [...snapshot].sort(([a], [b]) => compareText(a, b))) {
    const toolchain = printToolchain(entry[1].toolchain);
    groups.set(toolchain, [...(groups.get(toolchain) ?? []), entry]);
  }
  const lines = [heading];
  for (const [toolchain, entries] of [...groups].sort(([a], [b]) => compareText(a, b))) {
    if (lines.length > 1) lines.push("");
    lines.push(toolchain);
    for (const [name, measured] of entries)
      lines.push("", `[${quoted(name, "]")}]`, ...printMeasured(measured));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function printMeasured({ total, functions }: Measured): string[] {
  return [row(total, "total"), ...[...functions].sort(inOrder).map(printFunction)];
}

function printFunction({ name, kind, file, calls, self, lines }: MeasuredFunction): string {
  const where = kind === "js" && file !== null ? quoted(file, "(") : `(${kind})`;
  const costs = lines.length === 0 ? [] : [`lines ${lines.map((line) => grouped(line.self)).join(" ")}`];
  return row(self, [quoted(name), where, `${grouped(calls)} calls`, ...costs].join("  "));
}

function row(fuel: number, text: string): string {
  return `${grouped(fuel).padStart(numberWidth)}  ${text}`;
}

/** Text that is one word of a row, and inert, is written as it is; any other as a JSON string. `first`: what it must not begin with. */
function quoted(text: string, first = ""): string {
  const isPlain = /^[!-~\u00a1-\u00ac\u00ae-\u024f]+( [!-~\u00a1-\u00ac\u00ae-\u024f]+)*$/.test(text);
  if (isPlain && !text.startsWith('"') && !text.includes("]") && (first === "" || !text.startsWith(first)))
    return text;
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Reads a snapshot; `file` is what errors call it. @throws Diagnostic (usage) that names the line. */
export function parseSnapshot(text: string, file: string): Snapshot {
  const snapshot = new Map<string, Measured>();
  const lines = text.split(/\r?\n/);
  if (lines[0] !== heading)
    throw usageError(
      `${file} is not a fuel snapshot of this javy-prof: it begins with ${JSON.stringify((lines[0] ?? "").slice(0, 60))}`,
      `expected: ${heading}`,
      "write it anew: javy-prof snapshot",
    );
  let toolchain: Toolchain | undefined;
  let current: { readonly name: string; total?: number; readonly functions: MeasuredFunction[] } | undefined;
  const close = () => {
    if (!current) return;
    const { name, total, functions } = current;
    if (total === undefined) throw new SyntaxError(`[${name}] has no total`);
    const measured: Measured = {
      ...{
        toolchain: toolchain!,
        total,
        functions,
        dispatches: null,
        limit: null,
        exceeded: [],
        opcodes: null,
        natives: null,
      },
      startup: functions.filter((fn) => phaseOf(fn) === "startup").reduce((sum, { self }) => sum + self, 0),
    };
    checkSum(`[${name}]`, measured);
    snapshot.set(name, measured);
    current = undefined;
  };
  lines.forEach((line, i) => {
    try {
      if (i === 0 || line === "") return;
      if (line.startsWith("toolchain ")) {
        close();
        toolchain = parseToolchain(line);
      } else if (line.startsWith("[")) {
        close();
        if (!toolchain) throw new SyntaxError("a scenario stands before its toolchain");
        const name = unquoted(/^\[(.*)\]$/.exec(line)?.[1] ?? fail("the name is not closed"));
        if (snapshot.has(name)) throw new SyntaxError(`[${name}] is there twice`);
        current = { name, functions: [] };
      } else {
        if (!current) throw new SyntaxError("it belongs to no scenario");
        const [, fuel, rest] =
          /^ *([\d,]+) {2}(.*)$/.exec(line) ?? fail("it is no row: fuel, two spaces, a name");
        if (current.total === undefined && rest === "total") current.total = numberOf(fuel!);
        else current.functions.push(parseFunction(numberOf(fuel!), rest!));
      }
      if (i === lines.length - 1) close();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw usageError(`${file}:${i + 1}: ${error.message}`, "write it anew: javy-prof snapshot");
    }
  });
  try {
    close();
  } catch (error) {
    throw usageError(
      `${file}: ${(error as Error).message}`,
      "it was edited or cut short; write it anew: javy-prof snapshot",
    );
  }
  return snapshot;
}

function parseFunction(self: number, text: string): MeasuredFunction {
  const [name = "", where = "", calls = "", lines = "", more] = cells(text);
  const kind = functionKinds.find((one) => where === `(${one})`);
  const [, count] = /^([\d,]+) calls$/.exec(calls) ?? fail("it has no calls");
  if (more !== undefined || (lines !== "" && !/^lines( [\d,]+)+$/.test(lines)))
    fail("there is more in it than a function's lines");
  return {
    ...{
      name: unquoted(name),
      kind: kind ?? ("js" satisfies FunctionKind),
      file: kind ? null : unquoted(where),
    },
    ...{
      id: null,
      line: null,
      column: null,
      calls: numberOf(count!),
      self,
      total: null,
      perCall: null,
      code: null,
    },
    lines: lines
      .split(" ")
      .slice(1)
      .map((fuel) => ({ file: null, line: null, self: numberOf(fuel) })),
  };
}

/** Between two spaces; a JSON string may have any within. */
function cells(text: string): string[] {
  return [...text.matchAll(/("(?:[^"\\]|\\.)*"|.+?)(?: {2}|$)/g)].map((match) => match[1]!);
}

function unquoted(text: string): string {
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

function numberOf(text: string): number {
  const value = Number(text.replaceAll(",", ""));
  return Number.isSafeInteger(value) ? value : fail(`${text} is no fuel`);
}

function fail(message: string): never {
  throw new SyntaxError(message);
}

function printToolchain({ fuelModel, quickjs, bytecodeVersion, plugin }: Toolchain): string {
  const part = (key: string, value: string | number | null) =>
    value === null ? [] : [`${key}=${encodeURI(String(value))}`];
  return [
    "toolchain",
    ...part("fuel-model", fuelModel),
    ...part("engine", quickjs),
    ...part("bytecode", bytecodeVersion),
    ...part("plugin", plugin),
  ].join(" ");
}

function parseToolchain(line: string): Toolchain {
  const parts = new Map(
    line
      .split(" ")
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf("=")), decodeURI(part.slice(part.indexOf("=") + 1))]),
  );
  const bytecode = parts.get("bytecode");
  return {
    fuelModel: parts.get("fuel-model") ?? fail("it names no fuel model"),
    quickjs: parts.get("engine") ?? null,
    bytecodeVersion: bytecode === undefined ? null : numberOf(bytecode),
    plugin: parts.get("plugin") ?? null,
  };
}
