/**
 * The one error class. Everything that can go wrong for a reason outside this program is a Diagnostic: what was found,
 * what is supported, what to do, and where, as fields. It is put into words for a terminal or a JSON document in
 * format/errors.ts, and cli.ts chooses the exit code by its kind. Any other thrown value is a bug of ours.
 */
import { systemText } from "./system-words.ts";

/** How a command ends that does not end well. */
export type DiagnosticKind =
  /** A limit or a check of the user's was not kept. */
  | "check"
  /** A wrong flag, value, path or configuration. */
  | "usage"
  /** The guest threw, trapped or exited with a code. */
  | "guest"
  /** A module that is malformed or of a kind that is not supported. */
  | "unsupported"
  /** A self-check that failed: a number that cannot be, a sum that does not hold. */
  | "internal"
  /** Ctrl-C. */
  | "interrupted";

/** How a command ends. */
export type Ending = "ok" | DiagnosticKind;

/** Where something begins in a text file. */
export interface Span {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units; null where only the line is known. */
  readonly column: number | null;
  /** What stands on the line, where that is at hand. */
  readonly text?: string | undefined;
}

/** A Diagnostic as plain data, as it crosses from one thread to another. */
export interface DiagnosticFields {
  readonly kind: DiagnosticKind;
  /** One sentence without a full stop; neither the file nor the place is in it. */
  readonly message: string;
  /** Further lines: what was found, what is supported, what to do. */
  readonly details?: readonly string[];
  /** The file that it is about, as the user knows it. */
  readonly file?: string | null;
  /** Absolute byte offset (0-based) in the file. */
  readonly offset?: number | null;
  /** The place in a text file. */
  readonly span?: Span | null;
}

export class Diagnostic extends Error implements DiagnosticFields {
  readonly kind: DiagnosticKind;
  readonly details: readonly string[];
  readonly file: string | null;
  readonly offset: number | null;
  readonly span: Span | null;

  constructor({ kind, message, details = [], file = null, offset = null, span = null }: DiagnosticFields) {
    super(message);
    this.name = "Diagnostic";
    this.kind = kind;
    this.details = details;
    this.file = file;
    this.offset = offset;
    this.span = span;
  }

  get fields(): DiagnosticFields {
    const { kind, message, details, file, offset, span } = this;
    return { kind, message, details, file, offset, span };
  }
}

/** What is wrong and where, as it is (not inert): `app.wasm: unexpected end (at offset 0x6)`, `app.js:3:7: SyntaxError: …`. */
export function headline({ message, file, offset, span }: Omit<DiagnosticFields, "kind">): string {
  const column = span?.column == null ? "" : `:${span.column}`;
  const where = file == null ? "" : `${file}${span ? `:${span.line}${column}` : ""}: `;
  return where + message + (offset == null ? "" : ` (at offset 0x${offset.toString(16)})`);
}

/** A wrong flag, value, path or configuration. */
export function usageError(message: string, ...details: string[]): Diagnostic {
  return new Diagnostic({ kind: "usage", message, details });
}

/** A module that is malformed or of a kind that is not supported. */
export function unsupported(message: string, ...details: string[]): Diagnostic {
  return new Diagnostic({ kind: "unsupported", message, details });
}

/** A self-check that failed: a number that cannot be, a sum that does not hold. */
export function internalError(message: string, ...details: string[]): Diagnostic {
  const report = "this is a bug in javy-prof: please report it with the input that caused it";
  return new Diagnostic({ kind: "internal", message, details: [...details, report] });
}

/** Malformed bytes, with the absolute byte offset (0-based) in the file. */
export class DecodeError extends Diagnostic {
  declare readonly offset: number;

  constructor(message: string, offset: number) {
    super({ kind: "unsupported", message, offset });
    this.name = "DecodeError";
  }
}

const damaged = "what is there is damaged, or cut short: build it, or get it, anew";

/** Says in an error about a file which file it is, where it is not said yet. */
export function named<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    const details = error instanceof DecodeError ? [damaged] : error.details;
    throw new Diagnostic({ ...error.fields, details, file: error.file ?? file });
  }
}

const whyUnreadable: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
};

/** A file of the command line that cannot be read (usage); `what` it should have been, `cause` as the system said it. */
export function unreadable(path: string, what: string, cause: unknown): Diagnostic {
  const { code } = cause as { readonly code?: string };
  return usageError(
    `cannot read ${what} ${path}: ${whyUnreadable[code ?? ""] ?? (code === undefined ? String(cause) : systemText(code))}`,
  );
}
