/** `enqueue --file`: a job per line. Checked as a whole first, then written in batches. */

import { type BulkReceipt, type Issue, isQueueError, QueueError, type RawJob } from "@jobyard/core";
import { linesOf } from "./options.ts";
import type { Output } from "./output.ts";
import { createProgress } from "./progress.ts";
import { printReceipt, refusal } from "./receipt.ts";
import type { Session } from "./session.ts";
import { plural } from "./text.ts";

/** Jobs that are written in one step. */
const BATCH = 500;
/** Faulty lines that are shown; more of the same help nobody. */
const SHOWN_FAULTS = 10;

/** @param where - named in errors: `line 7` */
export type ToJob = (payload: string, where: string) => Promise<RawJob>;

/**
 * How many jobs the file holds. Every line is checked before the first is enqueued, so a faulty file leaves nothing behind.
 *
 * @throws QueueError `PAYLOAD_INVALID` with an issue per faulty line, up to ten
 */
export async function checkFile(file: string, toJob: ToJob): Promise<number> {
  let total = 0;
  const issues: Issue[] = [];
  for await (const { number, text } of linesOf(file)) {
    total += 1;
    const fault = await faultOf(() => toJob(text, "the payload"));
    if (fault !== null) issues.push({ path: `line ${number}`, message: fault });
    if (issues.length === SHOWN_FAULTS) break;
  }
  if (issues.length > 0) throw new QueueError("PAYLOAD_INVALID", `${file}; nothing was enqueued`, { issues });
  return total;
}

/** What is wrong with the payload that `make` was given; `null` if nothing is. */
async function faultOf(make: () => Promise<unknown>): Promise<string | null> {
  try {
    await make();
    return null;
  } catch (error) {
    if (!isQueueError(error, "PAYLOAD_INVALID") && !isQueueError(error, "PAYLOAD_TOO_LARGE")) throw error;
    return error.detail;
  }
}

/**
 * A batch is written as a whole or not at all. If one fails, what came before it stays, and that is said: who runs the
 * same file again must know.
 *
 * @param total - as {@link checkFile} found it
 */
export async function enqueueFile({ yard, out }: Session, file: string, total: number, toJob: ToJob): Promise<void> {
  const progress = createProgress({ n: total, exact: true });
  const tally: Tally = { accepted: 0, duplicate: 0, refused: 0 };
  let lastLine = 0;
  try {
    for await (const batch of batchesOf(file, toJob)) {
      const receipts = await yard.enqueueRaw(batch.map(({ job }) => job));
      for (const [index, receipt] of receipts.entries()) count(receipt, batch[index]?.number ?? 0, tally, out);
      progress.show(tally.accepted + tally.duplicate + tally.refused);
      lastLine = batch.at(-1)?.number ?? lastLine;
    }
  } catch (error) {
    if (lastLine > 0)
      out.note(`Stopped after line ${lastLine}: ${summary(tally)}. The lines after it are not enqueued.`);
    throw error;
  } finally {
    progress.end();
  }
  if (out.json) out.note(summary(tally));
  else out.line(summary(tally));
}

interface NumberedJob {
  readonly number: number;
  readonly job: RawJob;
}

async function* batchesOf(file: string, toJob: ToJob): AsyncGenerator<readonly NumberedJob[]> {
  let batch: NumberedJob[] = [];
  for await (const { number, text } of linesOf(file)) {
    batch.push({ number, job: await toJob(text, `line ${number}`) });
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Counts of one file; they only go up. */
interface Tally {
  accepted: number;
  duplicate: number;
  refused: number;
}

function count(receipt: BulkReceipt, line: number, tally: Tally, out: Output): void {
  if (receipt.ok) {
    tally[receipt.duplicate ? "duplicate" : "accepted"] += 1;
    if (out.json) printReceipt(receipt, out);
    return;
  }
  tally.refused += 1;
  if (out.json) out.line(JSON.stringify({ ...receipt.ref, line, code: receipt.code }));
  if (tally.refused <= SHOWN_FAULTS) out.fail(refusal(receipt, line));
}

const summary = ({ accepted, duplicate, refused }: Tally): string =>
  [
    `${plural(accepted, "job")} enqueued`,
    ...(duplicate > 0 ? [`${duplicate} duplicate`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ].join(", ");
