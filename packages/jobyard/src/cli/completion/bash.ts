/** Completion for bash 3.2 and newer, without the package bash-completion. */

import type { OptionShape, ProgramShape, Values } from "./shape.ts";
import { NAMES_COMMAND, quoted } from "./words.ts";

/** Ends `compgen`'s reading of a word as an option. */
const matching = (words: readonly string[]): string => `COMPREPLY=( $(compgen -W ${quoted(words.join(" "))} -- "$cur") )`;

export function bashScript({ name, options, commands }: ProgramShape): string {
  const everywhere = options.flatMap(({ names }) => names);
  return `# bash completion of ${name}: put this into ~/.bashrc
#   source <(${name} completion bash)

_${name}_queues() {
  local url=() names name
  local i
  for (( i = 1; i < COMP_CWORD; i++ )); do
    [[ "\${COMP_WORDS[i]}" == --url ]] && url=(--url "$(_${name}_word $((i + 1)))")
  done
  names="$("\${COMP_WORDS[0]}" "\${url[@]}" ${NAMES_COMMAND} queues 2>/dev/null)" || return 0
  while IFS= read -r name; do
    [[ -n "$name" && "$name" == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$name")")
  done <<< "$names"
}

# The word at that place; bash cuts words at colons, which URLs have.
_${name}_word() {
  local i=$1 word="\${COMP_WORDS[$1]}"
  while [[ "\${COMP_WORDS[i + 1]:-}" == :* || "$word" == *: ]] && (( i + 1 < COMP_CWORD )); do
    i=$((i + 1)); word+="\${COMP_WORDS[i]}"
  done
  printf '%s' "$word"
}

_${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="" operands=0 i
  COMPREPLY=()
  for (( i = 1; i < COMP_CWORD; i++ )); do
    case "\${COMP_WORDS[i]}" in
      -*) ;;
      *)
        if [[ -n "$command" ]]; then
          operands=$((operands + 1))
        else
          case "\${COMP_WORDS[i]}" in
            ${commands.map((command) => command.name).join("|")}) command="\${COMP_WORDS[i]}" ;;
          esac
        fi
        ;;
    esac
  done
${valueCases(options, "$prev", "  ")}
  case "$command" in
    "")
      ${matching([...commands.map((command) => command.name), ...everywhere])}
      ;;
${commands
  .map(
    (command) => `    ${command.name})
${valueCases(command.options, "$prev", "      ")}
      if [[ "$cur" == -* ]]; then
        ${matching([...command.options.flatMap(({ names }) => names), ...everywhere])}
        return
      fi
${operandCases(command.operands, command.repeats, name)}
      ;;`,
  )
  .join("\n")}
  esac
}

complete -F _${name} ${name}
`;

  function valueCases(shapes: readonly OptionShape[], word: string, indent: string): string {
    const cases = shapes
      .filter(({ value }) => value !== null)
      .map(({ names, value }) => `${indent}  ${names.join("|")}) ${reply(value as Values, name)}; return ;;`);
    return cases.length === 0 ? "" : `${indent}case "${word}" in\n${cases.join("\n")}\n${indent}esac`;
  }
}

const reply = (values: Values, name: string): string => {
  switch (values.kind) {
    case "file":
      return 'COMPREPLY=( $(compgen -f -- "$cur") ); compopt -o filenames 2>/dev/null';
    case "queue":
      return `_${name}_queues`;
    case "choice":
      return matching(values.words);
    case "free":
      return ":";
  }
};

function operandCases(operands: readonly Values[], repeats: boolean, name: string): string {
  const cases = operands.map(
    (values, index) => `        ${index === operands.length - 1 && repeats ? "*" : index}) ${reply(values, name)} ;;`,
  );
  return cases.length === 0 ? "      :" : `      case "$operands" in\n${cases.join("\n")}\n      esac`;
}
