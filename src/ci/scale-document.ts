/**
 * The document of `scale --json`, schema 1: what a program costs by the size of its input. Types only; its JSON schema is
 * generated from them. Fuel is an integer below 2^53; n is the number of elements that the arrays at the paths were given.
 */
import type { Toolchain } from "./toolchain.ts";

export interface ScaleDocument {
  readonly schemaVersion: 1;
  readonly kind: "scale";
  readonly tool: { readonly name: "javy-prof"; readonly version: string };
  readonly scenario: string;
  readonly paths: readonly ScaledPath[];
  readonly toolchain: Toolchain;
  /** The runs that the fit is of, by n; those that did not end well are no part of it. */
  readonly sizes: readonly SizeRun[];
  /** Null where fewer than two of them ended well. */
  readonly fit: ScaleFit | null;
  /** Null where no limit is known. */
  readonly largest: LargestSize | null;
}

export interface ScaledPath {
  /** As it was given: `cart.lines`. */
  readonly path: string;
  /** Elements of the array, of several the most, in the input as it was given. */
  readonly length: number;
}

export interface SizeRun {
  readonly n: number;
  /** Of the input as JSON text. */
  readonly inputBytes: number;
  /** Of a run that did not end well, up to its end. */
  readonly fuel: number;
  /** The fuel that is allowed for this input; null where no limit is known. */
  readonly limit: number | null;
  /** What was more than allowed: `fuel`, `inputBytes`, `outputBytes`, `memoryBytes`. */
  readonly exceeded: readonly string[];
  /** Why the guest did not end well; null where it did. */
  readonly failure: string | null;
}

export interface ScaleFit {
  /** fuel = Σ coefficients[i] · n^i; two of a line, three of a square. */
  readonly coefficients: readonly number[];
  /** The same exactly: integers as decimal texts, over one denominator. */
  readonly exact: { readonly numerators: readonly string[]; readonly denominator: string };
  /** Of the sizes. */
  readonly error: ScaleError;
  /** Of each size by the fit of all others; null where there are too few. */
  readonly unseen: ScaleError | null;
  /** The same for the polynomial that was not taken, a square or a line; null where there are too few. */
  readonly other: ScaleError | null;
}

export interface ScaleError {
  /** The largest deviation, and the size with it. */
  readonly fuel: number;
  readonly n: number;
  /** The largest part of a size's own fuel, of 1. */
  readonly relative: number;
}

export interface LargestSize {
  /** The largest n that fits, which was run; null where none does. */
  readonly fits: SizeRun | null;
  /** The next n, which does not, and was run; null where all up to the largest that is tried fit. */
  readonly next: SizeRun | null;
  /** What the fit alone would have said; null where there is none. */
  readonly expected: number | null;
  /** A larger size that fits though `next` does not; null where none was met. */
  readonly again: number | null;
  /** Runs that the search took. */
  readonly runs: number;
}
