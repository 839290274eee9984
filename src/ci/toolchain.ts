/**
 * What fuel depends on besides the program: the cost model, the engine and its version, and the plugin. Numbers of two
 * toolchains do not compare; that is said, and never called a regression.
 */
import type { Toolchain as ResultToolchain } from "../result/result.ts";

export interface Toolchain {
  readonly fuelModel: string;
  /** `quickjs-ng`; null where no QuickJS was looked for. */
  readonly quickjs: string | null;
  readonly bytecodeVersion: number | null;
  /** `namespace@sha256`, of linked modules too, with `+` between; null where the program has everything in it. */
  readonly plugin: string | null;
}

export function toolchainOf(of: ResultToolchain): Toolchain {
  const { fuelModel, quickjs, bytecodeVersion, plugin, linked = [] } = of;
  const modules = [...(plugin ? [plugin] : []), ...linked];
  const names = modules.map(({ namespace, sha256 }) => `${namespace}@${sha256}`);
  return { ...{ fuelModel, quickjs, bytecodeVersion }, plugin: names.join("+") || null };
}

const parts = ["fuelModel", "quickjs", "bytecodeVersion", "plugin"] as const;

/** The parts that differ, none where they are the same. */
export function differences(a: Toolchain, b: Toolchain): (typeof parts)[number][] {
  return parts.filter((part) => a[part] !== b[part]);
}
