/**
 * Writes metered bodies: the same bytes as src/probe/function.ts writes, whose way it goes. A walk over code is what a cold
 * process spends most of its time in when it is JavaScript; WebAssembly is fast from its first instruction on. What a
 * body has that the kernel does not know (handlers of exceptions, casts, damage, LEBs of unusual length …) makes it stop
 * there, and the rewriter writes that body.
 *
 * The rewriter fills the tables below and `kinds` from THE table and the cost model, puts code and bodies behind `free` in
 * the kernel's memory, and calls `setMeter`, `move` and `place`; then `meter` as often as it takes for bodies without
 * probes, and for one with probes `enter`, and `go` from stop to stop.
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
  outermost,
  part,
  reachable,
  wraps,
} from "./blocks";
import { chargeBranch, chargeElse, chargeEnd, chargeIf, chargeLoop, endWrap } from "./charging";
import { beginMeter, charge, chargeSize, check, checkAtEntry, checks, spill, usesLocal } from "./meter";
import { Flow, Opcode, Space, Stop, Type } from "./numbers";
import {
  declarations,
  groups,
  immediates,
  locals,
  numberAt,
  numbers,
  readLeb,
  readLocals,
  skipImmediates,
  value,
} from "./reader";
import { copied, copyTo, passOver, put, putIndexed, putLeb, to, writeAt } from "./writer";

export { learnt } from "./blocks";
export { pending, resume, setMeter, stale, usesLocal } from "./meter";
export { kinds } from "./reader";
export { to, writeAt } from "./writer";

/** By number of an instruction (reader.ts). */
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

/** Writes bodies `from` to `last` from `outputAt` on, their sizes in front; the first that is not written, or `last`. */
export function meter(from: u32, last: u32, outputAt: usize): u32 {
  output = outputAt;
  for (let i = from; i < last; i++) if (!writeBody(i)) return i;
  return last;
}

/** The body at hand: where its code begins and ends, and its first added local. */
let first: usize = 0;
let end: usize = 0;
let addedLocal: u32 = 0;

function readBody(i: u32): bool {
  const body = bodies + i * 12;
  end = code + load<u32>(body, 4);
  first = readLocals(code + load<u32>(body), end);
  addedLocal = load<u32>(body, 8) + locals;
  return first !== 0;
}

function writeBody(i: u32): bool {
  if (!readBody(i)) return false;
  const declared = first - declarations;
  const begin = output + slack + declared;
  let again = false;
  do {
    beginWalk(begin, again, false, false);
    beginMeter(addedLocal, <i64>entry, true);
    if (go() !== Stop.Done) return false;
    again = true;
  } while (learnt);

  // the head is written behind the code, and both then move to where they belong
  const codeEnd = to;
  if (codeEnd + slack + declared > outputEnd) return false;
  writeHead();
  const headEnd = to;
  writeAt(output);
  putLeb(<u32>(headEnd - begin));
  memory.copy(to, codeEnd, headEnd - codeEnd);
  const behind = to + (headEnd - codeEnd);
  memory.copy(behind, begin, codeEnd - begin);
  output = behind + (codeEnd - begin);
  return true;
}

