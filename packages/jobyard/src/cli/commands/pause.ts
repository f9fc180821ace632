/** `jobyard pause <queue>` */

import type { Command } from "commander";
import { registerSwitch } from "../switch.ts";

export const registerPause = (program: Command): void =>
  registerSwitch(program, {
    command: "pause",
    description: "start no more jobs of a queue; running ones go on",
    paused: true,
  });
