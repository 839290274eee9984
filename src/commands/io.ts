/**
 * What a command may know of the world: cli.ts alone touches the process and hands this over, so that tests
 * can too. Files and sockets are a command's own business.
 */

export interface CommandIo {
  /** Writes to stdout, all of it, and waits until it is taken. */
  readonly stdout: (data: string | Uint8Array) => Promise<void>;
  /** Writes text to stderr; the caller ends its lines. */
  readonly stderr: (text: string) => void;
  /** Whether stderr is a terminal: progress and opening a browser make sense only there. */
  readonly isTerminal: boolean;
  /** Whether stdout is a terminal: then the guest's output and what is said of it stand in one place. */
  readonly stdoutIsTerminal: boolean;
  /** Whether stdin is a terminal: a guest does not read from one. */
  readonly stdinIsTerminal: boolean;
  /** All of stdin, to its end. */
  readonly readStdin: () => Promise<Uint8Array>;
  /** Calls back for each key, without waiting for a line, where stdin is a terminal; gives what ends that. Ctrl-C stays what it is. */
  readonly onKey: (pressed: (key: string) => void) => () => void;
  /** Columns of the terminal; of COLUMNS, or 80, where there is none. */
  readonly width: number;
  /** Whether stderr shows more than ASCII. */
  readonly unicode: boolean;
  /** What to type here for javy-prof: `npx javy-prof`, `node dist/cli.js`. */
  readonly command: string;
  /** Whether stderr takes colour (NO_COLOR, FORCE_COLOR and CI are already considered). */
  readonly colour: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths of the command line start here. */
  readonly cwd: string;
  /** Aborted at Ctrl-C. */
  readonly interrupted: AbortSignal;
}
