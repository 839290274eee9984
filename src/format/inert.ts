/**
 * Makes text from a guest harmless. Names, messages and paths come from programs we did not write: printed
 * raw they could move the cursor, retitle the window or turn a line's reading direction around. What is not
 * a plain printing character is shown by its escape instead, so the name stays recognisable.
 */

// C0, DEL and C1 controls; line and paragraph separators; bidi marks, embeddings, overrides and isolates;
// invisible formatting (soft hyphen, zero-width space, word joiner, byte order mark, interlinear marks, tags);
// lone surrogates. ZWJ and ZWNJ stay: they are part of real identifiers and emoji.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `text` as one line that no terminal acts on: `a\x1b[31m` for an escape, `\u202e` for an override. */
export function inertText(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.codePointAt(0)!;
    if (SHORT[char] !== undefined) return SHORT[char];
    if (code > 0xffff) return `\\u{${code.toString(16)}}`;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

const MARKUP: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** The same as text or as an attribute's value in XML: nothing is left that XML 1.0 cannot hold. */
export function inertXml(text: string): string {
  return inertText(text).replace(/[&<>"]/g, (char) => MARKUP[char]!);
}

/** JSON text with the same characters as \u escapes: the same document, harmless when shown raw. */
export function inertJson(json: string): string {
  return json.replace(UNSAFE, (char) => {
    let escaped = "";
    for (let i = 0; i < char.length; i++) escaped += `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`;
    return escaped;
  });
}
