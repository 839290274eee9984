/** The few colours of the terminal output: applied to text that is already inert and has its final width. */

export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    text === "" ? "" : `\x1b[${on}m${text}\x1b[${off}m`;
const plain = (text: string): string => text;

/** Colours where `colour` is set, else functions that change nothing. */
export function paintWith(colour: boolean): Paint {
  if (!colour) return { bold: plain, dim: plain, red: plain, yellow: plain, cyan: plain };
  return { bold: sgr(1, 22), dim: sgr(2, 22), red: sgr(31, 39), yellow: sgr(33, 39), cyan: sgr(36, 39) };
}
