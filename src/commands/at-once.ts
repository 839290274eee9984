/** Works on a list, by default as much of it at once as there are processors, and hears of what came of it in the list's order. */
import { availableParallelism } from "node:os";

/**
 * Calls `take` with what `work` gave for each item, in the order of the items, whatever ends first. The first error ends it:
 * what has not begun does not begin, as after `signal`. `most`: items at work at once. Gives how many were taken.
 */
export async function atOnce<Item, Done>(
  items: readonly Item[],
  work: (item: Item) => Promise<Done>,
  take: (done: Done, item: Item) => void,
  signal?: AbortSignal,
  most = availableParallelism(),
): Promise<number> {
  const waiting = new Map<number, Done>();
  let next = 0;
  let taken = 0;
  const run = async () => {
    try {
      for (let i = next++; i < items.length && !signal?.aborted; i = next++) {
        waiting.set(i, await work(items[i]!));
        for (let done = waiting.get(taken); done !== undefined; done = waiting.get(taken)) {
          waiting.delete(taken);
          take(done, items[taken++]!);
        }
      }
    } catch (error) {
      next = items.length;
      throw error;
    }
  };
  const workers = Math.min(items.length, most);
  await Promise.all(Array.from({ length: workers }, run));
  return taken;
}
