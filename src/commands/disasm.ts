/**
 * `javy-prof disasm <module or app.js> [result]`: the JavaScript bytecode between its source lines, and with a result
 * of the same module the fuel of each instruction.
 */
import { type Diagnostic, usageError } from "../base/diagnostics.ts";
import { inertText } from "../format/inert.ts";
import { renderListing, writeListingJson } from "../format/listing.ts";
import { numberListing, otherSource } from "../format/number-listing.ts";
import { warningText } from "../format/warning-words.ts";
import { disassemble, looksLikeResult, open, type Program, type Result } from "../index.ts";
import { interpreterOption } from "./flags.ts";
import { readInput, readResult } from "./input.ts";
import type { CommandIo } from "./io.ts";

export interface DisasmOptions {
  readonly function?: readonly string[];
  readonly result?: string;
  readonly source?: string;
  readonly sourceMap?: string;
  readonly plugin?: string;
  readonly dispatchFunction?: string;
  readonly json?: boolean;
}

export async function disasm(
  path: string,
  second: string | undefined,
  options: DisasmOptions,
  io: CommandIo,
): Promise<void> {
  if (second !== undefined && options.result !== undefined)
    throw usageError("two results were given", "give one, as the second argument or with --result");
  const { program, result } = await inputs(path, second ?? options.result, options, io);
  if (result && result.content.module.sha256 !== program.sha256) throw otherModule(program, result);
  // the entry file goes by the name that it had where the result was written
  const disassembly = await disassemble(program, result?.content.module.name);
  const listing = numberListing(disassembly, { result, functions: options.function });
  await io.stdout(
    options.json ? writeListingJson(listing) : renderListing(listing, { width: 80, colour: false }),
  );
  const notes = [
    ...disassembly.notes.map((warning) => inertText(warningText(warning))),
    otherSource(disassembly, listing),
  ];
  for (const note of notes) if (note !== null) io.stderr(`note: ${note}\n`);
}

interface ReadResult {
  readonly file: string;
  readonly content: Result;
}

/** The program and the result; a result alone names its program. */
async function inputs(
  path: string,
  resultPath: string | undefined,
  options: DisasmOptions,
  io: CommandIo,
): Promise<{ readonly program: Program; readonly result: ReadResult | null }> {
  const read = async (file: string): Promise<ReadResult> => ({
    file,
    content: await readResult(file, io.cwd),
  });
  const opened = (given: string) => openGiven(given, options, io);
  const alone =
    resultPath === undefined &&
    path.endsWith(".json") &&
    looksLikeResult(await readInput(path, io.cwd, "the program"));
  if (!alone)
    return { program: await opened(path), result: resultPath === undefined ? null : await read(resultPath) };
  const result = await read(path);
  const { name } = result.content.module;
  await readInput(name, io.cwd, "the program").catch(() => {
    throw usageError(
      `${path} is a result of ${name}, which cannot be read from here`,
      `give the program too: javy-prof disasm <${name}> ${path}`,
    );
  });
  return { program: await opened(name), result };
}

function openGiven(path: string, options: DisasmOptions, io: CommandIo): Promise<Program> {
  const { plugin, source } = options;
  return open(path, {
    ...{ cwd: io.cwd, mayBlock: true },
    ...interpreterOption(options),
    ...(plugin === undefined ? {} : { plugin }),
    ...(source === undefined ? {} : { source }),
    ...(options.sourceMap === undefined ? {} : { sourceMap: options.sourceMap }),
  });
}

function otherModule(program: Program, { file, content }: ReadResult): Diagnostic {
  const { name, bytes } = content.module;
  return usageError(
    `${file} is the result of another module`,
    `it is of ${name}, ${bytes} bytes, sha256 ${content.module.sha256}`,
    `${program.name} ${program.compiled ? "compiles to" : "has"} sha256 ${program.sha256}`,
    program.compiled && program.engineFrom === "embedded" && content.toolchain.engine !== "embedded"
      ? "the result was made with another engine: give it with --plugin <file>"
      : `run it again: javy-prof run ${program.name} --format json`,
  );
}
