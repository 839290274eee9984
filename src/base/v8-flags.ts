/**
 * Flags of V8 that hold for as long as something is done. The process of the command line changes them; in anybody else's V8
 * stays as its user set it.
 */

let setFlags: ((flag: string) => void) | null = null;

/** From here on flags are changed, by that function (`v8.setFlagsFromString`). */
export function changeFlags(set: (flag: string) => void): void {
  setFlags = set;
}

/** Does something with a flag on that is off by default, where flags are changed. `flag`: without dashes. */
export function withFlag<T>(flag: string, act: () => T): T {
  setFlags?.(`--${flag}`);
  try {
    return act();
  } finally {
    setFlags?.(`--no-${flag}`);
  }
}
