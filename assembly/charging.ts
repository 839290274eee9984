/**
 * When the meter must be right, and where: src/probe/charging.ts, where everything is explained, for code without
 * exceptions. Each function is called before the instruction that it names is written.
 */
import {
  Frame,
  hasPotential,
  joins,
  lead,
  leaves,
  outermost,
  potential,
  reachable,
  share,
  target,
  targetCount,
  wraps,
} from "./blocks";
import { align, checks, pending, resume, spill, writeThrough } from "./meter";
import { Flow, Opcode } from "./numbers";
import { put } from "./writer";

/** A branch to the targets that were listed. `stays`: control may also go on. */
export function chargeBranch(stays: bool): void {
  const labels = alignTargets();
  if (labels === targetCount) return;
  if (stays || labels > 0) writeThrough();
  else spill();
}

/** Makes the local right but for the potential of the targets that do not leave; how many these are. */
function alignTargets(): u32 {
  let labels: u32 = 0;
  let isKnown = false;
  let value: i64 = 0;
  for (let i: u32 = 0; i < targetCount; i++) {
    const frame = target(i);
    if (leaves(frame)) continue;
    labels += 1;
    if (!hasPotential(frame)) continue;
    if (isKnown && potential(frame) !== value) share();
    if (!isKnown) value = potential(frame);
    isKnown = true;
  }
  if (labels === 0) return 0;
  if (!isKnown) value = pending;
  for (let i: u32 = 0; i < targetCount; i++) if (!leaves(target(i))) lead(target(i), value);
  align(value);
  return labels;
}

/** The way to a label's end from the code before it. */
function join(frame: Frame): void {
  lead(frame, pending);
  align(potential(frame));
}

export function chargeLoop(frame: Frame): void {
  // a check at the header is cheaper where nothing is pending
  lead(frame, checks ? 0 : pending);
  align(potential(frame));
}

export function chargeIf(frame: Frame): void {
  align(pending);
  frame.parted = pending;
}

export function chargeElse(frame: Frame): void {
  if (reachable) join(frame);
  if (frame.live) resume(frame.parted, false);
  else resume(0, true);
}

/** The innermost block, not the function's own, ends. */
export function chargeEnd(frame: Frame): void {
  if (!joins(frame)) return;
  const skips = frame.flow === Flow.If && !frame.sawElse;
  const skipped = frame.parted;
  // where there is no `else`, its way to the end is the one that should cost nothing
  if (skips) lead(frame, skipped);
  if (reachable) join(frame);
  if (skips && skipped !== potential(frame)) {
    put(Opcode.Else);
    resume(skipped, false);
    join(frame);
  }
  resume(hasPotential(frame) ? potential(frame) : 0, false);
}

/** The block around the code ends; false where there is none, or nothing leads to its end. */
export function endWrap(): bool {
  const frame = outermost();
  if (!wraps || !frame.targeted) return false;
  if (reachable) join(frame);
  resume(potential(frame), false);
  return true;
}
