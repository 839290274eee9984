/**
 * Where the code of a probe stands, by its event's mode: the instruction itself, or another one that control meets
 * when the event happens. A block's `after` is behind its `end`, however control came there; `at_target` is where a
 * branch leads, and whatever arrives there counts, as in Whamm.
 */
import type { When } from "../../probe/plan.ts";
import { opcodes } from "../../wasm/opcodes.ts";
import type { Mode } from "../events.ts";
import type { Instruction, Outline } from "./outline.ts";

export type Location =
  | { readonly kind: "exit" }
  | { readonly kind: "site"; readonly offset: number; readonly when: When };

const structured = new Set(["block", "loop", "if", "else", "try", "try_table"]);

export function locations(outline: Outline, { offset, row }: Instruction, mode: Mode): readonly Location[] {
  const { name } = opcodes[row]!;
  const at = (place: number, when: When): Location => ({ kind: "site", offset: place, when });
  const isStructured = structured.has(name);
  const end = outline.ends.get(offset);
  switch (mode) {
    case "before":
      return [at(offset, "before")];
    case "after":
      return [at(isStructured ? end! : offset, "after")];
    case "alt":
      return [at(offset, "instead")];
    case "entry":
      return [at(offset, "after")];
    case "exit":
      return [at(outline.elses.get(offset) ?? end!, "ending")];
    case "at_target":
      return (outline.targets.get(offset) ?? []).map((target) =>
        target.kind === "exit" ? { kind: "exit" } : at(target.offset, "after"),
      );
  }
}
