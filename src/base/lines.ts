/** The lines of a text as JavaScript counts them: its four line terminators, and a carriage return with its line feed as one. */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|\n|\r|\u2028|\u2029/);
}
