/** `jobyard workers` */

import type { WorkerInfo } from "@jobyard/core";
import type { Command } from "commander";
import { examples, withYard } from "../session.ts";
import type { Column } from "../table.ts";
import { relative } from "../text.ts";

export function registerWorkers(program: Command): void {
  program
    .command("workers")
    .description("the worker processes that are alive, and what they run")
    .addHelpText("after", examples("workers", "workers --json"))
    .action((_options: unknown, command: Command) =>
      withYard(command, async ({ board, out }) => {
        const workers = await board.workers();
        if (out.json) for (const worker of workers) out.line(JSON.stringify(worker));
        else if (workers.length === 0) out.line("No worker is running.");
        else out.table(workers, columns(await board.now()));
      }),
    );
}

const columns = (now: number): readonly Column<WorkerInfo>[] => [
  { title: "WORKER", cell: (worker) => worker.name },
  { title: "HOST", cell: (worker) => worker.host },
  { title: "PID", align: "right", cell: (worker) => String(worker.pid) },
  { title: "STARTED", cell: (worker) => relative(worker.startedAt, now) },
  { title: "SEEN", cell: (worker) => relative(worker.seenAt, now) },
  {
    title: "BUSY",
    cell: (worker) => worker.queues.map((queue) => `${queue.queue} ${queue.running}/${queue.concurrency}`).join(", "),
  },
];
