/** What a recorder counted by code offset, of one function. */
import type { Recorder } from "../../src/profiler/counters/recorder.ts";

export function codesOf(recorder: Recorder, id: number) {
  const { first, offset, fuel, hits } = recorder.codes();
  const [from, to] = [first[id] ?? offset.length, first[id + 1] ?? offset.length];
  return { offsets: offset.slice(from, to), fuel: fuel.slice(from, to), hits: hits.slice(from, to) };
}
