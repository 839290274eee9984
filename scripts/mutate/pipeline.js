/**
 * Gives files to a command as cli.ts does, and says what came of it:
 *   ran      a result: the guest ended well, or was stopped by a limit
 *   failed   a result: the guest threw, trapped or exited with a code
 *   refused  a Diagnostic with a message that is not of the internal kind
 *   bug      anything else
 */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { Diagnostic, headline } from "../../dist/base/diagnostics.js";
import { registerInfo } from "../../dist/commands/declared/info.js";
import { registerRun } from "../../dist/commands/declared/run.js";

/**
 * @typedef {object} Verdict
 * @property {"ran" | "failed" | "refused" | "bug"} outcome
 * @property {string} [ending]
 * @property {string} [kind] how the run ended, as the result says it
 * @property {string} [message]
 */

/**
 * @param {string} folder emptied, and filled with the files
 * @param {Readonly<Record<string, Uint8Array>>} files
 * @param {readonly string[]} args
 * @returns {Promise<Verdict>}
 */
export async function judge(folder, files, args) {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  let written = "";
  let said = "";
  /** @type {import("../../dist/commands/io.js").CommandIo} */
  const io = {
    stdout: async (data) => {
      written += data;
    },
    stderr: (text) => {
      said += text;
    },
    isTerminal: false,
    stdoutIsTerminal: false,
    stdinIsTerminal: true,
    readStdin: async () => new Uint8Array(),
    onKey: () => () => {},
    width: 80,
    unicode: false,
    command: "javy-prof",
    colour: false,
    env: {},
    cwd: folder,
    interrupted: new AbortController().signal,
  };
  let ending = "ok";
  const program = new Command().exitOverride().configureOutput({ writeErr: io.stderr, writeOut: io.stderr });
  registerRun(program, io, (how) => {
    ending = how;
  });
  registerInfo(program, io);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof Diagnostic && error.kind !== "internal" && error.message !== "") {
      const text = [headline(error), ...error.details].join("\n");
      if (/\bundefined\b|\[object|\bNaN\b|\n\s+at /.test(text))
        return { outcome: "bug", message: `says: ${text}` };
      return { outcome: "refused", ending: error.kind, message: headline({ ...error.fields, file: null }) };
    }
    const message =
      error instanceof Diagnostic
        ? `${error.kind}: ${headline(error)} ${error.details.slice(0, 3).join(" | ")}`
        : (error instanceof Error && error.stack) || String(error);
    return { outcome: "bug", message };
  }
  if (args[0] === "info")
    return written === "" ? { outcome: "bug", message: "says nothing" } : { outcome: "ran" };
  const { kind } = JSON.parse(written).run.exit;
  if (!["ok", "check", "guest"].includes(ending))
    return { outcome: "bug", message: `ended as ${ending} without a reason: ${said}` };
  return { outcome: ending === "guest" ? "failed" : "ran", ending, kind };
}
