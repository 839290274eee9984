/** What a shell completes, as data: commands with their options and what these take. Types. */

export interface CompletedOption {
  /** `-o` and `--out`, as they are typed. */
  readonly names: readonly string[];
  readonly description: string;
  /** Nothing, a file or any text, or one of these words (or several, with commas). */
  readonly takes: "nothing" | "file" | readonly string[];
}

export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Words that the first argument can be; otherwise it is a file. */
  readonly arguments: readonly string[];
}
