/** The commands that move jobs: those that are named, or all that match a query. */

import { type ApplyOptions, QueueError, systemPorts } from "@jobyard/core";

import type { Command } from "commander";
import { moveMatching } from "./move-matching.ts";
import { moveNamed } from "./move-named.ts";
import type { MoveOptions, MoveSpec } from "./move-spec.ts";
import { rate } from "./options.ts";
import { ACTOR, examples, withYard } from "./session.ts";

/** @param applying - what the command's own options add to the move */
export function registerMove<O extends MoveOptions>(
  program: Command,
  spec: MoveSpec,
  applying: (options: O) => Promise<Partial<ApplyOptions>> = async () => ({}),
): Command {
  return program
    .command(spec.move)
    .argument("[ids...]", "queue/id, or ids that only one queue has")
    .description(spec.description)
    .option("--filter <query>", "all jobs that match, in place of ids")
    .option("--dry-run", "change nothing; say what would happen")
    .option("--rate <n/s>", "with --filter: at most so many jobs per second", rate)
    .addHelpText("after", examples(...spec.examples))
    .action(async (ids: readonly string[], options: O, command: Command) => {
      checkTarget(ids, options);
      const apply: ApplyOptions = { actor: ACTOR, opId: systemPorts.newId(), ...(await applying(options)) };
      await withYard(command, (session) =>
        options.filter === undefined
          ? moveNamed(session, spec, ids, options, apply)
          : moveMatching(session, spec, options.filter, options, apply),
      );
    });
}

function checkTarget(ids: readonly string[], { filter, rate }: MoveOptions): void {
  if (filter === undefined && ids.length === 0)
    throw new QueueError("USAGE", "name one job or more, or give --filter '<query>'");
  if (filter !== undefined && ids.length > 0) throw new QueueError("USAGE", "give ids or --filter, not both");
  // An empty shell variable must not mean "everything".
  if (filter?.trim() === "") throw new QueueError("USAGE", "--filter is empty, and an empty query matches every job");
  if (filter === undefined && rate !== undefined) throw new QueueError("USAGE", "--rate goes with --filter");
}
