/**
 * The blocks that are open, and the potentials of their labels: what src/probe/control.ts and labels.ts are for code
 * without exceptions. Blocks are numbered in the order in which a function opens them, the function's own being 0.
 */

import { Flow } from "./numbers";

/** Deeper nesting, and more blocks in a function, are not the kernel's. */
const deepest: u32 = 1024;
const most: u32 = 16384;
/** Bytes from one frame to the next. */
const frameSize: u32 = 32;

@unmanaged
export class Frame {
  /** What is pending where an `if` parts. */
  parted: i64 = 0;
  number: u32 = 0;
  /** Where the potential of its label is kept. */
  slot: u32 = 0;
  flow: u32 = 0;
  /** The branch that was last found to lead to its label. */
  branch: u32 = 0;
  /** Whether control can reach the block at all. */
  live: bool = false;
  /** A reachable branch leads to its label. */
  targeted: bool = false;
  /** A part that ended before reached its end. */
  partReached: bool = false;
  sawElse: bool = false;
}

const frames: usize = memory.data(deepest * frameSize, 8);
/** The distinct targets of the branch that was looked at last. */
const targets: usize = memory.data(deepest * 4, 4);
/** The group that a block shares its potential with, by number: that of a block in it, and 1; 0 where there is none. */
const groups: usize = memory.data(most * 4, 4);
/** Potentials of blocks without a group, by number, and behind them those of groups; and whether there is one yet. */
const potentials: usize = memory.data(most * 16, 8);
const known: usize = memory.data(most * 2);

/** Whether control can get to where the walk is. */
export let reachable: bool = true;
/** How many blocks are open, the function's own included. */
export let depth: u32 = 0;
/** How many blocks the walk has opened. */
let opened: u32 = 0;
/** How many the function has at least. */
let used: u32 = 0;
let branches: u32 = 0;
export let targetCount: u32 = 0;
/** Whether a block stands around the code, behind which exit probes are: branches to its label do not yet leave the function. */
export let wraps: bool = false;
/** Whether this walk found labels that have to share a potential, which takes another one. */
export let learnt: bool = false;

export function divert(): void {
  reachable = false;
}

/** Begins a walk over a function's code. `again`: with the groups that were found before. */
export function beginBlocks(again: bool, isWrapped: bool): void {
  wraps = isWrapped;
  memory.fill(known, 0, used);
  memory.fill(known + most, 0, used);
  if (!again) {
    memory.fill(groups, 0, used * 4);
    used = 0;
  }
  reachable = true;
  depth = 0;
  opened = 0;
  learnt = false;
}

/** Opens a block; null where there are too many. */
export function open(flow: u32): Frame | null {
  if (depth === deepest || opened === most) return null;
  depth += 1;
  const frame = innermost();
  const number = opened++;
  if (opened > used) used = opened;
  const group = load<u32>(groups + number * 4);
  frame.number = number;
  frame.slot = group === 0 ? number : most + group - 1;
  frame.flow = flow;
  frame.branch = 0;
  frame.live = reachable;
  frame.targeted = false;
  frame.partReached = false;
  frame.sawElse = false;
  return frame;
}

export function innermost(): Frame {
  return changetype<Frame>(frames + <usize>(depth - 1) * frameSize);
}

/** A branch is looked at: its targets are listed anew. */
export function beginTargets(): void {
  branches += 1;
  targetCount = 0;
}

/** Lists the block of a label, once; false where there is none. */
export function addTarget(label: u32): bool {
  if (label >= depth) return false;
  const frame = changetype<Frame>(frames + <usize>(depth - 1 - label) * frameSize);
  if (frame.branch === branches) return true;
  frame.branch = branches;
  store<u32>(targets + targetCount++ * 4, <u32>changetype<usize>(frame));
  return true;
}

export function target(i: u32): Frame {
  return changetype<Frame>(<usize>load<u32>(targets + i * 4));
}

export function outermost(): Frame {
  return changetype<Frame>(frames);
}

/** Whether a branch to the label leaves the function: there only the global counts. */
export function leaves(frame: Frame): bool {
  return !wraps && changetype<usize>(frame) === frames;
}

/** The targets of a branch that is reached. `stays`: control may also go on. */
export function branch(stays: bool): void {
  for (let i: u32 = 0; i < targetCount; i++) target(i).targeted = true;
  if (!stays) reachable = false;
}

/** The innermost block, an `if`, goes on with its `else`. */
export function part(frame: Frame): void {
  if (reachable) frame.partReached = true;
  reachable = frame.live;
  frame.sawElse = true;
}

/** Whether more than one way leads to the end of a block, but for a loop's, which has its label elsewhere. */
export function joins(frame: Frame): bool {
  if (frame.flow === Flow.Loop) return false;
  return (frame.flow === Flow.If && frame.live) || frame.targeted || frame.partReached;
}

/** The innermost block ends. */
export function close(): void {
  const frame = innermost();
  depth -= 1;
  const implicitElse = frame.flow === Flow.If && !frame.sawElse;
  const branched = frame.flow !== Flow.Loop && frame.targeted;
  reachable = frame.live && (reachable || frame.partReached || implicitElse || branched);
}

export function hasPotential(frame: Frame): bool {
  return load<u8>(known + frame.slot) !== 0;
}

export function potential(frame: Frame): i64 {
  return load<i64>(potentials + (frame.slot << 3));
}

/** Every way to the label leads there with `value` pending, unless another one has been there before. */
export function lead(frame: Frame, value: i64): void {
  if (hasPotential(frame)) return;
  store<u8>(known + frame.slot, 1);
  store<i64>(potentials + (frame.slot << 3), value);
}

/** From the next walk on the targets share one potential, but for the way out. */
export function share(): void {
  let all: u32 = 0;
  for (let i: u32 = 0; i < targetCount; i++) {
    const frame = target(i);
    if (leaves(frame)) continue;
    const group = groupOf(frame);
    if (all === 0) all = group;
    for (let n: u32 = 0; n < opened; n++)
      if (load<u32>(groups + n * 4) === group) store<u32>(groups + n * 4, all);
  }
  for (let i: u32 = 0; i < targetCount; i++)
    if (!leaves(target(i))) store<u32>(groups + target(i).number * 4, all);
  learnt = true;
}

function groupOf(frame: Frame): u32 {
  const group = load<u32>(groups + frame.number * 4);
  return group === 0 ? frame.number + 1 : group;
}
