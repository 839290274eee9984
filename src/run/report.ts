/**
 * What a guest writes to stderr of an exception that nobody caught. It is held back: whoever shows the result says the
 * same, with the class and the places of the sources. Where it turns out to be no such report, it is passed on.
 */

/** Bytes that are held back; reports are shorter. */
const longest = 65_536;

export class Report {
  #held: Uint8Array[] = [];
  #length = 0;
  #passed = false;
  readonly #pass: (bytes: Uint8Array) => void;

  /** `pass`: passes on what was held back. */
  constructor(pass: (bytes: Uint8Array) => void) {
    this.#pass = pass;
  }

  /** Whether it holds these bytes back. */
  takes(bytes: Uint8Array): boolean {
    if (this.#passed) return false;
    if (this.#length + bytes.length > longest) {
      this.passOn();
      return false;
    }
    this.#held.push(bytes.slice());
    this.#length += bytes.length;
    return true;
  }

  /** It is no report, or none that is only to be read: what was held back goes where all else goes. */
  passOn(): void {
    if (this.#passed) return;
    this.#passed = true;
    for (const bytes of this.#held) this.#pass(bytes);
    this.#held = [];
  }

  /** What is held back. */
  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#held));
  }
}
