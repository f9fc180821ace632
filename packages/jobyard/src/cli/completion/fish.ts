/** Completion for fish, a line per word that may follow. */

import type { CommandShape, OptionShape, ProgramShape, Values } from "./shape.ts";
import { fishQuoted, NAMES_COMMAND } from "./words.ts";

export function fishScript({ name, options, alone, commands }: ProgramShape): string {
  const complete = `complete -c ${name}`;
  return `# fish completion of ${name}. Put it where fish looks:
#   ${name} completion fish > ~/.config/fish/completions/${name}.fish

function __${name}_queues
    set -l words (commandline -opc)
    set -l at (contains -i -- --url $words); and set -l url --url $words[(math $at + 1)]
    $words[1] $url ${NAMES_COMMAND} queues 2>/dev/null
end

${complete} -f
${options.map((option) => optionLine(complete, name, option)).join("\n")}
${alone.map((option) => optionLine(`${complete} -n __fish_use_subcommand`, name, option)).join("\n")}
${commands.map((command) => commandLines(complete, name, command)).join("\n")}
`;
}

function commandLines(
  complete: string,
  name: string,
  { name: command, description, options, operands }: CommandShape,
): string {
  const within = `${complete} -n ${fishQuoted(`__fish_seen_subcommand_from ${command}`)}`;
  return [
    `${complete} -n __fish_use_subcommand -a ${command} -d ${fishQuoted(description)}`,
    ...options.map((option) => optionLine(within, name, option)),
    ...operands.filter(({ kind }) => kind !== "free").map((values) => `${within} ${valueFlags(name, values)}`),
  ].join("\n");
}

function optionLine(complete: string, name: string, { names, description, value }: OptionShape): string {
  const flags = names.map((one) => (one.startsWith("--") ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`)).join(" ");
  const values = value === null ? "" : value.kind === "free" ? " -x" : ` -r ${valueFlags(name, value)}`;
  return `${complete} ${flags}${values} -d ${fishQuoted(description)}`;
}

function valueFlags(name: string, values: Values): string {
  switch (values.kind) {
    case "file":
      return "-F";
    case "queue":
      return `-f -a ${fishQuoted(`(__${name}_queues)`)}`;
    case "choice":
      return `-f -a ${fishQuoted(values.words.join(" "))}`;
    case "free":
      return "";
  }
}
