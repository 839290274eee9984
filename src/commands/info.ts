/** `javy-prof info <module or app.js>`: what was located: kind, engine, dispatch, pc load, functions, sections. */
import type { Command } from "commander";
import { Diagnostic, named } from "../base/diagnostics.ts";
import { grouped } from "../format/cells.ts";
import { inertText } from "../format/inert.ts";
import { recognise } from "../javy/module.ts";
import { readUnit } from "../quickjs/bytecode.ts";
import { branchTables, findDispatch } from "../quickjs/dispatch.ts";
import type { BytecodeUnit } from "../quickjs/function.ts";
import { functionPosition } from "../quickjs/lines.ts";
import { displayNames } from "../quickjs/names.ts";
import { engineById } from "../quickjs/versions.ts";
import { buildApp } from "../run/app.ts";
import { lacking, whyNotRunnable } from "../run/runnable.ts";
import { GuestThread } from "../run/thread.ts";
import { decodeModule } from "../wasm/decode.ts";
import { functionNames } from "../wasm/names.ts";
import { type Module, SectionId } from "../wasm/types.ts";
import type { CommandIo } from "./io.ts";
import { parseCount } from "./options.ts";
import { choosePlugin, readEntry, sha256Of } from "./program.ts";

export function registerInfo(program: Command, io: CommandIo): void {
  program
    .command("info")
    .description("what a module is and what was located in it")
    .argument("<module>", "a Javy module or plugin (.wasm), or app.js")
    .option("--plugin <file>", "the plugin to compile app.js with; default: the embedded one")
    .option("--dispatch-function <index>", "the engine's interpreter, where it cannot be found")
    .option("-j, --json", "as JSON on stdout")
    .action(async (path: string, options: { plugin?: string; dispatchFunction?: string; json?: boolean }) => {
      const facts = await inspect(path, options, io);
      await io.stdout(options.json ? `${JSON.stringify(facts, null, 2)}\n` : render(facts));
    });
}

interface Facts {
  readonly name: string;
  readonly kind: "plugin" | "dynamic" | "static" | "other";
  readonly bytes: number;
  readonly sha256: string;
  readonly namespace: string | null;
  readonly quickjs: { readonly engine: string; readonly bytecodeVersion: number } | null;
  readonly dispatch: ReturnType<typeof dispatchFacts> | null;
  readonly functions: readonly {
    readonly name: string;
    readonly file: string;
    readonly line: number | null;
    readonly column: number | null;
    readonly bytes: number;
  }[];
  /** Why the serialized program cannot be read; null where it can, or where there is none. */
  readonly unreadable: string | null;
  /** What it uses and this Node.js does not run. */
  readonly lacking: readonly string[];
  readonly embeddedSource: boolean;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  readonly wasmFunctions: number;
  readonly namedWasmFunctions: number;
  readonly sections: readonly { readonly name: string; readonly bytes: number }[];
}

async function inspect(
  path: string,
  options: { plugin?: string; dispatchFunction?: string },
  io: CommandIo,
): Promise<Facts> {
  const only =
    options.dispatchFunction === undefined
      ? undefined
      : parseCount(options.dispatchFunction, "--dispatch-function");
  const entry = await readEntry(path, io.cwd);
  let bytes: Uint8Array;
  if (entry.kind === "wasm") bytes = entry.bytes;
  else {
    const { plugin } = await choosePlugin(options.plugin, io.cwd);
    const thread = new GuestThread();
    try {
      ({ bytes } = await buildApp(thread, plugin, entry.text, entry.name));
    } finally {
      await thread.close();
    }
  }
  const module = named(entry.name, () => decodeModule(bytes));
  const refused = whyNotRunnable(module);
  const missing = refused ? lacking(module) : [];
  named(entry.name, () => {
    if (refused && missing.length === 0) throw refused;
  });
  const kind = recognise(module);
  const names = functionNames(module);
  const payload = kind.kind === "dynamic" || kind.kind === "static" ? kind.payload : null;
  const { unit, unreadable } = readable(payload);
  const engine = unit ? engineById(unit.engine) : null;
  const file = (compiled: string) => (compiled === "function.mjs" ? entry.name : compiled);
  const shown = unit ? displayNames(unit, { file }) : [];
  const hasInterpreter = kind.kind !== "dynamic" || only !== undefined;
  return {
    name: entry.name,
    kind: kind.kind,
    bytes: bytes.length,
    sha256: sha256Of(bytes),
    namespace: kind.kind === "plugin" || kind.kind === "dynamic" ? kind.namespace : null,
    quickjs: engine && { engine: engine.engine, bytecodeVersion: engine.version },
    dispatch: hasInterpreter ? named(entry.name, () => dispatchFacts(module, names, only)) : null,
    functions: (unit?.functions ?? []).map((fn, i) => {
      const position = functionPosition(fn, engine!.lines);
      return {
        name: shown[i]!,
        file: file(fn.file),
        line: position?.line ?? null,
        column: position?.column ?? null,
        bytes: fn.code.length,
      };
    }),
    unreadable,
    lacking: missing,
    embeddedSource: kind.kind === "dynamic" && kind.source !== null,
    imports: module.imports.map(({ module: from, name }) => `${from}.${name}`),
    exports: module.exports.map(({ name, kind: what }) => `${name} (${what})`),
    wasmFunctions: module.functions.length,
    namedWasmFunctions: names.size,
    sections: module.sections.map((section) => ({
      name: section.id === 0 ? `custom ${section.name}` : sectionName(section.id),
      bytes: section.end - section.start,
    })),
  };
}

