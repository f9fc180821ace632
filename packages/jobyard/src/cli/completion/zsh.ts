/** Completion for zsh, through its own `_arguments`. */

import type { CommandShape, OptionShape, ProgramShape, Values } from "./shape.ts";
import { NAMES_COMMAND, quoted } from "./words.ts";

export function zshScript({ name, options, alone, commands }: ProgramShape): string {
  const everywhere = options.flatMap((option) => optionSpecs(name, option));
  return `#compdef ${name}
# zsh completion of ${name}. Put this into ~/.zshrc, after compinit:
#   source <(${name} completion zsh)

_${name}_queues() {
  local -a queues
  local from="\${opt_args[--url]:-$url}"
  queues=(\${(f)"$($program \${from:+--url} \${from:+\${(Q)from}} ${NAMES_COMMAND} queues 2>/dev/null)"})
  compadd -a queues
}

_${name}_commands() {
  local -a commands=(
${commands.map((command) => `    ${quoted(`${command.name}:${command.description}`)}`).join("\n")}
  )
  _describe command commands
}

_${name}() {
  local curcontext="$curcontext" state line program="$words[1]" url=""
  local -A opt_args
  _arguments -C \\
${[...everywhere, ...alone.flatMap((option) => optionSpecs(name, option)), quoted(`1:command:_${name}_commands`), quoted("*::operand:->operands")].map((spec) => `    ${spec}`).join(" \\\n")}
  [[ "$state" == operands ]] || return
  url="$opt_args[--url]"
  case "$line[1]" in
${commands.map((command) => commandCase(name, command, everywhere)).join("\n")}
  esac
}

if [[ "$funcstack[1]" == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function commandCase(
  name: string,
  { name: command, options, operands, repeats }: CommandShape,
  everywhere: readonly string[],
): string {
  const places = operands.map((values, index) => {
    const place = index === operands.length - 1 && repeats ? "*" : String(index + 1);
    return quoted(`${place}:${values.kind}:${action(name, values)}`);
  });
  const specs = [...options.flatMap((option) => optionSpecs(name, option)), ...everywhere, ...places];
  return `    ${command})\n      _arguments \\\n${specs.map((spec) => `        ${spec}`).join(" \\\n")}\n      ;;`;
}

const optionSpecs = (name: string, { names, description, value }: OptionShape): readonly string[] => {
  const text = description.replaceAll(/[[\]:]/g, (sign) => `\\${sign}`);
  const tail = value === null ? "" : `:${value.kind}:${action(name, value)}`;
  return names.map((one) => quoted(`*${one}[${text}]${tail}`));
};

function action(name: string, values: Values): string {
  switch (values.kind) {
    case "file":
      return "_files";
    case "queue":
      return `_${name}_queues`;
    case "choice":
      return `(${values.words.join(" ")})`;
    case "free":
      return " ";
  }
}
