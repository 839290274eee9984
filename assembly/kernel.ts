/**
 * Writes the metered bodies of functions that no probe stands in: the same bytes as src/probe/function.ts writes, whose
 * way it goes. A walk over code is what a cold process spends most of its time in when it is JavaScript; WebAssembly is
 * fast from its first instruction on. What a body has that the kernel does not know (exceptions, garbage collection,
 * damage, LEBs of unusual length …) makes it stop there, and the rewriter writes that body.
 *
 * The rewriter fills the tables below from THE table and the cost model, puts code and bodies behind `free` in the
 * kernel's memory, and calls `setMeter`, `move`, `place`, and `meter` as often as it takes.
 */
import {
  addTarget,
  beginBlocks,
  beginTargets,
  branch,
  close,
  depth,
  divert,
  innermost,
  learnt,
  open,
  part,
  reachable,
} from "./blocks";
import { chargeBranch, chargeElse, chargeEnd, chargeIf, chargeLoop } from "./charging";
import { beginMeter, charge, chargeSize, check, checkAtEntry, checks, spill, usesLocal } from "./meter";
import { Flow, Opcode, Space, Type } from "./numbers";
import { readLeb, skipImmediates, value } from "./reader";
import { copied, copyTo, passOver, put, putIndexed, putLeb, to, writeAt } from "./writer";

export { setMeter } from "./meter";

/** An instruction's number: its byte, or where those of its prefix begin (0xfb at 256, 512 each) and its sub-opcode. */
const numbers: i32 = 256 + 4 * 512;
/** By number: the kind of immediates, and 1; 0 where the instruction is not known here. */
export const kinds: usize = memory.data(numbers);
export const flows: usize = memory.data(numbers);
/** By number: of what space the one index is, if that space moves. */
export const spaces: usize = memory.data(numbers);
/** By number: u32 fuel, and u32 fuel for each unit of the topmost operand. */
export const costs: usize = memory.data(numbers * 4, 4);
export const units: usize = memory.data(numbers * 4, 4);
/** Where the rewriter's data may begin. */
export const free: usize = __heap_base;

/** More than the meter writes at one instruction, and in front of a function's code but for its own declarations. */
const slack: usize = 256;

let entry: u32 = 0;
let movedFunctions: u32 = 0;
let functionsMove: u32 = 0;
let movedGlobals: u32 = 0;
let globalsMove: u32 = 0;

let code: usize = 0;
let bodies: usize = 0;
let output: usize = 0;
let outputEnd: usize = 0;

/** Functions and globals from these indices on move up by so many. */
export function move(fromFunction: u32, functionsBy: u32, fromGlobal: u32, globalsBy: u32): void {
  movedFunctions = fromFunction;
  functionsMove = functionsBy;
  movedGlobals = fromGlobal;
  globalsMove = globalsBy;
}

/**
 * Where the code is, where three u32 for each body are (offsets in the code of its start and end, count of its
 * function's parameters), where room to write ends; and the fuel of entering a function.
 */
export function place(codeAt: usize, bodiesAt: usize, end: usize, entryCost: u32): void {
  code = codeAt;
  bodies = bodiesAt;
  outputEnd = end;
  entry = entryCost;
}

/** Address behind what `meter` wrote. */
export function written(): usize {
  return output;
}

/** Writes bodies `from` to `end` from `outputAt` on, their sizes in front; the first that is not written, or `end`. */
export function meter(from: u32, end: u32, outputAt: usize): u32 {
  output = outputAt;
  for (let i = from; i < end; i++) {
    const body = bodies + i * 12;
    if (!writeBody(code + load<u32>(body), code + load<u32>(body, 4), load<u32>(body, 8))) return i;
  }
  return end;
}

/** The locals that a body declares: how many groups, how many locals, and where its code begins. */
let groups: u32 = 0;
let locals: u32 = 0;

function readLocals(at: usize, end: usize): usize {
  groups = value;
  locals = 0;
  for (let group: u32 = 0; group < groups; group++) {
    at = readLeb(at);
    if (at === 0 || at >= end || value > 100_000) return 0;
    locals += value;
    const type = load<u8>(at++);
    // a reference in its long form
    if (type === 0x63 || type === 0x64 || locals > 100_000) return 0;
  }
  return at > end ? 0 : at;
}

function writeBody(start: usize, end: usize, params: u32): bool {
  const declarations = readLeb(start);
  if (declarations === 0) return false;
  const first = readLocals(declarations, end);
  if (first === 0) return false;
  const declared = first - declarations;
  const begin = output + slack + declared;
  let again = false;
  do {
    if (begin + slack > outputEnd) return false;
    beginBlocks(again);
    beginMeter(params + locals, entry);
    writeAt(begin);
    passOver(first);
    if (!walk(first, end, params + locals + 1)) return false;
    again = true;
  } while (learnt);

  // the head is written behind the code, and both then move to where they belong
  const codeEnd = to;
  if (codeEnd + slack + declared > outputEnd) return false;
  writeHead(declarations, first);
  const headEnd = to;
  writeAt(output);
  putLeb(<u32>(headEnd - begin));
  memory.copy(to, codeEnd, headEnd - codeEnd);
  const behind = to + (headEnd - codeEnd);
  memory.copy(behind, begin, codeEnd - begin);
  output = behind + (codeEnd - begin);
  return true;
}

