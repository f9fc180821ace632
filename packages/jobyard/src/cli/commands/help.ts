/** `jobyard help [command]`: the same as `jobyard <command> --help`. */

import { QueueError } from "@jobyard/core";
import type { Command } from "commander";
import { examples } from "../session.ts";

export function registerHelp(program: Command): void {
  program
    .command("help")
    .argument("[command]")
    .description("what a command does, its options and examples")
    .addHelpText("after", examples("help enqueue"))
    .action((name: string | undefined) => {
      if (name === undefined) return program.outputHelp();
      const found = program.commands.find((command) => command.name() === name);
      if (!found)
        throw new QueueError("USAGE", `unknown command ${JSON.stringify(name)}. There are: ${namesOf(program)}`);
      found.outputHelp();
    });
}

const namesOf = (program: Command): string =>
  program
    .createHelp()
    .visibleCommands(program)
    .map((command) => command.name())
    .join(", ");
