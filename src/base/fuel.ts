/**
 * Fuel is an integer everywhere. Inside the guest and the collector it is an i64; in results it is a JSON
 * integer, so it must stay below 2^53: beyond that it is an error, never a rounding.
 */
import { internalError } from "./diagnostics.ts";

/** A count of fuel as a number: always a safe integer. */
export type Fuel = number;

/**
 * Where any run is stopped: half of what a result holds, as what is executed between two looks at the counter comes on
 * top of it (at most a function's straight code, or one instruction over all of a memory, at a million each).
 */
const mostFuel: Fuel = 2 ** 52;

/** Fuel past which a run is stopped that is to be stopped past `maxFuel`, if anywhere. */
export function fuelLimit(maxFuel: Fuel | null): Fuel {
  return Math.min(maxFuel ?? mostFuel, mostFuel);
}

/** Converts a counter to a result's integer; throws past 2^53 - 1. */
export function toFuel(counter: bigint): Fuel {
  const fuel = Number(counter);
  if (!Number.isSafeInteger(fuel))
    throw internalError(`fuel ${counter} does not fit a JSON integer (2^53 - 1)`);
  return fuel;
}

/** Adds two counts; throws where the sum is not a safe integer. */
export function addFuel(a: Fuel, b: Fuel): Fuel {
  const sum = a + b;
  if (!Number.isSafeInteger(sum))
    throw internalError(`fuel ${a} + ${b} does not fit a JSON integer (2^53 - 1)`);
  return sum;
}
