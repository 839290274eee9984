/**
 * What the meter writes, and the state that it does so from: src/probe/meter.ts in its mode `run`, where everything is
 * explained.
 */
import { Opcode, Type } from "./numbers";
import { put, putConstant, putIndexed } from "./writer";

let counter: u32 = 0;
let limit: u32 = 0;
let tick: u32 = 0;
/** Whether the counter is compared with the limit at function entries and loop headers. */
export let checks: bool = false;

/** Index of the local that holds the counter, in the function at hand. */
let local: u32 = 0;
/** True where only the global is right. */
export let stale: bool = true;
/** Fuel of the instructions since the last emission. */
export let pending: i64 = 0;
export let usesLocal: bool = false;

/** Indices of the counter, its limit and the function that is called past it, in the module that is written. */
export function setMeter(counterIndex: u32, limitIndex: u32, tickIndex: u32, withChecks: bool): void {
  counter = counterIndex;
  limit = limitIndex;
  tick = tickIndex;
  checks = withChecks;
}

/** Begins a function. `value`: what is pending; `isStale`: whether only the global is right. */
export function beginMeter(localIndex: u32, value: i64, isStale: bool): void {
  local = localIndex;
  stale = isStale;
  pending = value;
  usesLocal = false;
}

export function charge(cost: u32): void {
  pending += <i64>cost;
}

/** What is pending where a way begins, and whether only the global is right there. */
export function resume(value: i64, isStale: bool): void {
  pending = value;
  stale = isStale;
}

function pushCount(): void {
  if (stale) putIndexed(Opcode.GlobalGet, counter);
  else putIndexed(Opcode.LocalGet, local);
}

function peekFuel(): void {
  pushCount();
  if (pending === 0) return;
  putConstant(pending);
  put(Opcode.I64Add);
}

/** Makes the local right but for `rest`, which stays pending. */
export function align(rest: i64): void {
  const difference = pending - rest;
  pending = rest;
  if (!stale && difference === 0) return;
  pushCount();
  if (difference !== 0) {
    putConstant(difference);
    put(Opcode.I64Add);
  }
  putIndexed(Opcode.LocalSet, local);
  usesLocal = true;
  stale = false;
}

/** Makes the global right and forgets the local. */
export function spill(): void {
  if (stale && pending === 0) return;
  peekFuel();
  pending = 0;
  putIndexed(Opcode.GlobalSet, counter);
  stale = true;
}

/** Makes the global right, and the local stays what it is. */
export function writeThrough(): void {
  if (stale) return spill();
  peekFuel();
  putIndexed(Opcode.GlobalSet, counter);
}

/** Adds `unit` times the value of an i32 local. */
export function chargeSize(size: u32, unit: u32): void {
  peekFuel();
  pending = 0;
  putIndexed(Opcode.LocalGet, size);
  put(Opcode.I64ExtendI32U);
  if (unit !== 1) {
    putConstant(<i64>unit);
    put(Opcode.I64Mul);
  }
  put(Opcode.I64Add);
  if (stale) putIndexed(Opcode.GlobalSet, counter);
  else putIndexed(Opcode.LocalSet, local);
}

/** At a loop header: past the limit, the host is asked. */
export function check(): void {
  peekFuel();
  beginPastLimit();
  if (!stale) writeThrough();
  endPastLimit();
}

/** The same at a function's entry. */
export function checkAtEntry(): void {
  putIndexed(Opcode.GlobalGet, counter);
  beginPastLimit();
  endPastLimit();
}

function beginPastLimit(): void {
  putIndexed(Opcode.GlobalGet, limit);
  put(Opcode.I64GtS);
  put(Opcode.If);
  put(Type.Empty);
}

function endPastLimit(): void {
  putIndexed(Opcode.Call, tick);
  put(Opcode.End);
}
