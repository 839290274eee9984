/**
 * Which QuickJS a module holds, without names: by the list of its predefined atoms, which stands in its data as one
 * run of zero-terminated strings (js_atom_init) and differs between releases, and by the size of its opcode table.
 * What these leave open, the first byte of a program decides, and after that the guest's memory: the layout that
 * the first activation checks out with (profiler/registry.ts).
 */
import { unsupported } from "../../base/diagnostics.ts";
import { initialMemory } from "../../wasm/facts/initial-memory.ts";
import type { Module } from "../../wasm/types.ts";
import type { Dispatch } from "../dispatch.ts";
import { type EngineVersion, enginesOfVersion, supportedVersions, versions } from "./versions.ts";

/** How every such list begins; all of it is ASCII. */
export const firstAtoms = ["null", "false", "true", "if", "else", "return"];

const terminated = (texts: readonly string[]) => `${texts.join("\0")}\0`;

/**
 * The engines that a module may hold, likeliest first. `version`: the first byte of its program, where there is one.
 * @throws Diagnostic (unsupported) where it is none of those that are known.
 */
export function identifyEngines(
  module: Module,
  dispatch: Dispatch,
  version: number | null,
): readonly EngineVersion[] {
  const lists = atomLists(initialMemory(module));
  const byAtoms = versions.filter(({ table }) =>
    lists.some((list) => list.startsWith(terminated(table.atoms))),
  );
  const byVersion = version === null ? byAtoms : byAtoms.filter((engine) => engine.version === version);
  if (byVersion.length > 0) return preferred(byVersion, dispatch);
  if (version !== null) {
    // refuses a version byte that nobody knows by its number
    const known = enginesOfVersion(version);
    if (byAtoms.length === 0 && lists.length === 0) return preferred(known, dispatch);
  }
  const found =
    byAtoms.length > 0
      ? `its predefined names are those of ${byAtoms.map(describe).join(" or ")}, its program has bytecode version ${version}`
      : lists.length > 0
        ? "its predefined names are QuickJS's, but of no release that is known here"
        : "no list of QuickJS's predefined names in its data";
  throw unsupported(
    "the module holds an unknown QuickJS",
    `found: ${found}; ${dispatch.entries} entries in the opcode br_table`,
    `supported: ${supportedVersions()} (bytecode versions)`,
  );
}

/** What begins in memory as a list of predefined atoms, each as long as any is. */
function atomLists(memory: Uint8Array): string[] {
  const image = Buffer.from(memory.buffer, memory.byteOffset, memory.length);
  const longest = Math.max(...versions.map(({ table }) => terminated(table.atoms).length));
  const beginning = Buffer.from(terminated(firstAtoms));
  const lists: string[] = [];
  for (let at = image.indexOf(beginning); at >= 0; at = image.indexOf(beginning, at + 1))
    lists.push(image.toString("latin1", at, at + longest));
  return lists;
}

/** The compiler leaves out the first opcode or two, which never run: the nearest size comes first. */
function preferred(engines: readonly EngineVersion[], dispatch: Dispatch): readonly EngineVersion[] {
  const distance = ({ opcodes }: EngineVersion) => Math.abs(opcodes.length - 1 - dispatch.entries);
  return [...engines].sort((a, b) => distance(a) - distance(b));
}

function describe({ engine, releases }: EngineVersion): string {
  return `${engine} ${releases}`;
}
