/** `jobyard enqueue <job> [payload]` */

import { QueueError, type RawJob } from "@jobyard/core";
import type { Command } from "commander";
import { loadDefinition } from "../../modules.ts";
import { checkFile, enqueueFile, type ToJob } from "../enqueue-file.ts";
import { commaList, duration, moment, payloadText, wholeNumber } from "../options.ts";
import { type Flags, rawJob } from "../raw-job.ts";
import { printReceipt, refusal } from "../receipt.ts";
import { examples, type Session, withYard } from "../session.ts";

interface Options {
  readonly file?: string;
  readonly module?: string;
  readonly queue?: string;
  readonly id?: string;
  readonly delay?: number;
  readonly runAt?: number;
  readonly priority?: number;
  readonly maxAttempts?: number;
  readonly dedupeKey?: string;
  readonly tags?: readonly string[];
}

export function registerEnqueue(program: Command): void {
  program
    .command("enqueue")
    .argument("<job>", "name of the job type")
    .argument("[payload]", "JSON; - reads it from stdin (default: null)")
    .description("add a job, or one per line of a file")
    .option("--file <path>", "a payload per line (NDJSON), in place of [payload]")
    .option("--module <path>", "take queue and options from the job type in this module, and check the payload")
    .option("--queue <queue>", "the job type's own, else default")
    .option("--id <id>", "the same id again is a duplicate, not a second job")
    .option("--delay <duration>", "not before that long from now: 10s, 5m, 2h", duration("--delay"))
    .option("--run-at <time>", "not before that instant: 2027-01-31T08:00:00Z, or epoch milliseconds", moment)
    .option("--priority <n>", "0 is the most urgent", wholeNumber("--priority", 0))
    .option("--max-attempts <n>", "the first included", wholeNumber("--max-attempts", 1))
    .option("--dedupe-key <key>", "no second job while one with this key is open")
    .option("--tags <tags>", "comma-separated", commaList)
    .addHelpText(
      "after",
      examples(
        `enqueue email.send '{"to":"ada@example.org"}' --queue mail --delay 10m`,
        "enqueue email.send --module ./jobs.ts --file recipients.ndjson",
        "echo '[1,2,3]' | jobyard enqueue numbers.add -",
      ),
    )
    .action((name: string, payload: string | undefined, options: Options, command: Command) =>
      enqueue(name, payload, options, command),
    );
}

async function enqueue(name: string, payload: string | undefined, options: Options, command: Command): Promise<void> {
  checkUse(payload, options);
  const definition = options.module === undefined ? null : await loadDefinition(options.module, name);
  const flags = flagsOf(options);
  if (options.file !== undefined) {
    const { file } = options;
    const toJob: ToJob = (line, where) => rawJob(name, line, where, flags, definition);
    const total = await checkFile(file, toJob);
    return withYard(command, (session) => enqueueFile(session, file, total, toJob), { create: true });
  }
  const job = await rawJob(name, await payloadText(payload ?? "null"), "the payload", flags, definition);
  return withYard(command, (session) => enqueueOne(session, job), { create: true });
}

function checkUse(payload: string | undefined, { file, id, delay, runAt }: Options): void {
  if (file !== undefined && payload !== undefined) throw new QueueError("USAGE", "give a payload or --file, not both");
  if (file !== undefined && id !== undefined) throw new QueueError("USAGE", "--id names one job, and --file adds many");
  if (delay !== undefined && runAt !== undefined) throw new QueueError("USAGE", "give --delay or --run-at, not both");
}

const flagsOf = ({ queue, id, delay, runAt, priority, maxAttempts, dedupeKey, tags }: Options): Flags => ({
  ...(queue !== undefined && { queue }),
  ...(id !== undefined && { jobId: id }),
  ...(delay !== undefined && { delay }),
  ...(runAt !== undefined && { runAt }),
  ...(priority !== undefined && { priority }),
  ...(maxAttempts !== undefined && { maxAttempts }),
  ...(dedupeKey !== undefined && { dedupe: { key: dedupeKey } }),
  ...(tags !== undefined && { tags }),
});

async function enqueueOne({ yard, out }: Session, job: RawJob): Promise<void> {
  const [receipt] = await yard.enqueueRaw([job]);
  if (!receipt) throw new QueueError("INTERNAL", "an enqueue was answered by nothing");
  if (!receipt.ok) throw refusal(receipt, null);
  printReceipt(receipt, out);
}
