/** The commands put together. */

import { readFileSync } from "node:fs";
import { QueueError } from "@jobyard/core";
import { Command, type CommanderError } from "commander";
import { registerBench } from "./commands/bench.ts";
import { registerCancel } from "./commands/cancel.ts";
import { registerCompletion } from "./commands/completion.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { registerEnqueue } from "./commands/enqueue.ts";
import { registerEvents } from "./commands/events.ts";
import { registerExplain } from "./commands/explain.ts";
import { registerHelp } from "./commands/help.ts";
import { registerJob } from "./commands/job.ts";
import { registerJobs } from "./commands/jobs.ts";
import { registerMigrate } from "./commands/migrate.ts";
import { registerPause } from "./commands/pause.ts";
import { registerPromote } from "./commands/promote.ts";
import { registerQueues } from "./commands/queues.ts";
import { registerRemove } from "./commands/remove.ts";
import { registerRequeue } from "./commands/requeue.ts";
import { registerResume } from "./commands/resume.ts";
import { registerSet } from "./commands/set.ts";
import { registerWork } from "./commands/work.ts";
import { registerWorkers } from "./commands/workers.ts";
import { examples } from "./session.ts";

const GROUPS = [
  ["Produce and work:", [registerEnqueue, registerWork]],
  ["Look:", [registerQueues, registerJobs, registerJob, registerEvents, registerExplain, registerWorkers]],
  [
    "Operate:",
    [registerRequeue, registerCancel, registerPromote, registerRemove, registerPause, registerResume, registerSet],
  ],
  ["Set up and check:", [registerMigrate, registerDoctor, registerBench, registerCompletion, registerHelp]],
] as const;

export function createProgram(): Command {
  const program = new Command("jobyard")
    .description("One job queue for Node.js: enqueue, work and operate from the command line.")
    .option("--url <url>", "sqlite:<file>, postgres://… or redis://… (default: JOBYARD_URL, else sqlite:./jobyard.db)")
    .option("--json", "print JSON: one document, or one per line for a list")
    .version(version(), "-V, --version", "print the version")
    .helpCommand(false)
    .exitOverride()
    // What is wrong is printed once, by main, in the form that all errors have.
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      "after",
      `\nA job is named queue/id, or by its id where only one queue has it.\nExit codes: 0 done, 1 failed, 2 wrong use.\n${examples(
        "migrate",
        `enqueue email.send '{"to":"ada@example.org"}'`,
        "jobs 'state:dead created:<2h'",
        "requeue --filter 'state:dead queue:mail' --dry-run",
      )}`,
    );
  for (const [heading, registers] of GROUPS) {
    program.commandsGroup(heading);
    for (const register of registers) register(program);
  }
  return program;
}

/** Commander's own complaint, without its prefix and in one line, as ours. */
export function usageError({ code, message }: CommanderError): QueueError {
  if (code === "commander.help") return new QueueError("USAGE", "a command is needed");
  const negation = /^error: unknown option '(-\w[\w.]*:.*)'$/.exec(message)?.[1];
  const text =
    negation === undefined
      ? message.replace(/^error: /, "")
      : `"${negation}" looks like an option; a query that begins with a minus goes after --: jobs -- ${negation}`;
  return new QueueError("USAGE", text.replaceAll("\n", " "));
}

const version = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string })
    .version;
