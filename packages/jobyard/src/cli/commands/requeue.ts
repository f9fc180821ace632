/** `jobyard requeue <id…>` */

import { QueueError } from "@jobyard/core";
import type { Command } from "commander";
import { registerMove } from "../move.ts";
import type { MoveOptions } from "../move-spec.ts";
import { payloadText } from "../options.ts";

interface Options extends MoveOptions {
  readonly payload?: string;
}

export function registerRequeue(program: Command): void {
  registerMove<Options>(
    program,
    {
      move: "requeue",
      description: "run dead, cancelled or stale jobs again, with all their attempts",
      done: "requeued",
      examples: [
        "requeue mail/welcome-ada",
        `requeue mail/welcome-ada --payload '{"to":"ada@example.org"}'`,
        "requeue --filter 'state:dead error:ECONNREFUSED' --rate 50/s",
      ],
    },
    async ({ payload, filter }) => {
      if (payload === undefined) return {};
      if (filter !== undefined)
        throw new QueueError("USAGE", "--payload goes with ids: one payload for every match is hardly meant");
      return { payload: await payloadText(payload) };
    },
  ).option("--payload <json>", "run them with this payload; - reads it from stdin");
}
