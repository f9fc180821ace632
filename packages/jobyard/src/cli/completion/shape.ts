/** What a shell needs to know of the program, taken from the program itself: commands, options, and what may follow them. */

import type { Argument, Command, Option } from "commander";

/** What a value is: a file, a queue's name, one of fixed words, or nothing that could be guessed. */
export type Values =
  | { readonly kind: "file" | "queue" | "free" }
  | { readonly kind: "choice"; readonly words: readonly string[] };

export interface OptionShape {
  /** `--limit`, `-f`: all that mean the same. */
  readonly names: readonly string[];
  readonly description: string;
  /** `null` for a switch. */
  readonly value: Values | null;
}

export interface CommandShape {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionShape[];
  /** The last one also for all that come after it, if `repeats`. */
  readonly operands: readonly Values[];
  readonly repeats: boolean;
}

export interface ProgramShape {
  readonly name: string;
  /** They may stand before and after the command. */
  readonly options: readonly OptionShape[];
  /** They stand in place of a command: `--version`. */
  readonly alone: readonly OptionShape[];
  readonly commands: readonly CommandShape[];
}

/** Hidden commands are left out. */
export function shapeOf(program: Command): ProgramShape {
  const commands = program.createHelp().visibleCommands(program);
  const names = commands.map((command) => command.name());
  return {
    name: program.name(),
    options: optionsOf(program).filter((option) => !isAlone(option)),
    alone: optionsOf(program).filter(isAlone),
    commands: commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      options: optionsOf(command),
      operands: command.registeredArguments.map((argument) =>
        argument.name() === "command" ? { kind: "choice", words: names } : operandOf(argument),
      ),
      repeats: command.registeredArguments.at(-1)?.variadic === true,
    })),
  };
}

const isAlone = ({ names }: OptionShape): boolean => names.includes("--version") || names.includes("--help");

const optionsOf = (command: Command): readonly OptionShape[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
      description: option.description,
      value: option.required || option.optional ? valueAfter(option) : null,
    }));

const valueAfter = ({ flags, argChoices }: Option): Values => guess(/[<[](.*)[>\]]/.exec(flags)?.[1] ?? "", argChoices);

const operandOf = (argument: Argument): Values => guess(argument.name(), argument.argChoices);

/** The word between the brackets says what is meant: `<path>`, `<queue>`, `<queue[:concurrency]>`. */
function guess(placeholder: string, choices: readonly string[] | undefined): Values {
  if (choices) return { kind: "choice", words: choices };
  if (/^(path|modules?)\b/.test(placeholder)) return { kind: "file" };
  if (/^queue\b/.test(placeholder)) return { kind: "queue" };
  return { kind: "free" };
}
