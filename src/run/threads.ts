/**
 * The guests' threads. Booting one costs as much as a small program, so a thread that has come to its job's end is kept
 * for the next one; kept threads do not keep the process alive.
 */
import { GuestThread } from "./thread.ts";

const idle: GuestThread[] = [];

/**
 * Lends a thread for as long as `act` takes. One that is still at work then, or failed, is ended. `mayBlock`: short jobs may
 * be done on the calling thread instead.
 */
export async function withThread<T>(act: (thread: GuestThread) => Promise<T>, mayBlock = false): Promise<T> {
  const thread = idle.pop() ?? new GuestThread();
  thread.attend(true);
  thread.letBlock(mayBlock);
  try {
    return await act(thread);
  } finally {
    if (thread.reusable) {
      thread.attend(false);
      idle.push(thread);
    } else await thread.close();
  }
}
