/** The order of texts by their units of UTF-16: the same everywhere, whatever the locale. For `sort`. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
