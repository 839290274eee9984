/**
 * The scripts that complete a command line of javy-prof, for each shell: the command, its options, the words that an option
 * takes, and files everywhere else. They are static: no program is started at a press of the tab key.
 */
import type { Shell } from "./choices.ts";
import type { CompletedCommand, CompletedOption } from "./completion-tree.ts";

export const scripts: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string>> = {
  bash,
  zsh,
  fish,
};

/** In single quotes, for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const wordsOf = ({ takes }: CompletedOption): readonly string[] => (typeof takes === "string" ? [] : takes);

/** A function that sets COMPREPLY; where it sets nothing, readline completes files. Bash 3.2 and later, without packages. */
function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.flatMap(({ name, options, arguments: first }) => {
    const values = options.filter(({ takes }) => takes !== "nothing");
    return [
      `    ${name})`,
      `      options=${quoted([...options.flatMap(({ names }) => names), "--help"].join(" "))}`,
      `      arguments=${quoted(first.join(" "))}`,
      ...(values.length === 0
        ? []
        : [
            '      case "$previous" in',
            ...values.map(
              (one) => `        ${one.names.join("|")}) value=1; words=${quoted(wordsOf(one).join(" "))} ;;`,
            ),
            "      esac",
          ]),
      "      ;;",
    ];
  });
  return `# completion of javy-prof for bash: source <(javy-prof completion bash)
_javy_prof() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]}" options='' arguments='' words='' value=''
  COMPREPLY=()
  # --option=value comes as three words
  if [ "$current" = "=" ]; then current=''
  elif [ "$previous" = "=" ]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted([...commands.map(({ name }) => name), "help", "--help", "--version"].join(" "))} -- "$current"))
    return
  fi
  case "$command" in
${cases.join("\n")}
  esac
  if [ -n "$value" ]; then
    # several words stand behind commas
    local before=''
    case "$current" in *,*) before="\${current%,*}," ;; esac
    [ -n "$words" ] && COMPREPLY=($(compgen -P "$before" -W "$words" -- "\${current##*,}"))
  elif [ "\${current#-}" != "$current" ]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [ "$COMP_CWORD" -eq 2 ] && [ -n "$arguments" ]; then
    COMPREPLY=($(compgen -W "$arguments" -- "$current"))
  fi
}
complete -o default -F _javy_prof javy-prof
`;
}

/** For _arguments, whose own characters are escaped: brackets, colons. */
function zsh(commands: readonly CompletedCommand[]): string {
  const escaped = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const value = (option: CompletedOption) => {
    if (option.takes === "nothing") return "";
    const words = wordsOf(option);
    return words.length === 0 ? ":value:_files" : `:value:_values -s , value ${words.join(" ")}`;
  };
  const specs = ({ options, arguments: first }: CompletedCommand) => [
    ...options.flatMap((option) =>
      option.names.map((name) => quoted(`*${name}[${escaped(option.description)}]${value(option)}`)),
    ),
    quoted(first.length === 0 ? "1:file:_files" : `1:name:(${first.join(" ")})`),
    quoted("*:file:_files"),
  ];
  const listed = commands.map(
    ({ name, description }) => `      ${quoted(`${name}:${escaped(description)}`)}`,
  );
  return `#compdef javy-prof
# completion of javy-prof for zsh: javy-prof completion zsh > a folder of $fpath, as _javy-prof
_javy_prof() {
  local -a commands
  if (( CURRENT == 2 )); then
    commands=(
${listed.join("\n")}
    )
    _describe command commands
    _files
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${commands.map((command) => `    ${command.name}) _arguments ${specs(command).join(" ")} ;;`).join("\n")}
    *) _files ;;
  esac
}
if [ "$funcstack[1]" = "_javy-prof" ]; then _javy_prof "$@"; else compdef _javy_prof javy-prof; fi
`;
}

/** A line for each command, and for each option behind its command. */
function fish(commands: readonly CompletedCommand[]): string {
  const text = (value: string) => `'${value.replace(/[\\']/g, "\\$&")}'`;
  const lines = commands.flatMap(({ name, description, options, arguments: first }) => {
    const behind = `complete -c javy-prof -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c javy-prof -n __fish_use_subcommand -a ${name} -d ${text(description)}`,
      ...(first.length === 0 ? [] : [`${behind} -a '${first.join(" ")}'`]),
      ...options.map((option) => {
        const names = option.names.map((one) =>
          one.startsWith("--") ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`,
        );
        const words = wordsOf(option);
        const takes =
          option.takes === "nothing" ? [] : words.length === 0 ? ["-r"] : [`-x -a '${words.join(" ")}'`];
        return [behind, ...names, ...takes, `-d ${text(option.description)}`].join(" ");
      }),
    ];
  });
  return `# completion of javy-prof for fish: ~/.config/fish/completions/javy-prof.fish\n${lines.join("\n")}\n`;
}
