/** A world for commands that keeps what they say. */
import type { CommandIo } from "../../src/commands/io.ts";

export interface TestIo extends CommandIo {
  /** All that was written to stderr, and the pieces written to stdout. */
  readonly said: { stderr: string; readonly stdout: (string | Uint8Array)[] };
  /** Ctrl-C. */
  readonly interrupt: () => void;
}

export function testIo(cwd: string): TestIo {
  const said = { stderr: "", stdout: [] as (string | Uint8Array)[] };
  const control = new AbortController();
  return {
    said,
    interrupt: () => control.abort(),
    stdout: async (data) => void said.stdout.push(data),
    stderr: (text) => {
      said.stderr += text;
    },
    ...{
      isTerminal: false,
      stdoutIsTerminal: false,
      stdinIsTerminal: false,
      readStdin: async () => new Uint8Array(),
      onKey: () => () => {},
      width: 80,
      unicode: false,
      command: "javy-prof",
      colour: false,
      env: {},
      cwd,
      interrupted: control.signal,
    },
  };
}
