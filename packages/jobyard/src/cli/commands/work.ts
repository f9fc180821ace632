/** `jobyard work <module…>` */

import type { Hooks, QueueOptions, Worker } from "@jobyard/core";
import type { Command } from "commander";
import { loadJobModules } from "../../modules.ts";
import { stopSignal } from "../../signals.ts";
import { queueWithConcurrency } from "../options.ts";
import { examples, withYard } from "../session.ts";
import { plural } from "../text.ts";
import { workHooks } from "../work-log.ts";

interface Options {
  readonly queue?: readonly (readonly [queue: string, concurrency: number | null])[];
  readonly drain?: boolean;
}

export function registerWork(program: Command): void {
  program
    .command("work")
    .argument("<modules...>", "files that export jobs with handlers; TypeScript runs as it stands")
    .description("run jobs until Ctrl+C; a second Ctrl+C stops at once")
    .option(
      "--queue <queue[:concurrency]>",
      "only this queue, with so many handlers at once; may be repeated (default: all of the modules)",
      (value: string, before: Options["queue"] = []) => [...before, queueWithConcurrency(value)],
    )
    .option("--drain", "run what is there now, with all it leads to, and end")
    .addHelpText(
      "after",
      examples("work ./jobs.ts", "work ./jobs.ts --queue mail:20 --queue media:4", "work ./jobs.ts --drain"),
    )
    .action(async (modules: readonly string[], options: Options, command: Command) => {
      const jobs = await loadJobModules(modules);
      await withYard(command, async ({ yard, out }) => {
        const hooks: Hooks = workHooks(out);
        const worker = yard.worker({ jobs, hooks, ...(options.queue && { queues: queueOptions(options.queue) }) });
        out.note(`Working on ${plural(jobs.length, "job type")}${options.drain ? "." : ". Ctrl+C stops."}`);
        await (options.drain ? drain(worker) : untilStopped(worker));
        const { completed, failed } = worker.status;
        out.note(`Stopped: ${completed} completed, ${failed} failed.`);
      });
    });
}

const queueOptions = (queues: NonNullable<Options["queue"]>): Record<string, QueueOptions> =>
  Object.fromEntries(queues.map(([queue, concurrency]) => [queue, concurrency === null ? {} : { concurrency }]));

async function untilStopped(worker: Worker): Promise<void> {
  const stop = stopSignal();
  await worker.start();
  await stop;
  await worker.stop();
}

/** Ctrl+C ends it early, in the same graceful way. */
async function drain(worker: Worker): Promise<void> {
  await Promise.race([worker.drain(), stopSignal()]);
  await worker.stop();
}
