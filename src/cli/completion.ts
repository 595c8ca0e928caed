import { Argument, type Command, type Option } from "commander";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** A command with what precedes it: `costs list`. */
interface Place {
  readonly names: readonly string[];
  readonly command: Command;
}

/** All commands, those inside of others after them. */
export function placesOf(command: Command, names: readonly string[] = []): Place[] {
  return command.commands.flatMap((inner): Place[] => {
    const here = [...names, inner.name()];
    return [{ names: here, command: inner }, ...placesOf(inner, here)];
  });
}

const flagsOf = ({ short, long }: Option): string[] =>
  [short, long].filter((flag) => flag !== undefined);
const takesValue = ({ required, optional }: Option): boolean => required || optional;
/** Whether the value of an option is a file. */
export const namesFile = (option: Option): boolean => /<file>/.test(option.flags);
const innerNames = ({ commands }: Command): string[] => commands.map((inner) => inner.name());
/** What may come next other than a file: the commands inside, or the values of an argument. */
const choicesOf = (command: Command): string[] => [
  ...innerNames(command),
  ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
];
const inQuotes = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bashScript(program: Command): string {
  const places = placesOf(program);
  const words = [{ names: [], command: program }, ...places].map(({ names, command }) => {
    const flags = [...command.options.flatMap(flagsOf), "--help"];
    const choices = choicesOf(command);
    const all = [...choices, ...flags].join(" ");
    const only = choices.length === 0 ? "" : "; only=1";
    return `    ${inQuotes(names.join(" "))}) words=${inQuotes(all)}${only} ;;`;
  });
  const values = places.flatMap(({ names, command }) =>
    command.options.filter(takesValue).map((option) => {
      const flags = flagsOf(option)
        .map((flag) => inQuotes(`${names.join(" ")} ${flag}`))
        .join("|");
      const what = option.argChoices?.join(" ");
      return `    ${flags}) ${what === undefined ? "files=1; words=" : `words=${inQuotes(what)}`}; only=1 ;;`;
    }),
  );
  const known = places.map(({ names }) => inQuotes(names.join(" "))).join("|");
  return `# bash completion of metered-costs: source it, or put it into /etc/bash_completion.d
_metered_costs() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local place='' words='' files='' only='' at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${place:+$place }\${COMP_WORDS[at]}" in
      ${known}) place="\${place:+$place }\${COMP_WORDS[at]}" ;;
    esac
  done
  case "$place" in
${words.join("\n")}
  esac
  case "$place $previous" in
${values.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ -n $files || ( -n $place && -z $only && $current != -* ) ]]; then
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _metered_costs metered-costs
`;
}

function zshScript(program: Command): string {
  const described = (name: string, description: string): string =>
    inQuotes(`${name}:${description.replaceAll(":", "\\:")}`);
  const specOf = (option: Option): string[] => {
    const description = option.description.replace(/[[\]\\:]/g, "\\$&");
    const value = !takesValue(option)
      ? ""
      : `:${option.attributeName()}:${
          option.argChoices === undefined
            ? namesFile(option)
              ? "_files"
              : " "
            : `(${option.argChoices.join(" ")})`
        }`;
    return flagsOf(option).map((flag) => inQuotes(`*${flag}[${description}]${value}`));
  };
  const functionOf = (names: readonly string[]): string =>
    `_${["metered_costs", ...names].join("_")}`;
  const functions = [
    { names: [] as readonly string[], command: program },
    ...placesOf(program),
  ].map(({ names, command }) => {
    const specs = [...command.options.flatMap(specOf), inQuotes("--help[show the help]")];
    const inner = command.commands;
    const choices = choicesOf(command).join(" ");
    const rest =
      inner.length === 0
        ? [inQuotes(`*:argument:${choices === "" ? "_files" : `(${choices})`}`)]
        : ["'1:command:->command'", "'*::argument:->argument'"];
    const choice =
      inner.length === 0
        ? ""
        : `
  case $state in
    command) local -a commands; commands=(${inner.map((one) => described(one.name(), one.description())).join(" ")}); _describe command commands ;;
    argument)
      case $line[1] in
${inner.map((one) => `        ${one.name()}) ${functionOf([...names, one.name()])} ;;`).join("\n")}
      esac ;;
  esac`;
    return `${functionOf(names)}() {
  local line state
  _arguments -C ${[...specs, ...rest].join(" \\\n    ")}${choice}
}`;
  });
  return `#compdef metered-costs
# zsh completion of metered-costs: put it into a folder of $fpath as _metered-costs, or source it
${functions.join("\n")}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _metered_costs "$@"; else compdef _metered_costs metered-costs; fi
`;
}

function fishScript(program: Command): string {
  const places = placesOf(program);
  const conditionOf = (names: readonly string[]): string =>
    names.map((name) => `__fish_seen_subcommand_from ${name}`).join("; and ");
  const offers = ({ names, command }: { names: readonly string[]; command: Command }): string[] => {
    const choices = choicesOf(command);
    const none = `not __fish_seen_subcommand_from ${choices.join(" ")}`;
    const within = inQuotes(
      [conditionOf(names), none].filter((text) => text !== "").join("; and "),
    );
    return choices.map((choice) => {
      const described = command.commands.find((inner) => inner.name() === choice)?.description();
      const description = described === undefined ? "" : ` -d ${inQuotes(described)}`;
      return `complete -c metered-costs -f -n ${within} -a ${choice}${description}`;
    });
  };
  const options = places.flatMap(({ names, command }) =>
    command.options.map((option) => {
      const long = option.long?.replace(/^--/, "");
      const value = !takesValue(option)
        ? ""
        : option.argChoices === undefined
          ? namesFile(option)
            ? " -r -F"
            : " -x"
          : ` -x -a ${inQuotes(option.argChoices.join(" "))}`;
      return `complete -c metered-costs -n ${inQuotes(conditionOf(names))} -l ${long}${value} -d ${inQuotes(option.description)}`;
    }),
  );
  return `# fish completion of metered-costs: put it into ~/.config/fish/completions/metered-costs.fish
${[...offers({ names: [], command: program }), ...places.flatMap(offers), ...options].join("\n")}
`;
}

/** The completion script of a shell, made of the commands and options that the program has. */
export function completionScript(program: Command, shell: (typeof SHELLS)[number]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](program);
}

export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .description("print the completion script of a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText(
      "after",
      `
Examples:
  $ source <(metered-costs completion bash)
  $ metered-costs completion fish > ~/.config/fish/completions/metered-costs.fish`,
    )
    .action((shell: (typeof SHELLS)[number]) => {
      process.stdout.write(completionScript(program, shell));
    });
}
