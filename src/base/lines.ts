import { encodeText } from "./bytes.ts";

/** The lines of a text as JavaScript counts them: its four line terminators, and a carriage return with its line feed as one. */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|\n|\r|\u2028|\u2029/);
}

/** For each byte of a text in UTF-8 the index of its character (unit of UTF-16), 0-based; null where all are one byte. */
export function indicesOf(text: string): Uint32Array | null {
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
