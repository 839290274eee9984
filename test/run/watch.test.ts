/** When a guest is to stop, and what it may still do then. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Control } from "../../src/run/job.ts";
import { Watch } from "../../src/run/watch.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

const newControl = () => new Int32Array(new SharedArrayBuffer(4 * Control.words));

test("past its time", () => {
  const watch = new Watch(newControl(), 500);
  vi.advanceTimersByTime(500);
  expect(watch.look).not.toThrow();
  vi.advanceTimersByTime(1);
  expect(watch.look).toThrow("timeout");
});

test("when it is asked to", () => {
  const control = newControl();
  const watch = new Watch(control, null);
  expect(watch.look).not.toThrow();
  Atomics.store(control, Control.stop, 1);
  expect(watch.look).toThrow("interrupted");
});

test("what is called of a guest that has ended has two seconds more, where it was to stop", () => {
  const control = newControl();
  const watch = new Watch(control, 500);
  vi.advanceTimersByTime(600);
  watch.ended();
  expect(control[Control.ended]).toBe(1);
  vi.advanceTimersByTime(1_999);
  expect(watch.look).not.toThrow();
  vi.advanceTimersByTime(2);
  expect(watch.look).toThrow("timeout");
  const untimed = new Watch(newControl(), null);
  untimed.ended();
  vi.advanceTimersByTime(1_000_000);
  expect(untimed.look).not.toThrow();
});
