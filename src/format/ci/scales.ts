/** What a program costs by the size of its input, in each form that `scale --format` names. */
import type { ScaleDocument } from "../../ci/scale-document.ts";
import type { ScaleFormat } from "../choices.ts";
import { rowsJson } from "../rows.ts";
import { renderScaleSvg } from "./scale-svg.ts";
import { renderScale, type ScaleTextOptions } from "./scale-text.ts";

export function writeScale(format: ScaleFormat, document: ScaleDocument, options: ScaleTextOptions): string {
  switch (format) {
    case "table":
      return renderScale(document, options);
    case "json":
      return rowsJson(document, new Set(["sizes", "paths"]));
    case "csv":
      return writeCsv(document);
    case "svg":
      return renderScaleSvg(document);
  }
}

/** The sizes alone: numbers, and words of ours. */
function writeCsv({ sizes }: ScaleDocument): string {
  const rows = sizes.map(({ n, inputBytes, fuel, limit, exceeded, failure }) =>
    [n, inputBytes, fuel, limit ?? "", exceeded.join(" "), failure === null ? "" : "failed"].join(","),
  );
  return ["n,input_bytes,fuel,limit,exceeded,failure", ...rows].map((line) => `${line}\n`).join("");
}
