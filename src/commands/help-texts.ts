/**
 * What the help says besides arguments and options: the groups that commands stand in, examples that work as they are
 * typed, and how each command ends. One table, so that no command's own file needs it; the help reads nothing else.
 */
import type { Command } from "commander";
import type { Ending } from "../base/diagnostics.ts";
import { exitCodes, exitWords } from "./exit-codes.ts";

interface HelpText {
  readonly group: string;
  /** What to type behind javy-prof, and what for. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly exits: readonly Ending[];
}

const groups = {
  profile: "Profile a program:",
  look: "Look into programs and profiles:",
  ci: "Watch costs, in CI too:",
  monitor: "Monitors:",
  here: "Set up:",
} as const;

const guest: readonly Ending[] = ["ok", "check", "usage", "guest", "unsupported", "internal", "interrupted"];
const files: readonly Ending[] = ["ok", "usage"];
const judged: readonly Ending[] = ["ok", "check", "usage", "unsupported", "interrupted"];

export const helpTexts: Readonly<Record<string, HelpText>> = {
  run: {
    group: groups.profile,
    examples: [
      ["run app.js -i input.json", "what each function and line costs; writes app.speedscope.json"],
      ["run app.ts --limits shopify", "judged by a platform's limits"],
      ["run app.wasm --by builtin --by opcode", "other tables"],
      ["run app.js --json", "the whole result as one JSON document"],
    ],
    exits: guest,
  },
  build: {
    group: groups.profile,
    examples: [["build app.ts -o app.wasm", "the module that run runs, with app.wasm.map"]],
    exits: ["ok", "usage", "unsupported"],
  },
  view: {
    group: groups.look,
    examples: [
      ["view", "the newest profile of this folder"],
      ["view app.speedscope.json --no-open", "print the address, open no browser"],
    ],
    exits: files,
  },
  export: {
    group: groups.look,
    examples: [
      ["export app.fuel.json --format pprof", "for go tool pprof; the result is of run --format json"],
    ],
    exits: files,
  },
  info: {
    group: groups.look,
    examples: [
      ["info app.wasm", "what the module is, and how to run it"],
      ["info wasm:opcode:call:before", "what a monitor's rule has in scope"],
    ],
    exits: ["ok", "usage", "unsupported"],
  },
  disasm: {
    group: groups.look,
    examples: [
      ["disasm app.js", "the bytecode between its source lines"],
      ["disasm app.js app.fuel.json", "with the fuel of each instruction"],
    ],
    exits: ["ok", "usage", "unsupported"],
  },
  init: {
    group: groups.ci,
    examples: [
      ["init --dry-run", "the configuration for what is found here"],
      ["init app.js -i input.json", "the same, written, of a program and its inputs"],
    ],
    exits: judged,
  },
  scale: {
    group: groups.ci,
    examples: [["scale app.js -i input.json --path lines", "what an element costs, and how many fit"]],
    exits: judged,
  },
  snapshot: {
    group: groups.ci,
    examples: [["snapshot", "record what the scenarios of javy-prof.config.json cost"]],
    exits: judged,
  },
  check: {
    group: groups.ci,
    examples: [
      ["check", "the same against the snapshot and the budgets"],
      ["check --tolerance 0.5% --format junit -o fuel.xml", "as a report for CI"],
    ],
    exits: judged,
  },
  diff: {
    group: groups.ci,
    examples: [
      ["diff base.fuel.json head.fuel.json", "what changed between two results of run --format json"],
    ],
    exits: ["ok", "usage", "unsupported"],
  },
  report: {
    group: groups.ci,
    examples: [["report check.json --format markdown", "of what check --json printed, for a comment"]],
    exits: ["ok", "check", "usage"],
  },
  monitor: {
    group: groups.monitor,
    examples: [
      ["monitor --list", "those that come with it"],
      ["monitor calls app.js", "run a program under one"],
    ],
    exits: guest,
  },
  instrument: {
    group: groups.monitor,
    examples: [["instrument app.wasm --monitor hotness -o watched.wasm", "one file that runs in any engine"]],
    exits: ["ok", "usage", "unsupported"],
  },
  doctor: {
    group: groups.here,
    examples: [["doctor", "what is there, and what is missing"]],
    exits: ["ok", "check", "usage"],
  },
  completion: {
    group: groups.here,
    examples: [
      ["completion bash", "the script; in ~/.bashrc: source <(javy-prof completion bash)"],
      ["completion fish", "into ~/.config/fish/completions/javy-prof.fish"],
    ],
    exits: files,
  },
};

/** Puts a command into its group, and examples and exit codes behind its help. `typed`: what to type here for javy-prof. */
export function addHelpText(command: Command, typed: string): void {
  const text = helpTexts[command.name()];
  if (!text) return;
  command.helpGroup(text.group);
  command.addHelpText(
    "after",
    () => `\n${[...exampleLines(text.examples, typed), "", ...exitLines(text.exits)].join("\n")}`,
  );
}

/** Behind the help of all commands. */
export function addProgramHelp(program: Command, typed: string): void {
  // where the command `help` stands
  program.commandsGroup(groups.here);
  const examples = [
    helpTexts["run"]!.examples[0]!,
    ...["view", "check", "monitor"].map((name) => helpTexts[name]!.examples.at(-1)!),
  ];
  const exits = Object.keys(exitCodes) as Ending[];
  program.addHelpText(
    "after",
    () => `\n${[...exampleLines(examples, typed), "", ...exitLines(exits)].join("\n")}`,
  );
}

/** What it is for stands below, as a comment, so that a line can be copied whole. */
function exampleLines(examples: HelpText["examples"], typed: string): string[] {
  return ["Examples:", ...examples.flatMap(([line, what]) => [`  ${typed} ${line}`, `      # ${what}`])];
}

function exitLines(exits: readonly Ending[]): string[] {
  return [
    "Exit codes:",
    ...exits.map((ending) => `   ${String(exitCodes[ending]).padStart(3)}  ${exitWords[ending]}`),
  ];
}
