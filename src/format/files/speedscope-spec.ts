/**
 * The speedscope file format, types only: the subset of
 * https://www.speedscope.app/file-format-schema.json that is written here. Its tests validate against the
 * schema in the speedscope package. Source: speedscope `src/lib/file-format-spec.ts`.
 */

export interface SpeedscopeFile {
  readonly $schema: "https://www.speedscope.app/file-format-schema.json";
  /** Frames of all profiles: a frame's identity is its index here. */
  readonly shared: { readonly frames: readonly SpeedscopeFrame[] };
  readonly profiles: readonly SpeedscopeProfile[];
  /** The title of the page. */
  readonly name: string;
  /** Not of the format, which takes more members: the sha256 of the guest's input, by which two runs of a program differ. */
  readonly input: string;
  /** Index into profiles, 0-based: what is shown first. */
  readonly activeProfileIndex: number;
  readonly exporter: string;
}

export interface SpeedscopeFrame {
  /** The only part that labels show. */
  readonly name: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly col?: number;
}

export type SpeedscopeProfile = EventedProfile | SampledProfile;

interface ProfileHead {
  readonly name: string;
  /** There is no unit of instructions: the profile's name says fuel. */
  readonly unit: "none";
  readonly startValue: number;
  readonly endValue: number;
}

/** Calls in order: `at` never decreases, closes are strictly last in, first out, nothing stays open. */
export interface EventedProfile extends ProfileHead {
  readonly type: "evented";
  readonly events: Iterable<FrameEvent>;
}

export interface FrameEvent {
  /** Open or close. */
  readonly type: "O" | "C";
  /** Index into shared.frames, 0-based. */
  readonly frame: number;
  /** Fuel since the start of the run. */
  readonly at: number;
}

/** Stacks with a weight each; samples and weights have the same length. */
export interface SampledProfile extends ProfileHead {
  readonly type: "sampled";
  /** Frame indices, 0-based, outermost first. */
  readonly samples: Iterable<readonly number[]>;
  /** Fuel of the stack at the same index. */
  readonly weights: readonly number[];
}
