/** `jobyard cancel <id…>` */

import type { Command } from "commander";
import { registerMove } from "../move.ts";

export function registerCancel(program: Command): void {
  registerMove(program, {
    move: "cancel",
    description: "cancel jobs that wait; ask running ones to stop",
    done: "cancelled",
    examples: ["cancel mail/welcome-ada", "cancel --filter 'queue:mail state:waiting' --dry-run"],
  });
}
