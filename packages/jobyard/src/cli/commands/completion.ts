/** `jobyard completion <shell>`, and the hidden command that its scripts call. */

import { QueueError } from "@jobyard/core";
import { Argument, type Command } from "commander";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { type ProgramShape, shapeOf } from "../completion/shape.ts";
import { NAMES_COMMAND } from "../completion/words.ts";
import { zshScript } from "../completion/zsh.ts";
import { examples, outputOf, withYard } from "../session.ts";

const SCRIPTS: Readonly<Record<string, (shape: ProgramShape) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export function registerCompletion(program: Command): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>").choices(Object.keys(SCRIPTS)))
    .description("print a script that completes commands, options and names of queues with the tabulator key")
    .addHelpText(
      "after",
      `${examples("completion bash")}\n\nFor good:\n  bash  source <(jobyard completion bash)                in ~/.bashrc\n  zsh   source <(jobyard completion zsh)                 in ~/.zshrc\n  fish  jobyard completion fish > ~/.config/fish/completions/jobyard.fish`,
    )
    .action((shell: string, _options: unknown, command: Command) => {
      const script = SCRIPTS[shell];
      if (!script) throw new QueueError("USAGE", `no script for ${shell}`);
      const text = script(shapeOf(program)).trimEnd();
      const out = outputOf(command);
      out.line(out.json ? JSON.stringify({ shell, script: text }) : text);
    });
  registerNames(program);
}

/** A key was pressed in the middle of a line: nothing may be printed there but names. */
function registerNames(program: Command): void {
  program
    .command(NAMES_COMMAND, { hidden: true })
    .addArgument(new Argument("<what>").choices(["queues"]))
    .action(async (_what: string, _options: unknown, command: Command) => {
      try {
        await withYard(command, async ({ board, out }) => {
          for (const { queue } of await board.queues()) if (!/\p{Cc}/u.test(queue)) out.line(queue);
        });
      } catch {
        process.exitCode = 1;
      }
    });
}
