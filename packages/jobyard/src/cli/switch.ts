/** Pause and resume: one switch of a queue, with two names. */

import type { Command } from "commander";
import { ACTOR, examples, withYard } from "./session.ts";

interface Switch {
  readonly command: "pause" | "resume";
  readonly description: string;
  /** The position that the command brings it to. */
  readonly paused: boolean;
}

export function registerSwitch(program: Command, { command: name, description, paused }: Switch): void {
  program
    .command(name)
    .argument("<queue>")
    .description(description)
    .addHelpText("after", examples(`${name} mail`))
    .action((queue: string, _options: unknown, command: Command) =>
      withYard(command, async ({ board, out }) => {
        const known = (await board.queues()).some((info) => info.queue === queue);
        const changed = await board[name](queue, { actor: ACTOR });
        if (out.json) out.line(JSON.stringify({ queue, paused, changed }));
        else out.line(`${queue} ${changed ? "is now" : "was already"} ${paused ? "paused" : "running"}.`);
        if (!known) out.note(`note: no job was ever in a queue "${queue}". Check the spelling.`);
      }),
    );
}
