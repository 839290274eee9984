/**
 * V8's .cpuprofile, types only: `Profiler.Profile` of the Chrome DevTools protocol
 * (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile). Times are microseconds;
 * here one microsecond is one fuel.
 */
import type { LineTick } from "./line-ticks.ts";

export interface CpuProfile {
  /** A tree by ids, in depth-first order; nodes[0] is `(root)`. */
  readonly nodes: readonly CpuNode[];
  readonly startTime: number;
  readonly endTime: number;
  /** Ids of the innermost nodes, in time order. */
  readonly samples: readonly number[];
  /** Time from the sample before (the first: from startTime); a sample's own time is the next one's delta. */
  readonly timeDeltas: readonly number[];
}

export interface CpuNode {
  /** 1-based. */
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    /** The same for all functions of a url. */
    readonly scriptId: string;
    readonly url: string;
    /** 0-based, -1 where unknown. */
    readonly lineNumber: number;
    /** 0-based, -1 where unknown. */
    readonly columnNumber: number;
  };
  /** Fuel of the node itself: a hit a microsecond. */
  readonly hitCount: number;
  readonly children: readonly number[];
  /** Lines are 1-based here, unlike the frame's. */
  readonly positionTicks?: readonly LineTick[];
}
