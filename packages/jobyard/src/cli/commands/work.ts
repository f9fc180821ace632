/** `jobyard work <module…>` */

import type { BoundJob, Hooks, QueueOptions, WorkerOptions } from "@jobyard/core";
import { type Command, Option } from "commander";
import { loadJobModules } from "../../modules.ts";
import { stopSignal } from "../../signals.ts";
import { duration, queueWithConcurrency } from "../options.ts";
import { examples, type Session, withYard } from "../session.ts";
import { plural } from "../text.ts";
import { workHooks } from "../work-log.ts";

interface Options {
  readonly lease?: number;
  readonly grace?: number;
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
    .addOption(
      new Option("--lease <duration>", "how long after this process died its jobs run elsewhere (default: 30s)")
        .env("JOBYARD_LEASE")
        .argParser(duration("--lease")),
    )
    .addOption(
      new Option("--grace <duration>", "how long running jobs may go on after Ctrl+C (default: 30s)")
        .env("JOBYARD_GRACE")
        .argParser(duration("--grace")),
    )
    .option("--drain", "run what is there now, with all it leads to, and end")
    .addHelpText(
      "after",
      examples("work ./jobs.ts", "work ./jobs.ts --queue mail:20 --queue media:4", "work ./jobs.ts --drain"),
    )
    .action(async (modules: readonly string[], options: Options, command: Command) => {
      const jobs = await loadJobModules(modules);
      const strange = strangeQueues(jobs, options.queue ?? []);
      const work = async ({ yard, out }: Session): Promise<void> => {
        const worker = yard.worker(workerOptions(jobs, options, workHooks(out)));
        out.note(`Working on ${plural(jobs.length, "job type")}${options.drain ? "." : ". Ctrl+C stops."}`);
        for (const queue of strange) out.note(`note: no job type here has the queue "${queue}". Check the spelling.`);
        const stop = stopSignal().then((signal) => out.note(`Stopping (${signal}). Once more stops at once.`));
        await (options.drain ? Promise.race([worker.drain(), stop]) : worker.start().then(() => stop));
        await worker.stop();
        const { completed, failed } = worker.status;
        out.note(`Stopped: ${completed} completed, ${failed} failed.`);
      };
      await withYard(command, work, { create: true });
    });
}

/** Legal, since a job may be enqueued into any queue, but more often a slip that nothing else would show. */
function strangeQueues(jobs: readonly BoundJob[], asked: NonNullable<Options["queue"]>): readonly string[] {
  const own = new Set(jobs.map(({ definition }) => definition.queue));
  return asked.map(([queue]) => queue).filter((queue) => !own.has(queue));
}

const workerOptions = (jobs: readonly BoundJob[], { queue, lease, grace }: Options, hooks: Hooks): WorkerOptions => ({
  jobs,
  hooks,
  ...(queue !== undefined && { queues: queueOptions(queue) }),
  ...(lease !== undefined && { lease }),
  ...(grace !== undefined && { grace }),
});

const queueOptions = (queues: NonNullable<Options["queue"]>): Record<string, QueueOptions> =>
  Object.fromEntries(queues.map(([queue, concurrency]) => [queue, concurrency === null ? {} : { concurrency }]));
