/** What `doctor` says of an installation, a line a part. */
import { Diagnostic, headline } from "../base/diagnostics.ts";
import { grouped } from "../base/numbers.ts";
import type { FoundJavy, Installation, Tried } from "../program/installation.ts";
import type { Plugin } from "../program/plugin.ts";

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
}

/** The parts of an installation; `viewer` stands among them, and the fuel model that is the default. */
export function installationChecks(
  { plugin, dispatch, compiler, javy, supported }: Installation,
  viewer: Check,
  model: string,
): Check[] {
  const namesOf = "value" in plugin ? plugin.value.engine.names : null;
  return [
    check("plugin", plugin, pluginText),
    ...(dispatch
      ? [
          check("dispatch", dispatch, ({ function: index, shape, entries, targets }) =>
            [
              `function ${index} ${namesOf?.get(index) ?? ""}: ${shape}`,
              `${entries} entries, ${targets} distinct targets`,
            ].join(", "),
          ),
        ]
      : []),
    ...(compiler
      ? [
          check(
            "compile",
            compiler,
            ({ engine, bytecodeVersion }) => `${engine}, bytecode version ${bytecodeVersion}`,
          ),
        ]
      : []),
    check("javy", javy, javyText),
    viewer,
    { name: "fuel", ok: true, found: `${model} by default` },
    {
      name: "refused",
      ok: true,
      found: `modules with a QuickJS other than ${supported} (bytecode versions), and imports beyond WASI's`,
    },
  ];
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

function pluginText({ origin, namespace, size, sha256, engine }: Plugin): string {
  const names = engine.names.size === 0 ? "no function names" : "with function names";
  return `${origin}: ${namespace}, ${grouped(size)} bytes, sha256 ${sha256.slice(0, 16)}…, ${names}`;
}

function javyText({ javy, skipped }: FoundJavy): string {
  const passed = skipped.map((one) => `; passed over, ${one}`).join("");
  if (!javy) return `none found, the embedded engine compiles app.js${passed}`;
  const used = javy.from === "--javy" || javy.from === "JAVY" ? "used" : "used with -C or -J";
  return `${javy.version}, ${javy.path} (${javy.from}), ${used}${passed}`;
}
