/** `jobyard queues` */

import { PHASES, type Phase, type QueueInfo, queueJson } from "@jobyard/core";
import type { Command } from "commander";
import { examples, withYard } from "../session.ts";
import type { Column } from "../table.ts";
import { countText, relative } from "../text.ts";

export function registerQueues(program: Command): void {
  program
    .command("queues")
    .description("all queues, with their jobs by phase")
    .addHelpText("after", examples("queues", "queues --json"))
    .action((_options: unknown, command: Command) =>
      withYard(command, async ({ board, out }) => {
        const queues = await board.queues();
        if (out.json) for (const queue of queues) out.line(queueJson(queue));
        else if (queues.length === 0) out.line("There are no queues yet.");
        else out.table(queues, columns(queues, await board.now()));
      }),
    );
}

/** Shown also where no job is in them; a column of zeros for each other phase would fill the terminal. */
const MAIN_PHASES: ReadonlySet<Phase> = new Set(["waiting", "active", "completed", "dead"]);

const phasesOf = (queues: readonly QueueInfo[]): readonly Phase[] =>
  PHASES.filter((phase) => MAIN_PHASES.has(phase) || queues.some((queue) => queue.counts[phase].n > 0));

const columns = (queues: readonly QueueInfo[], now: number): readonly Column<QueueInfo>[] => [
  { title: "QUEUE", cell: (queue) => queue.queue },
  ...phasesOf(queues).map(
    (phase): Column<QueueInfo> => ({
      title: phase.toUpperCase(),
      align: "right",
      cell: (queue) => countText(queue.counts[phase]),
    }),
  ),
  { title: "OLDEST DUE", cell: (queue) => (queue.oldestDueAt === null ? "–" : relative(queue.oldestDueAt, now)) },
  {
    title: "PAUSED",
    cell: (queue) => (queue.paused ? `by ${queue.paused.by}, ${relative(queue.paused.at, now)}` : ""),
  },
];
