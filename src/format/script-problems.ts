/**
 * The problems of a script as lines: file:line:column and what is wrong, the line itself, a caret under the place,
 * the likely cure. The script's text is the user's, and still made inert: it may have come from anywhere.
 */
import { position, type ScriptError } from "../monitor/source.ts";
import { inertText } from "./inert.ts";

/** All problems, a blank line between two. */
export function problemLines({ source, problems }: ScriptError): string[] {
  return problems.flatMap(({ span, message, cure }, i) => {
    const at = position(source.text, span.start);
    // The same text with the same widths: a tab in front of the caret stays a tab.
    const before = [...at.text].slice(0, at.column - 1).map((character) => (character === "\t" ? "\t" : " "));
    const width = Math.max(
      1,
      Math.min([...source.text.slice(span.start, span.end).split("\n")[0]!].length, 60),
    );
    return [
      ...(i > 0 ? [""] : []),
      `${inertText(source.file)}:${at.line}:${at.column}: ${inertText(message)}`,
      `  ${at.text.split("\t").map(inertText).join("\t")}`,
      `  ${before.join("")}${"^".repeat(width)}${cure ? ` ${inertText(cure)}` : ""}`,
    ];
  });
}
