/** `jobyard jobs [query…]` */

import { type Job, type JobSummary, jobSummaryJson, type Page, phaseOf } from "@jobyard/core";
import type { Command } from "commander";
import { wholeNumber } from "../options.ts";
import type { Output } from "../output.ts";
import { isListening } from "../pipes.ts";
import { examples, type Session, withYard } from "../session.ts";
import type { Column } from "../table.ts";
import { relative } from "../text.ts";

interface Options {
  readonly limit: number;
  readonly cursor?: string;
}

/** The most that a store gives at once. */
const PAGE = 200;

export function registerJobs(program: Command): void {
  program
    .command("jobs")
    .argument("[query...]", "what to look for, in the query language; everything if left out")
    .description("list jobs, newest first")
    .option("--limit <n>", "how many", wholeNumber("--limit", 1), 50)
    .option("--cursor <cursor>", "go on where an earlier list ended")
    .addHelpText(
      "after",
      examples(
        "jobs state:dead queue:mail",
        "jobs 'error:ECONNREFUSED created:<2h' --limit 500",
        "jobs payload.orderId:4711 --json",
        "jobs -- -state:completed",
      ),
    )
    .action((query: readonly string[], options: Options, command: Command) =>
      withYard(command, async (session) => list(session, query.join(" "), options)),
    );
}

async function list({ board, out }: Session, query: string, { limit, cursor }: Options): Promise<void> {
  const found: JobSummary[] = [];
  let seen = 0;
  let next: string | null = cursor ?? null;
  let page: Page<JobSummary>;
  do {
    page = await board.jobs({ query, limit: Math.min(PAGE, limit - seen), cursor: next });
    seen += page.items.length;
    // The columns of a table need all rows; documents need none but their own.
    if (out.json) printJson(page.items, await board.now(), out);
    else found.push(...page.items);
    next = page.next;
  } while (next !== null && seen < limit && isListening());
  if (!out.json && found.length === 0) out.line("No jobs match.");
  else if (!out.json) out.table(found, columns(await board.now(), out));
  // Who left has seen enough, wherever the list stopped for that.
  if (!isListening()) return;
  if (next !== null) out.note(`There are more: --cursor ${next}`);
  if (!page.searched.all)
    out.note(`Looked at ${page.searched.rows.toLocaleString("en")} jobs; older ones were not searched.`);
}

function printJson(jobs: readonly JobSummary[], now: number, out: Output): void {
  for (const job of jobs) out.line(jobSummaryJson(job, now));
}

const columns = (now: number, out: Output): readonly Column<JobSummary>[] => [
  { title: "JOB", cell: (job) => `${job.queue}/${job.id}` },
  { title: "NAME", cell: (job) => job.name },
  {
    title: "PHASE",
    cell: (job) => phaseOf(job, now),
    paint: (text, job) => text.replace(phaseOf(job, now), out.phase(phaseOf(job, now))),
  },
  { title: "TRIES", align: "right", cell: (job) => `${job.attempt}/${job.maxAttempts}` },
  { title: "WHEN", cell: (job) => relative(whenOf(job, now), now) },
  { title: "LAST ERROR", cell: (job) => (job.lastError ? `${job.lastError.code}: ${job.lastError.message}` : "") },
];

/** The time that tells most about a job in its phase. */
function whenOf(
  job: Pick<Job, "state" | "runAt" | "attempt" | "finishedAt" | "startedAt" | "createdAt">,
  now: number,
): number {
  const phase = phaseOf(job, now);
  if (phase === "scheduled" || phase === "retrying") return job.runAt;
  return job.finishedAt ?? (phase === "active" ? job.startedAt : null) ?? job.createdAt;
}
