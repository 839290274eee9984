/** Function types as short text, to compare and to write down: `il>` for (i32, i64) -> (). */
import { F32, F64, funcTypeAt, I32, I64, type Module, type ValType } from "./types.ts";

const letters: Readonly<Record<number, string>> = { [I32]: "i", [I64]: "l", [F32]: "f", [F64]: "d" };

/** The function type with index `type`: i, l, f, d for i32, i64, f32, f64; ? for anything else. */
export function typeText(module: Module, type: number): string {
  const found = funcTypeAt(module, type);
  const text = (types: readonly ValType[] = []) => types.map((one) => letters[one] ?? "?").join("");
  return `${text(found?.params)}>${text(found?.results)}`;
}
