/** What a file of a format contains: what the format writes, compressed where it is one of those. */
import { gzipSync } from "node:zlib";
import type { Format, WriteOptions } from "../format/files/formats.ts";
import type { Result } from "../index.ts";

/** Chunks of the file, made as they are taken. */
export function* contentOf(
  { write, gzipped }: Format,
  result: Result,
  options: WriteOptions,
): Generator<string | Uint8Array> {
  if (!gzipped) return yield* write(result, options);
  const chunks = [...write(result, options)];
  yield gzipSync(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as Uint8Array))));
}
