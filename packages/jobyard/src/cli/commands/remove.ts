/** `jobyard remove <id…>` */

import type { Command } from "commander";
import { registerMove } from "../move.ts";

export function registerRemove(program: Command): void {
  registerMove(program, {
    move: "remove",
    description: "remove jobs that are not running; they stay in the trash for 24 hours",
    done: "removed",
    examples: ["remove mail/welcome-ada", "remove --filter 'state:completed finished:>30d' --rate 200/s"],
  });
}
