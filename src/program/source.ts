/** The source of a program: what was given as it, or what the module carries. Types only. */

export interface ProgramSource {
  /** `program`: it was given to be compiled; `file`: it was named for a module; `javy_source`: the module carries it. */
  readonly from: "program" | "file" | "javy_source";
  /** As it is shown. */
  readonly name: string;
  readonly text: string;
}
