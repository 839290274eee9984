import { encodeText } from "./bytes.ts";

/** The lines of a text as JavaScript counts them: its four line terminators, and a carriage return with its line feed as one. */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|\n|\r|\u2028|\u2029/);
}

/**
 * Columns of lines, which engines count in bytes of UTF-8, in units of UTF-16. What tells one from the other is made once a
 * line, when it is first asked for: a bundle's line can be megabytes long.
 */
export class ByteColumns {
  readonly #lines: readonly string[];
  readonly #indices = new Map<number, Uint32Array | null>();

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /**
   * The index of the character at a byte of a line, both 0-based, the line 1-based: the line's length for what is behind its
   * end, and the byte itself where there is no such line.
   */
  index(line: number, byte: number): number {
    const text = this.#lines[line - 1];
    if (text === undefined) return byte;
    let indices = this.#indices.get(line);
    if (indices === undefined) this.#indices.set(line, (indices = indicesOf(text)));
    return indices === null ? byte : (indices[byte] ?? text.length);
  }
}

/** For each byte of a text in UTF-8 the index of its character (unit of UTF-16), 0-based; null where all are one byte. */
function indicesOf(text: string): Uint32Array | null {
  const bytes = encodeText(text);
  if (bytes.length === text.length) return null;
  const indices = new Uint32Array(bytes.length);
  let index = -1;
  bytes.forEach((byte, at) => {
    // a continuation belongs to the character before it; four bytes are two units of UTF-16
    if ((byte & 0xc0) !== 0x80) index += 1;
    indices[at] = index;
    if (byte >= 0xf0) index += 1;
  });
  return indices;
}
