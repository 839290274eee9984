/**
 * Gets a program ready to run: the plugin and the app, instrumented after one plan and metered into one counter.
 * What is prepared is plain bytes, so that `build` writes and `run` runs the very same app.
 */
import { Diagnostic, Exit, unsupported } from "../base/diagnostics.ts";
import type { CostModel } from "../fuel/models.ts";
import { linkDynamic } from "../javy/link.ts";
import { recognise } from "../javy/module.ts";
import type { Meter } from "../probe/plan.ts";
import { meterNames } from "../probe/plan.ts";
import { meterPlan, profilerPlan } from "../probe/profiler-plan.ts";
import { rewrite } from "../probe/rewrite.ts";
import { type Dispatch, findDispatch } from "../quickjs/dispatch.ts";
import { decodeModule } from "../wasm/decode.ts";
import { functionNames } from "../wasm/names.ts";
import type { Module } from "../wasm/types.ts";
import type { GuestThread } from "./thread.ts";
import { refuseUnknownImports, wasiModule } from "./wasi.ts";

/** A plugin that was read and understood. */
export interface Plugin {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly module: Module;
  readonly namespace: string;
  readonly names: ReadonlyMap<number, string>;
}

/** Reads a plugin; throws Diagnostic (exit 4) where it is none. */
export function readPlugin(bytes: Uint8Array, sha256: string): Plugin {
  const module = decodeModule(bytes);
  const kind = recognise(module);
  if (kind.kind !== "plugin") {
    throw unsupported(
      "this is no Javy plugin",
      "a plugin has a custom section import_namespace and exports invoke and cabi_realloc",
      `found: ${describeExports(module)}`,
    );
  }
  refuseUnknownImports(module, []);
  return { bytes, sha256, module, namespace: kind.namespace, names: functionNames(module) };
}

function describeExports(module: Module): string {
  const names = module.exports.map(({ name }) => name);
  return names.length === 0
    ? "no exports"
    : `exports ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`;
}

/** Engine functions, by name, that make code; there are no others. */
const creators = ["JS_ReadFunctionTag", "js_create_function"];
/** The one that reports an uncaught exception. */
const reporters = /(^|::)from_js_error$/;

export interface InstrumentOptions {
  readonly model: CostModel;
  readonly mode: Meter["mode"];
  readonly checks: boolean;
  /** Frames for the engine's own functions. */
  readonly native: boolean;
  /** Only the total. */
  readonly totalsOnly?: boolean;
  /** --dispatch-function */
  readonly dispatchFunction?: number | undefined;
}

/** The instrumented plugin, and where its dispatch was found. */
export function instrumentPlugin(
  plugin: Plugin,
  options: InstrumentOptions,
): { readonly bytes: Uint8Array; readonly dispatch: Dispatch } {
  const dispatch = findDispatch(plugin.module, options.dispatchFunction);
  const meter: Meter = {
    model: options.model,
    mode: options.mode,
    checks: options.checks,
    globals: { kind: "define" },
  };
  const sites = {
    dispatch,
    creators: creatorsOf(plugin, dispatch.function),
    reporters: indicesOf(plugin, (name) => reporters.test(name)),
  };
  const plan = options.totalsOnly
    ? meterPlan(meter)
    : profilerPlan(plugin.module, sites, meter, options.native);
  return { bytes: rewrite(plugin.module, plan), dispatch };
}

function indicesOf({ names }: Plugin, matches: (name: string) => boolean): number[] {
  return [...names].filter(([, name]) => matches(name)).map(([index]) => index);
}

/** Where they cannot all be named, code may be made unseen: then every entry of the interpreter counts as new code. */
function creatorsOf(plugin: Plugin, interpreter: number): number[] {
  const found = indicesOf(plugin, (name) => creators.includes(name));
  return found.length === creators.length ? found : [interpreter];
}

/** The app, metered into the plugin's counter. */
export function instrumentApp(app: Module, options: InstrumentOptions): Uint8Array {
  const globals = { kind: "import", module: meterNames.module } as const;
  return rewrite(
    app,
    meterPlan({ model: options.model, mode: options.mode, checks: options.checks, globals }),
  );
}

/** An app as it was built or given: a dynamic module and its program. */
export interface App {
  readonly bytes: Uint8Array;
  readonly module: Module;
  readonly payload: Uint8Array;
}

/** Compiles JavaScript with the plugin and links it as a dynamic module. @throws Diagnostic (exit 2) on a syntax error. */
export async function buildApp(
  thread: GuestThread,
  plugin: Plugin,
  source: string,
  name: string,
): Promise<App> {
  const outcome = await thread.compile({
    kind: "compile",
    plugin: plugin.bytes,
    source: new TextEncoder().encode(source),
  });
  if (outcome.kind === "failed") throw compileError(outcome.message, name);
  const bytes = linkDynamic(plugin.namespace, outcome.bytecode, source);
  return { bytes, module: decodeModule(bytes), payload: outcome.bytecode };
}

/** The compiler's message, with the file's own name: `SyntaxError: … at app.js:3:7`. */
function compileError(message: string, name: string): Diagnostic {
  const [first = "the compiler gave no message", ...rest] = message
    .split("\n")
    .map((line) => line.replaceAll("function.mjs", name).trim());
  const place = rest.map((line) => /^at (.*:\d+:\d+)$/.exec(line)?.[1]).find((found) => found !== undefined);
  const text = first.replace(/^Error: /, "");
  const details = rest.filter((line) => line !== "" && line !== `at ${place}`);
  if (text.startsWith("could not load module"))
    details.push(
      `a program is one file: bundle it, for example: npx esbuild ${name} --bundle --format=esm --outfile=bundle.js`,
    );
  return new Diagnostic(Exit.usage, place ? `${place}: ${text}` : `${name}: ${text}`, details);
}

/** Reads an app that was built before. @throws Diagnostic (exit 4) where it does not go with the plugin. */
export function readApp(bytes: Uint8Array, plugin: Plugin): App {
  const module = decodeModule(bytes);
  const kind = recognise(module);
  if (kind.kind === "plugin") {
    throw unsupported(
      "this is a Javy plugin, not an app",
      "give the app, and this file as --plugin if the app imports it",
    );
  }
  if (kind.kind === "other") {
    throw unsupported(
      "this module is no dynamic Javy module",
      `found: ${describeExports(module)}`,
      "supported: app.js, or a dynamic module that imports a Javy plugin (javy build -C dynamic)",
    );
  }
  if (kind.namespace !== plugin.namespace) {
    throw unsupported(
      `this module imports the plugin "${kind.namespace}", but the plugin at hand is "${plugin.namespace}"`,
      "give the plugin that it was built for with --plugin <file>",
    );
  }
  refuseUnknownImports(module, [plugin.namespace, wasiModule]);
  return { bytes, module, payload: kind.payload };
}
