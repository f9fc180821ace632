/** Completion for bash 3.2 and newer, without the package bash-completion. */

import type { CommandShape, OptionShape, ProgramShape, Values } from "./shape.ts";
import { NAMES_COMMAND, quoted, valueOptions } from "./words.ts";

/**
 * Bash cuts words at colons, which URLs have, so the words before the cursor are read from the line itself; only what
 * is completed is bash's own word.
 */
export function bashScript(shape: ProgramShape): string {
  const { name, options, alone, commands } = shape;
  const everywhere = options.flatMap(({ names }) => names);
  const taking = valueOptions(shape)
    .filter((option) => option !== "--url")
    .join("|");
  return `# bash completion of ${name}. Put this into ~/.bashrc:
#   source <(${name} completion bash)

_${name}_queues() {
  local queue queues
  queues="$("\${COMP_WORDS[0]}" \${url:+--url "$url"} ${NAMES_COMMAND} queues 2>/dev/null)" || return 0
  while IFS= read -r queue; do
    [[ -n "$queue" && "$queue" == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$queue")")
  done <<< "$queues"
  return 0
}

_${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" line="\${COMP_LINE:0:COMP_POINT}" command="" url="" operands=0 i words prev
  COMPREPLY=()
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  local last=$((\${#words[@]} - 1))
  prev="\${words[last - 1]}"
  for ((i = 1; i < last; i++)); do
    case "\${words[i]}" in
      --url) i=$((i + 1)); url="\${words[i]}" ;;
      ${taking}) i=$((i + 1)) ;;
      -*) ;;
      *) if [[ -z "$command" ]]; then command="\${words[i]}"; else operands=$((operands + 1)); fi ;;
    esac
  done
${optionValues(name, options, "  ")}
  case "$command" in
    "") ${matching([...commands.map((command) => command.name), ...everywhere, ...alone.flatMap(({ names }) => names)])} ;;
${commands.map((command) => commandCase(name, command, everywhere)).join("\n")}
  esac
}

complete -F _${name} ${name}
`;
}

function commandCase(
  name: string,
  { name: command, options, operands, repeats }: CommandShape,
  everywhere: readonly string[],
): string {
  const names = [...options.flatMap((option) => option.names), ...everywhere];
  const cases = operands.map((values, index) => {
    const place = index === operands.length - 1 && repeats ? "*" : String(index);
    return `        ${place}) ${reply(name, values)} ;;`;
  });
  return [
    `    ${command})`,
    optionValues(name, options, "      "),
    `      [[ "$cur" == -* ]] && { ${matching(names)}; return; }`,
    ...(cases.length > 0 ? ['      case "$operands" in', ...cases, "      esac"] : []),
    "      ;;",
  ]
    .filter((line) => line !== "")
    .join("\n");
}

/** What follows an option that takes a value. */
function optionValues(name: string, options: readonly OptionShape[], indent: string): string {
  const cases = options.flatMap(({ names, value }) =>
    value === null ? [] : [`${indent}  ${names.join("|")}) ${reply(name, value)}; return ;;`],
  );
  return cases.length === 0 ? "" : [`${indent}case "$prev" in`, ...cases, `${indent}esac`].join("\n");
}

function reply(name: string, values: Values): string {
  switch (values.kind) {
    case "file":
      return `local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null || :`;
    case "queue":
      return `_${name}_queues`;
    case "choice":
      return matching(values.words);
    case "free":
      return ":";
  }
}

const matching = (words: readonly string[]): string => `COMPREPLY=($(compgen -W ${quoted(words.join(" "))} -- "$cur"))`;
