/** Patience is with the guest: it ends with the guest, not with what is read out afterwards. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Control } from "../../src/run/job.ts";
import { Patience } from "../../src/run/patience.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const newControl = () => new Int32Array(new SharedArrayBuffer(4 * Control.words));

async function isLost(patience: Patience, milliseconds: number): Promise<boolean> {
  const lost = patience.ended.then(
    () => false,
    () => true,
  );
  await vi.advanceTimersByTimeAsync(milliseconds);
  const answer = await Promise.race([lost, Promise.resolve(false)]);
  return answer;
}

test("a guest that does not stop is given up, after its time and ten seconds", async () => {
  const patience = new Patience(newControl(), 2_000, undefined);
  expect(await isLost(patience, 11_999)).toBe(false);
  expect(await isLost(patience, 1)).toBe(true);
  await expect(patience.ended).rejects.toMatchObject({ kind: "check" });
});

test("and after Ctrl-C", async () => {
  const interruption = new AbortController();
  const patience = new Patience(newControl(), null, interruption.signal);
  expect(await isLost(patience, 100_000)).toBe(false);
  interruption.abort();
  expect(await isLost(patience, 10_000)).toBe(true);
  await expect(patience.ended).rejects.toMatchObject({ kind: "interrupted" });
});

test("one that has ended is read out, however long that takes", async () => {
  const control = newControl();
  const patience = new Patience(control, 2_000, undefined);
  Atomics.store(control, Control.ended, 1);
  expect(await isLost(patience, 1_000_000)).toBe(false);
});
