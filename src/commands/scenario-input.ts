/** What a scenario's guest reads, from the file that the scenario names. */
import { encodeText } from "../base/bytes.ts";
import { Diagnostic, headline } from "../base/diagnostics.ts";
import { parseFixture, parseRunLog, type Replayed, type ScenarioInput } from "../index.ts";
import { readInput, readText } from "./input.ts";

export interface GuestInput {
  readonly bytes: Uint8Array;
  /** The export that the file is for; null where it names none. */
  readonly export: string | null;
  /** The run in production that it is of; null where it is of none. */
  readonly replayed: Replayed | null;
}

/** `folder`: what the path is relative to. @throws Diagnostic (usage). */
export async function readScenarioInput(input: ScenarioInput, folder: string): Promise<GuestInput> {
  switch (input.kind) {
    case "nothing":
      return { bytes: new Uint8Array(), export: null, replayed: null };
    case "file":
      return { bytes: await readInput(input.path, folder, "the input"), export: null, replayed: null };
    case "fixture": {
      const fixture = parseFixture(await readText(input.path, folder, "the fixture"), input.path);
      return { bytes: encodeText(fixture.input), export: fixture.export, replayed: null };
    }
    case "replay": {
      const log = parseRunLog(await readText(input.path, folder, "the log"), input.path);
      return { bytes: encodeText(log.input), export: log.export, replayed: log.replayed };
    }
  }
}

/** The error of one run among several, with the run's name. */
export function errorOf<T>(name: string, error: T): T | Diagnostic {
  if (!(error instanceof Diagnostic) || error.kind === "interrupted") return error;
  const nowhere = { file: null, span: null, offset: null };
  return new Diagnostic({ ...error.fields, message: `${name}: ${headline(error)}`, ...nowhere });
}
