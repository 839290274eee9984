/**
 * Finds the functions that have instructions of some kinds, of which a module may have few or none. The caller fills the
 * tables by number of an instruction (reader.ts), and puts code and bodies behind `free` in this memory.
 */
import { immediates, numberAt, numbers, readLocals, skipImmediates } from "./reader";

export { kinds } from "./reader";
/** By number: whether the instruction is looked for. */
export const marks: usize = memory.data(numbers);
/** Where the caller's data may begin. */
export const free: usize = __heap_base;

/**
 * The first body from `from` on, of `count`, that has an instruction that is looked for, or anything that is not known
 * here; `count` where there is none. At `bodies` are two u32 for each: the addresses of its start and end.
 */
export function find(bodies: usize, from: u32, count: u32): u32 {
  for (let i = from; i < count; i++) {
    const body = bodies + i * 8;
    if (hasMarked(load<u32>(body), load<u32>(body, 4))) return i;
  }
  return count;
}

function hasMarked(start: usize, end: usize): bool {
  let at = readLocals(start, end);
  if (at === 0) return true;
  while (at < end) {
    const number = numberAt(at);
    if (number >= numbers || load<u8>(marks + number) !== 0) return true;
    at = skipImmediates(immediates, number, end);
    if (at === 0) return true;
  }
  return at !== end;
}
