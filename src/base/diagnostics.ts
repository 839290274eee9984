/**
 * The one error class. Everything that can go wrong for a reason outside this program is a Diagnostic:
 * what was found, what is supported, what to do; cli.ts prints it in one place and maps its `exit` to the
 * process's exit code (PRODUCT: "Exit codes"). Any other thrown value is a bug of ours and exits with 5.
 */

/** The exit codes of the command line. 0 is success; 130 is an interrupt. */
export const Exit = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  guestFailed: 3,
  unsupported: 4,
  internal: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof Exit)[keyof typeof Exit];

export class Diagnostic extends Error {
  /** Exit code that this error ends the process with. */
  readonly exit: ExitCode;
  /** Further lines below the message: what was found, what is supported, what to do. */
  readonly details: readonly string[];

  constructor(exit: ExitCode, message: string, details: readonly string[] = []) {
    super(message);
    this.name = "Diagnostic";
    this.exit = exit;
    this.details = details;
  }
}

/** A wrong flag, value, path or configuration (exit 2). */
export function usageError(message: string, ...details: string[]): Diagnostic {
  return new Diagnostic(Exit.usage, message, details);
}

/** A module that is malformed or of a kind that is not supported (exit 4). */
export function unsupported(message: string, ...details: string[]): Diagnostic {
  return new Diagnostic(Exit.unsupported, message, details);
}

/** A self-check that failed (exit 5): a number that cannot be, a sum that does not hold. */
export function internalError(message: string, ...details: string[]): Diagnostic {
  return new Diagnostic(Exit.internal, message, [
    ...details,
    "this is a bug in javy-prof: please report it with the input that caused it",
  ]);
}

/** Malformed bytes: the message carries the absolute byte offset (0-based) in the file (exit 4). */
export class DecodeError extends Diagnostic {
  readonly offset: number;

  constructor(what: string, offset: number) {
    super(Exit.unsupported, `${what} (at offset 0x${offset.toString(16)})`);
    this.name = "DecodeError";
    this.offset = offset;
  }
}

const damaged = "what is there is damaged, or cut short: build it, or get it, anew";

/** Says in an error about a file which file it is. */
export function named<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    const details = error instanceof DecodeError ? [damaged] : error.details;
    throw new Diagnostic(error.exit, `${file}: ${error.message}`, details);
  }
}

const whyUnreadable: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
};

/** A file of the command line that cannot be read (exit 2); `what` it should have been, `cause` as the system said it. */
export function unreadable(path: string, what: string, cause: unknown): Diagnostic {
  const { code } = cause as { readonly code?: string };
  return usageError(`cannot read ${what} ${path}: ${whyUnreadable[code ?? ""] ?? code ?? String(cause)}`);
}
