/**
 * Whether a function is the root of an ES module. A serialized module has a record; in memory the root's code tells:
 * the compiler begins it with a question whether it is called to link or to evaluate, and with nothing else.
 */

import { engineById } from "../engines/versions.ts";
import type { BytecodeFunction, BytecodeUnit } from "./function.ts";

export function isModuleRoot(unit: BytecodeUnit, fn: BytecodeFunction): boolean {
  if (fn.index !== 0) return false;
  if (unit.module !== null) return true;
  const { opcodes } = engineById(unit.engine);
  const [first, second] = [fn.code[0] ?? 0, fn.code[1] ?? 0].map((code) => opcodes[code]?.name);
  return fn.name === "<eval>" && first === "push_this" && /^if_false/.test(second ?? "");
}