function writeHead(): void {
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

/** Where the walk goes on, and the next place it stops at, 0 where there is none. */
export let here: usize = 0;
let stop: usize = 0;
let stops: usize = 0;
let stopsEnd: usize = 0;
/** The walk has stopped before the instruction where it is, for probes or for its size; or before the function's last `end`. */
let wasBefore: bool = false;
let wasSized: bool = false;
let wasAtEnd: bool = false;
let isProbed: bool = false;
export let hasCall: bool = false;
let hasSize: bool = false;

/** Begins a walk over the body at hand, whose code is written to `begin`; `again`: with what the one before has learnt. */
function beginWalk(begin: usize, again: bool, probed: bool, isWrapped: bool): void {
  isProbed = probed;
  here = first;
  stop = 0;
  stops = 0;
  stopsEnd = 0;
  wasBefore = false;
  wasSized = false;
  wasAtEnd = false;
  hasCall = false;
  hasSize = false;
  beginBlocks(again, isWrapped);
  open(Flow.Block);
  writeAt(begin);
  passOver(first);
}

/**
 * Begins a walk over a body with probes, whose code is written to `begin`. `stopsAt`: where so many u32 are, addresses of
 * instructions, upwards, with probes before or behind them; `isWrapped`: whether there are exit probes;
 * `fuel`: what is pending, and whether only the global is right. False where the body is not the kernel's.
 */
export function enter(
  body: u32,
  begin: usize,
  stopsAt: usize,
  count: u32,
  isWrapped: bool,
  again: bool,
  fuel: i64,
  isStale: bool,
): bool {
  if (!readBody(body)) return false;
  beginWalk(begin, again, true, isWrapped);
  beginMeter(addedLocal, fuel, isStale);
  stops = stopsAt;
  stopsEnd = stopsAt + <usize>count * 4;
  nextStop(first);
  return true;
}

/** Whether the block around the code is needed: something leads to its end. */
export function isWrapped(): bool {
  return outermost().targeted;
}

/** Walks on over the code and writes it, up to where something else has to be written between. */
export function go(): u32 {
  if (wasAtEnd) return finish();
  let at = here;
  if (to + slack > outputEnd) return Stop.Unknown;
  while (at < end) {
    const number = numberAt(at);
    if (number >= numbers) return Stop.Unknown;
    const from = immediates;
    const next = skipImmediates(from, number, end);
    if (next === 0 || next > end) return Stop.Unknown;
    const flow = <u32>load<u8>(flows + number);
    const space = <u32>load<u8>(spaces + number);
    const stopsHere = at === stop && reachable;
    if (flow !== Flow.Plain || space !== Space.None || stopsHere) {
      if (to + (next - copied) + slack > outputEnd) return Stop.Unknown;
      if (reachable) copyTo(at);
      if (stopsHere && !wasBefore) {
        here = at;
        wasBefore = true;
        return Stop.Before;
      }
      wasBefore = false;
    }
    if (reachable && !wasSized) charge(load<u32>(costs + number * 4));
    if (flow !== Flow.Plain) {
      if (flow === Flow.Sized) {
        if (reachable && !isProbed) writeSized(load<u32>(units + number * 4));
        else if (reachable && !wasSized) {
          // other locals are added, too
          here = at;
          wasBefore = true;
          wasSized = true;
          return Stop.Sized;
        }
        wasSized = false;
      } else if (flow === Flow.End && depth === 1) {
        if (next !== end) return Stop.Unknown;
        copyTo(at);
        return finishOrStop();
      } else if (!step(flow, at, from, next)) return Stop.Unknown;
    }
    if (space !== Space.None && !renumber(space, from, next)) return Stop.Unknown;
    at = next;
    if (stop !== 0 && stop < at) nextStop(at);
    if (stopsHere) {
      copyTo(at);
      here = at;
      return Stop.After;
    }
  }
  return Stop.Unknown;
}

/** The first stop at `at` or behind it. */
function nextStop(at: usize): void {
  do {
    stop = stops < stopsEnd ? <usize>load<u32>(stops) : 0;
    stops += 4;
  } while (stop !== 0 && stop < at);
}

/** The function's last `end`: with exit probes, the block around its code ends first, where something leads there. */
function finishOrStop(): u32 {
  if (endWrap()) put(Opcode.End);
  else if (!reachable) return putLastEnd();
  if (!wraps) return finish();
  wasAtEnd = true;
  return Stop.Exit;
}

function finish(): u32 {
  spill();
  return putLastEnd();
}

function putLastEnd(): u32 {
  put(Opcode.End);
  return Stop.Done;
}

/** Steps over an instruction that does more to control than go on; false where the kernel does not go on. */
function step(flow: u32, at: usize, from: usize, next: usize): bool {
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
      chargeEnd(innermost());
      close();
      return true;
    case Flow.Br:
    case Flow.BrIf:
    case Flow.BrTable: {
      if (!listTargets(flow === Flow.BrTable, from)) return false;
      if (!reachable) return true;
      const stays = flow === Flow.BrIf;
      chargeBranch(stays);
      branch(stays);
      return true;
    }
    case Flow.Return:
      if (reachable) writeReturn(next);
      divert();
      return true;
    case Flow.Call:
    case Flow.TailCall:
    case Flow.Trap:
    case Flow.Throw:
      // the exit probes would stand before it
      if (flow === Flow.TailCall && wraps) return false;
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

/** A return, which with exit probes is a branch to the end of the block around the code. */
function writeReturn(next: usize): void {
  if (!wraps) return spill();
  beginTargets();
  addTarget(depth - 1);
  chargeBranch(false);
  branch(false);
  putIndexed(Opcode.Br, depth - 1);
  passOver(next);
}

/** Charges an instruction by its size, the topmost operand. */
function writeSized(unit: u32): void {
  const size = addedLocal + 1;
  hasSize = true;
  putIndexed(Opcode.LocalSet, size);
  chargeSize(size, unit);
  putIndexed(Opcode.LocalGet, size);
}

/** Writes the one index at `from` anew, where it moved. */
function renumber(space: u32, from: usize, next: usize): bool {
  if (readLeb(from) === 0 || value >= 0x8000_0000) return false;
  const isFunction = space === Space.Func;
  const first = isFunction ? movedFunctions : movedGlobals;
  if (value < first) return true;
  copyTo(from);
  putLeb(value + (isFunction ? functionsMove : globalsMove));
  passOver(next);
  return true;
}
