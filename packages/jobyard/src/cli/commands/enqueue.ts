/** `jobyard enqueue <job> [payload]` */

import { checkRawJob, type EnqueueOptions, type JobDefinition, QueueError, type RawJob } from "@jobyard/core";
import { shellWord } from "@jobyard/core/adapter";
import type { Command } from "commander";
import { loadDefinition } from "../../modules.ts";
import { urlFlag } from "../../url.ts";
import { checkFile, enqueueLines, type LineJobs } from "../enqueue-file.ts";
import { lineSource } from "../lines.ts";
import { commaList, duration, moment, payloadText, wholeNumber } from "../options.ts";
import { printReceipt, refusal } from "../receipt.ts";
import { examples, type Session, urlOf, withYard } from "../session.ts";

interface Options {
  readonly file?: string;
  readonly skipInvalid?: boolean;
  readonly idPrefix?: string;
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
    .option("--file <path>", "a payload per line (NDJSON), in place of [payload]; - reads them from stdin")
    .option("--skip-invalid", "with --file: leave out lines that are faulty, in place of enqueueing nothing")
    .option("--id-prefix <text>", "with --file: line 7 gets the id <text>-7, so that the same file adds nothing twice")
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
        "enqueue email.send --module ./jobs.ts --file recipients.ndjson --id-prefix spring-campaign",
        "export.sh | jobyard enqueue email.send --file -",
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
  if (options.file !== undefined) return enqueueFile(name, options.file, options, definition, command);
  const job = rawJob(name, await payloadText(payload ?? "null"), flagsOf(options), definition);
  await checkRawJob(job); // before a database is made for it
  return withYard(command, (session) => enqueueOne(session, job), { create: true });
}

/** A file is checked before a database is made for it; of a pipe, or if faulty lines do not matter, the lines are on the way. */
async function enqueueFile(
  name: string,
  path: string,
  options: Options,
  definition: JobDefinition | null,
  command: Command,
): Promise<void> {
  const source = await lineSource(path);
  const flags = flagsOf(options);
  const { idPrefix } = options;
  const jobs: LineJobs = {
    path,
    source,
    toJob: ({ number, text }) =>
      rawJob(name, text, idPrefix === undefined ? flags : { ...flags, jobId: `${idPrefix}-${number}` }, definition),
    howToGoOn: (line) => howToGoOn(path, line, idPrefix, source.rereadable, urlFlag(urlOf(command))),
  };
  const total = source.rereadable && !options.skipInvalid ? await checkFile(jobs) : null;
  return withYard(command, (session) => enqueueLines(session, jobs, total), { create: true });
}

const howToGoOn = (path: string, line: number, idPrefix: string | undefined, isFile: boolean, flag: string): string =>
  idPrefix !== undefined
    ? "The same command again goes on: what is there already is a duplicate."
    : isFile
      ? `To go on: tail -n +${line + 1} ${shellWord(path)} | jobyard${flag} enqueue … --file -`
      : "With --id-prefix the same lines can be sent again.";

function checkUse(payload: string | undefined, options: Options): void {
  const { file, id, delay, runAt, skipInvalid, idPrefix } = options;
  if (file !== undefined && payload !== undefined) throw new QueueError("USAGE", "give a payload or --file, not both");
  if (file !== undefined && id !== undefined)
    throw new QueueError("USAGE", "--id names one job, and --file adds many; --id-prefix names each");
  if (file === undefined && skipInvalid) throw new QueueError("USAGE", "--skip-invalid goes with --file");
  if (file === undefined && idPrefix !== undefined) throw new QueueError("USAGE", "--id-prefix goes with --file");
  if (delay !== undefined && runAt !== undefined) throw new QueueError("USAGE", "give --delay or --run-at, not both");
}

/** What the flags say; a flag that was not given is not there. */
const flagsOf = ({ queue, id, delay, runAt, priority, maxAttempts, dedupeKey, tags }: Options): EnqueueOptions => ({
  ...(queue !== undefined && { queue }),
  ...(id !== undefined && { jobId: id }),
  ...(delay !== undefined && { delay }),
  ...(runAt !== undefined && { runAt }),
  ...(priority !== undefined && { priority }),
  ...(maxAttempts !== undefined && { maxAttempts }),
  ...(dedupeKey !== undefined && { dedupe: { key: dedupeKey } }),
  ...(tags !== undefined && { tags }),
});

const rawJob = (name: string, payload: string, options: EnqueueOptions, definition: JobDefinition | null): RawJob => ({
  name,
  payload,
  options,
  ...(definition !== null && { definition }),
});

async function enqueueOne({ yard, out }: Session, job: RawJob): Promise<void> {
  const [receipt] = await yard.enqueueRaw([job]);
  if (!receipt) throw new QueueError("INTERNAL", "an enqueue was answered by nothing");
  if (!receipt.ok) throw refusal(receipt, null);
  printReceipt(receipt, out);
}
