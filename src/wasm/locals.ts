/** The local declarations in front of a body's code: groups of (count, type). */
import { DecodeError } from "../base/diagnostics.ts";
import { valTypeAt } from "./block-type.ts";
import { lebAt, lebEnd } from "./instructions.ts";
import { funcTypeAt, type Module, type Range, type ValType } from "./types.ts";

export interface LocalDeclarations {
  /** Count of groups, and the bytes they stand in. */
  readonly groups: number;
  readonly bytes: Range;
  /** Locals declared, the parameters not counted. */
  readonly count: number;
}

/** Reads the declarations of a body; its code begins at `bytes.end`. */
export function localDeclarations(bytes: Uint8Array, body: Range): LocalDeclarations {
  const groups = lebAt(bytes, body.start);
  const start = lebEnd(bytes, body.start);
  let at = start;
  let count = 0;
  for (let group = 0; group < groups && at <= body.end; group++) {
    count += lebAt(bytes, at);
    at = typeEnd(bytes, lebEnd(bytes, at));
  }
  if (!(at <= body.end)) throw new DecodeError("local declarations run past the function's end", body.start);
  return { groups, bytes: { start, end: at }, count };
}

/** Offset of the type of declared local `index` (0-based, the parameters not counted); undefined where there is none. */
export function declaredTypeAt(
  bytes: Uint8Array,
  { bytes: range }: LocalDeclarations,
  index: number,
): number | undefined {
  let before = 0;
  for (let at = range.start; at < range.end; ) {
    before += lebAt(bytes, at);
    const type = lebEnd(bytes, at);
    if (index < before) return type;
    at = typeEnd(bytes, type);
  }
  return undefined;
}

/**
 * Types of the parameters and locals of function `index` (absolute, a defined one), by local index (0-based, the
 * parameters first); undefined where there is none.
 */
export function localTypeOf(module: Module, index: number): (local: number) => ValType | undefined {
  const params = funcTypeAt(module, module.functions[index]!)?.params ?? [];
  const declared = localDeclarations(module.bytes, module.bodies[index - module.importedFunctions]!);
  return (local) => {
    if (local < params.length) return params[local];
    const at = declaredTypeAt(module.bytes, declared, local - params.length);
    return at === undefined ? undefined : valTypeAt(module.bytes, at);
  };
}

function typeEnd(bytes: Uint8Array, at: number): number {
  return bytes[at] === 0x63 || bytes[at] === 0x64 ? lebEnd(bytes, at + 1) : at + 1;
}
