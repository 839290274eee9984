/** A module without its name section: what a platform's tools leave of it. */
import { decodeModule } from "../../src/wasm/decode.ts";

export function withoutNames(bytes: Uint8Array): Uint8Array {
  const { sections } = decodeModule(bytes);
  const kept = sections.filter(({ id, name }) => id !== 0 || name !== "name");
  return Buffer.concat([bytes.subarray(0, 8), ...kept.map(({ start, end }) => bytes.subarray(start, end))]);
}
