/** Function types as text: short, to compare and to write down (`il>` for (i32, i64) -> ()); or in full, for people. */
import { F32, F64, funcTypeAt, I32, I64, type Module, typeName, type ValType } from "./types.ts";

const letters: Readonly<Record<number, string>> = { [I32]: "i", [I64]: "l", [F32]: "f", [F64]: "d" };

/** The function type with index `type`: i, l, f, d for i32, i64, f32, f64; ? for anything else. */
export function typeText(module: Module, type: number): string {
  const found = funcTypeAt(module, type);
  const text = (types: readonly ValType[] = []) => types.map((one) => letters[one] ?? "?").join("");
  return `${text(found?.params)}>${text(found?.results)}`;
}

/** The same for people: `(i32, i64) -> ()`. */
export function signature(module: Module, type: number): string {
  const found = funcTypeAt(module, type);
  if (!found) return "of an unknown type";
  const list = (types: readonly ValType[]) => `(${types.map(typeName).join(", ")})`;
  return `${list(found.params)} -> ${list(found.results)}`;
}