function readable(payload: Uint8Array | null): { unit: BytecodeUnit | null; unreadable: string | null } {
  try {
    return { unit: payload ? readUnit(payload) : null, unreadable: null };
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    return { unit: null, unreadable: error.message };
  }
}

function sectionName(id: number): string {
  return Object.entries(SectionId).find(([, value]) => value === id)?.[0] ?? `section ${id}`;
}

function dispatchFacts(module: Module, names: ReadonlyMap<number, string>, only: number | undefined) {
  const dispatch = findDispatch(module, only);
  const next = branchTables(module).find((table) => table.offset !== dispatch.offset);
  return { ...dispatch, name: names.get(dispatch.function) ?? null, nextMostTargets: next?.targets ?? 0 };
}

function render(facts: Facts): string {
  const hex = (offset: number) => `0x${offset.toString(16)}`;
  const { dispatch } = facts;
  const lines: [string, string][] = [
    ["module", `${facts.name}, ${grouped(facts.bytes)} bytes, sha256 ${facts.sha256}`],
    [
      "kind",
      {
        plugin: `Javy plugin ${facts.namespace}`,
        dynamic: `dynamic Javy module, imports the plugin ${facts.namespace}`,
        static: "static Javy module",
        other: "not a Javy module",
      }[facts.kind],
    ],
  ];
  if (facts.quickjs)
    lines.push(["engine", `${facts.quickjs.engine}, bytecode version ${facts.quickjs.bytecodeVersion}`]);
  if (facts.unreadable !== null) lines.push(["bytecode", `cannot be read: ${facts.unreadable}`]);
  if (facts.lacking.length > 0) lines.push(["runs", `not on this Node.js: ${facts.lacking.join(", ")}`]);
  if (dispatch) {
    lines.push(
      [
        "dispatch",
        `function ${dispatch.function}${dispatch.name ? ` ${dispatch.name}` : ""}: br_table at ${hex(dispatch.offset)}, ${dispatch.entries} entries, ${dispatch.targets} distinct targets (next most: ${dispatch.nextMostTargets})`,
      ],
      ["pc load", `${dispatch.shape}: i32.load8_u at ${dispatch.loads.map(hex).join(", ")}`],
    );
  }
  lines.push([
    "functions",
    `${grouped(facts.wasmFunctions)} of WebAssembly, ${grouped(facts.namedWasmFunctions)} with names`,
  ]);
  if (facts.kind === "dynamic")
    lines.push(["source", facts.embeddedSource ? "embedded (javy_source)" : "not embedded"]);
  lines.push(
    ["imports", facts.imports.join(", ") || "none"],
    ["exports", facts.exports.join(", ") || "none"],
  );
  lines.push(["sections", facts.sections.map(({ name, bytes }) => `${name} ${grouped(bytes)}`).join(", ")]);
  const head = lines.map(([name, text]) => `${name.padEnd(10)}${inertText(text)}\n`).join("");
  if (facts.functions.length === 0) return head;
  const rows = facts.functions.map(
    ({ name, file, line, column, bytes }) =>
      `  ${inertText(name)}  ${line === null ? "" : inertText(`${file}:${line}:${column}`)}  ${grouped(bytes)} bytes\n`,
  );
  return `${head}\nJavaScript functions: ${facts.functions.length}\n${rows.join("")}`;
}