let hasCall: bool = false;
let hasSize: bool = false;

function writeHead(declarations: usize, first: usize): void {
  const used: u32 = hasSize ? 2 : usesLocal ? 1 : 0;
  putLeb(groups + used);
  passOver(declarations);
  copyTo(first);
  if (used > 0) {
    put(1);
    put(Type.I64);
  }
  if (hasSize) {
    put(1);
    put(Type.I32);
  }
  if (hasCall && checks) checkAtEntry();
}

/** Walks over the code and writes it; `size`: index of the local for the size of a bulk operation. */
function walk(at: usize, end: usize, size: u32): bool {
  hasCall = false;
  hasSize = false;
  open(Flow.Block);
  while (at < end) {
    let number = <usize>load<u8>(at);
    let immediates = at + 1;
    if (number >= 0xfb && number < 0xff) {
      immediates = readLeb(immediates);
      if (immediates === 0 || value >= 512) return false;
      number = 256 + (number - 0xfb) * 512 + <usize>value;
    }
    const kind = <u32>load<u8>(kinds + number);
    if (kind === 0) return false;
    const next = skipImmediates(immediates, kind - 1, end);
    if (next === 0 || next > end) return false;
    if (reachable) charge(load<u32>(costs + number * 4));
    const flow = <u32>load<u8>(flows + number);
    const space = <u32>load<u8>(spaces + number);
    if (flow !== Flow.Plain || space !== Space.None) {
      if (to + (next - copied) + slack > outputEnd) return false;
      if (flow !== Flow.Plain) {
        if (reachable) copyTo(at);
        if (flow === Flow.Sized) {
          if (reachable) writeSized(size, load<u32>(units + number * 4));
        } else if (!step(flow, at, immediates, next)) return false;
        if (depth === 0) return next === end;
      }
      if (space !== Space.None && !renumber(space, immediates, next)) return false;
    }
    at = next;
  }
  return false;
}

/** Steps over an instruction that does more to control than go on; false where the kernel does not go on. */
function step(flow: u32, at: usize, immediates: usize, next: usize): bool {
  switch (flow) {
    case Flow.Block:
    case Flow.Loop:
    case Flow.If: {
      const frame = open(flow);
      if (frame === null) return false;
      if (!reachable) return true;
      if (flow === Flow.If) chargeIf(frame);
      if (flow === Flow.Loop) {
        chargeLoop(frame);
        copyTo(next);
        if (checks) check();
      }
      return true;
    }
    case Flow.Else: {
      const frame = innermost();
      if (frame.flow !== Flow.If || frame.sawElse) return false;
      chargeElse(frame);
      part(frame);
      return true;
    }
    case Flow.End:
      copyTo(at);
      if (depth > 1) chargeEnd(innermost());
      else {
        if (reachable) spill();
        put(Opcode.End);
        passOver(next);
      }
      close();
      return true;
    case Flow.Br:
    case Flow.BrIf:
    case Flow.BrTable: {
      if (!listTargets(flow === Flow.BrTable, immediates)) return false;
      if (!reachable) return true;
      const stays = flow === Flow.BrIf;
      chargeBranch(stays);
      branch(stays);
      return true;
    }
    case Flow.Call:
    case Flow.TailCall:
    case Flow.Return:
    case Flow.Trap:
    case Flow.Throw:
      if (flow === Flow.Call || flow === Flow.TailCall) hasCall = true;
      if (reachable) spill();
      if (flow !== Flow.Call) divert();
      return true;
    default:
      return false;
  }
}

/** The targets of a branch: of a br_table all of them, in their order. */
function listTargets(isTable: bool, at: usize): bool {
  beginTargets();
  let left: u32 = 1;
  if (isTable) {
    at = readLeb(at);
    left = value + 1;
  }
  for (; left > 0; left--) {
    at = readLeb(at);
    if (at === 0 || !addTarget(value)) return false;
  }
  return true;
}

/** Charges an instruction by its size, the topmost operand. */
function writeSized(size: u32, unit: u32): void {
  hasSize = true;
  putIndexed(Opcode.LocalSet, size);
  chargeSize(size, unit);
  putIndexed(Opcode.LocalGet, size);
}

/** Writes the one index at `immediates` anew, where it moved. */
function renumber(space: u32, immediates: usize, next: usize): bool {
  if (readLeb(immediates) === 0 || value >= 0x8000_0000) return false;
  const from = space === Space.Func ? movedFunctions : movedGlobals;
  if (value < from) return true;
  copyTo(immediates);
  putLeb(value + (space === Space.Func ? functionsMove : globalsMove));
  passOver(next);
  return true;
}
