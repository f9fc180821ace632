/** `jobyard promote <id…>` */

import type { Command } from "commander";
import { registerMove } from "../move.ts";

export function registerPromote(program: Command): void {
  registerMove(program, {
    move: "promote",
    description: "run scheduled and retrying jobs now",
    done: "promoted",
    examples: ["promote mail/welcome-ada", "promote --filter 'state:retrying queue:mail'"],
  });
}
