/**
 * Inline caches: an engine that has them writes an opcode of its own over a property access, and a cache's number
 * over the atom, while the program runs. Compared is what remains: `get_field_ic 3` is `get_field` of something.
 */
import type { EngineVersion } from "../engines/versions.ts";

/** `code` with every access that can be cached as if it were not, without its operand. The same array where nothing can be. */
export function plainCode(code: Uint8Array, engine: EngineVersion): Uint8Array {
  if (engine.caches.size === 0) return code;
  const plain = plainOpcodes(engine);
  const copy = code.slice();
  for (let offset = 0; offset < copy.length; ) {
    const size = engine.opcodes[copy[offset]!]?.size ?? 1;
    const opcode = plain.get(copy[offset]!);
    if (opcode !== undefined) {
      copy[offset] = opcode;
      copy.fill(0, offset + 1, offset + size);
    }
    offset += size;
  }
  return copy;
}

const known = new Map<string, ReadonlyMap<number, number>>();

/** By opcode, for the cached ones and those that can be: the opcode without a cache. */
function plainOpcodes({ id, opcodes, caches }: EngineVersion): ReadonlyMap<number, number> {
  let found = known.get(id);
  if (!found) {
    const code = (name: string) => opcodes.find((opcode) => opcode.name === name)!.code;
    const pairs = [...caches].map(([cached, plain]) => [code(cached), code(plain)] as const);
    found = new Map(pairs.flatMap(([cached, plain]) => [[cached, plain] as const, [plain, plain] as const]));
    known.set(id, found);
  }
  return found;
}
