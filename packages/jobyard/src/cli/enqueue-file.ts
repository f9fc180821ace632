/**
 * `enqueue --file`: a job per line, in memory that does not grow with their number.
 *
 * A file is checked as a whole first, so that a faulty one leaves nothing behind. What can be read only once, a pipe,
 * is enqueued as it comes; its faulty lines are left out and told.
 */

import { checkRawJob, type Issue, isQueueError, QueueError, type RawJob } from "@jobyard/core";
import { interruptible } from "./interrupt.ts";
import type { Line, LineSource } from "./lines.ts";
import { createProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { Tally } from "./tally.ts";

/** Jobs that are written in one step. */
const BATCH = 500;
/** Faulty lines that are shown; more of the same help nobody. */
export const SHOWN_FAULTS = 10;

export interface LineJobs {
  /** As it was named, for messages. */
  readonly path: string;
  readonly source: LineSource;
  readonly toJob: (line: Line) => RawJob;
  /** How to go on where it stopped. @param line - the last that was enqueued */
  readonly howToGoOn: (line: number) => string;
}

/**
 * How many jobs the file holds.
 *
 * @throws QueueError `PAYLOAD_INVALID` with an issue per faulty line, up to ten
 */
export async function checkFile({ path, source, toJob }: LineJobs): Promise<number> {
  const progress = createProgress({ total: null, label: "checking" });
  const issues: Issue[] = [];
  let total = 0;
  try {
    for await (const lines of source.read()) {
      for (const line of lines) {
        total += 1;
        const fault = await faultOf(line, toJob);
        if (fault !== null) issues.push({ path: `line ${line.number}`, message: fault.detail });
        if (issues.length === SHOWN_FAULTS) break;
      }
      if (issues.length === SHOWN_FAULTS) break;
      progress.show(total);
    }
  } finally {
    progress.end();
  }
  const first = issues.length === SHOWN_FAULTS ? `, the first ${SHOWN_FAULTS} faults are told` : "";
  if (issues.length > 0) throw new QueueError("PAYLOAD_INVALID", `${path}; nothing was enqueued${first}`, { issues });
  return total;
}

/** What is wrong with the line's payload; `null` if nothing is. Anything else that is wrong is wrong with the command. */
async function faultOf(line: Line, toJob: LineJobs["toJob"]): Promise<QueueError | null> {
  if (line.fault !== null) return new QueueError("PAYLOAD_INVALID", line.fault);
  try {
    await checkRawJob(toJob(line));
    return null;
  } catch (error) {
    if (isQueueError(error, "PAYLOAD_INVALID") || isQueueError(error, "PAYLOAD_TOO_LARGE")) return error;
    throw error;
  }
}

/**
 * A batch is written as a whole or not at all. If one fails, or somebody presses Ctrl+C, what came before it stays, and
 * that is said: who runs the same command again must know.
 *
 * @param total - as {@link checkFile} found it; `null` if the lines were not checked
 */
export async function enqueueLines(session: Session, jobs: LineJobs, total: number | null): Promise<void> {
  const progress = createProgress({ total: total === null ? null : { n: total, exact: true } });
  const tally = new Tally(session.out, SHOWN_FAULTS);
  const isEnd = await interruptible(async (signal) => {
    try {
      for await (const batch of batchesOf(jobs.source, signal)) {
        await enqueueBatch(session, jobs, batch, total !== null, tally);
        progress.show(tally.lines);
      }
    } catch (error) {
      progress.end();
      if (tally.lastLine > 0) {
        tally.tellEnd();
        tally.tellStop(jobs.howToGoOn(tally.lastLine));
      }
      throw error;
    } finally {
      progress.end();
    }
    return !signal.aborted;
  });
  tally.tellEnd();
  if (isEnd) return;
  tally.tellStop(jobs.howToGoOn(tally.lastLine));
  process.exitCode = 1;
}

async function* batchesOf(source: LineSource, signal: AbortSignal): AsyncGenerator<readonly Line[]> {
  for await (const lines of source.read(signal))
    for (let from = 0; from < lines.length; from += BATCH) {
      if (signal.aborted) return;
      yield lines.slice(from, from + BATCH);
    }
}

async function enqueueBatch(
  { yard }: Session,
  { toJob }: LineJobs,
  batch: readonly Line[],
  isChecked: boolean,
  tally: Tally,
): Promise<void> {
  const good: Line[] = [];
  for (const line of batch) {
    const fault = isChecked && line.fault === null ? null : await faultOf(line, toJob);
    if (fault === null) good.push(line);
    else tally.leaveOut(line.number, fault);
  }
  const receipts = await yard.enqueueRaw(good.map(toJob));
  for (const [index, receipt] of receipts.entries()) tally.count(good[index]?.number ?? 0, receipt);
  tally.lastLine = batch.at(-1)?.number ?? tally.lastLine;
}
