/** What `doctor` says of an installation, a line a part. */
import { Diagnostic, headline } from "../base/diagnostics.ts";
import { grouped } from "../base/numbers.ts";
import type { CompilerFacts, FoundJavy, Installation, Tried } from "../program/installation.ts";
import type { Plugin } from "../program/plugin.ts";
import { inertText } from "./inert.ts";
import { wrapped } from "./wrap.ts";

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What is there, or what is wrong and what to do. */
  readonly found: string;
  /** For who looks into an engine: sizes, hashes, functions. In the JSON document only. */
  readonly details?: Readonly<Record<string, string | number>>;
}

/** The parts of an installation; `viewer` stands among them, and the fuel model that is the default. */
export function installationChecks(
  { plugin, dispatch, compiler, javy, esbuild }: Installation,
  viewer: Check,
  model: string,
): Check[] {
  return [
    {
      ...check("plugin", plugin, pluginText),
      ...("value" in plugin ? { details: pluginFacts(plugin.value) } : {}),
    },
    ...(compiler ? [check("app.js", compiler, compilerText)] : []),
    ...(dispatch ? [dispatchCheck(dispatch)] : []),
    { name: "app.ts", ok: true, found: esbuild === null ? noEsbuild : `bundled by esbuild ${esbuild}` },
    check("javy", javy, javyText),
    viewer,
    { name: "fuel", ok: true, found: `counted as ${model} does; on Shopify's platform as that does` },
    { name: "modules", ok: true, found: supported },
    { name: "refused", ok: true, found: refused },
  ];
}

/** A line a part, broken where it is longer than `width`. */
export function checkLines(checks: readonly Check[], width: number): string {
  const indent = " ".repeat(18);
  return checks
    .flatMap(({ name, ok, found }) => {
      const [first = indent, ...more] = wrapped(inertText(found), indent, width);
      return [`${ok ? "ok  " : "FAIL"}  ${name.padEnd(10)}  ${first.slice(indent.length)}`, ...more];
    })
    .map((line) => `${line}\n`)
    .join("");
}

const noEsbuild =
  "no esbuild here: npm install --save-dev esbuild, for TypeScript and programs of several files";

const supported =
  "of Javy 0.x and later, static or dynamic; Shopify Functions; others with QuickJS 2020-11-08 to 2025-09-13 or quickjs-ng 0.7 to 0.16; of other languages with --frames wasm";

const refused =
  "components (give the core module in it), other releases of QuickJS, and modules that want more than WASI of their host: for these there is --host";

/** The interpreter in the plugin: where it is found, there is nothing to say but to whoever asks for details. */
function dispatchCheck(dispatch: NonNullable<Installation["dispatch"]>): Check {
  const found = check("functions", dispatch, () => "can be told apart, with their lines and builtins");
  if (!("value" in dispatch)) return found;
  const { function: index, shape, entries, targets } = dispatch.value;
  return { ...found, details: { function: index, shape, entries, targets } };
}

function compilerText({ engine, releases, javy }: CompilerFacts): string {
  const as = javy === null ? "" : `, as in Javy ${javy}`;
  return `compiled by ${engine} ${releases}${as}`;
}

/** A part that is looked for here. */
export function tried(name: string, find: () => string): Check {
  try {
    return { name, ok: true, found: find() };
  } catch (error) {
    return { name, ok: false, found: (error as Error).message };
  }
}

function check<T>(name: string, part: Tried<T>, text: (value: T) => string): Check {
  if ("value" in part) return { name, ok: true, found: text(part.value) };
  const { problem } = part;
  const found = problem instanceof Diagnostic ? [headline(problem), ...problem.details] : [problem.message];
  return { name, ok: false, found: found.join("; ") };
}

function pluginText({ origin, namespace, size, engine }: Plugin): string {
  if (origin === "embedded") return "the one in this package: there is nothing to install";
  const names = engine.names.size === 0 ? "; it has no function names, which makes runs slower" : "";
  return `${namespace}, ${grouped(size)} bytes${names}`;
}

function pluginFacts({ namespace, size, sha256, engine }: Plugin): NonNullable<Check["details"]> {
  return { namespace, bytes: size, sha256, functionNames: engine.names.size };
}

function javyText({ javy, skipped }: FoundJavy): string {
  const passed = skipped.map((one) => `; passed over, ${one}`).join("");
  if (!javy) return `none found, the embedded engine compiles app.js${passed}`;
  const used = javy.from === "--javy" || javy.from === "JAVY" ? "used" : "used with -C or -J";
  return `${javy.version}, ${javy.path} (${javy.from}), ${used}${passed}`;
}
