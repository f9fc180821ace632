/** `jobyard resume <queue>` */

import type { Command } from "commander";
import { registerSwitch } from "../switch.ts";

export const registerResume = (program: Command): void =>
  registerSwitch(program, { command: "resume", description: "start the jobs of a paused queue again", paused: false });
