/** Writes what tells whether a branch will be taken, from its topmost operand, which a local holds. */
import type { ByteWriter } from "../base/bytes.ts";
import { emit } from "../wasm/emit.ts";
import { lebEnd, signedAt } from "../wasm/instructions.ts";
import { opcodes } from "../wasm/opcodes.ts";
import type { CodeWalk } from "../wasm/walk.ts";

/** Whether the branch at which the walk is depends on its topmost operand. */
export function isConditional({ row }: Pick<CodeWalk, "row">): boolean {
  const { name } = opcodes[row]!;
  return name === "br_if" || name.startsWith("br_on_");
}

/** Pushes an i32 that is not 0 where the branch will be taken. */
export function pushCondition(w: ByteWriter, { row, immediates, bytes }: CodeWalk, operand: number): void {
  const { name } = opcodes[row]!;
  emit(w, "local.get", operand);
  if (name === "br_on_null" || name === "br_on_non_null") emit(w, "ref.is_null");
  if (name.startsWith("br_on_cast")) {
    const to = lebEnd(bytes, lebEnd(bytes, immediates + 1));
    const toNull = (bytes[immediates]! & 2) !== 0;
    emit(w, toNull ? "ref.test_null" : "ref.test", signedAt(bytes, to));
  }
  if (name === "br_on_non_null" || name === "br_on_cast_fail") emit(w, "i32.eqz");
}
