/**
 * A job as its row keeps it. The payload is a column, byte for byte; what core decided about the job is JSON; durations
 * become instants by the database's clock, and are durations again when the row is relayed: no two clocks are compared.
 */

import type { Instant, JobRef, JsonText, NewJob } from "@jobyard/core/adapter";
import type { OutboxStatus, RefusedJob } from "./surface.ts";
import type { OutboxRow } from "./table.ts";

/** What is the same at the write and at the relay. */
interface Form extends Omit<NewJob, keyof JobRef | "payload" | "start" | "expiresInMs"> {
  /** The instant that the caller named: the target judges it. */
  readonly at: Instant | null;
}

/** As the statement that inserts rows takes it. */
interface WrittenRow extends JobRef {
  readonly form: JsonText;
  readonly payload: JsonText;
  /** `null`: as soon as it is relayed. */
  readonly delayMs: number | null;
  readonly expiresInMs: number | null;
}

/** As the statement that takes rows answers; numbers may come as text or as bigint, by the client's settings. */
export interface TakenRow extends JobRef {
  readonly number: Numeric;
  readonly form: JsonText;
  readonly payload: JsonText;
  readonly due_in: Numeric | null;
  readonly expires_in: Numeric | null;
}

/** As the statement that shows refused rows answers. */
export interface RefusedRow extends JobRef {
  readonly number: Numeric;
  readonly form: JsonText;
  readonly payload: JsonText;
  readonly code: string;
  readonly message: string;
  readonly written_at: Numeric;
  readonly refused_at: Numeric;
}

/** As the statement that counts answers, with one row. */
export interface StatusRow {
  readonly waiting: Numeric;
  readonly oldest_ms: Numeric | null;
  readonly refused: Numeric;
}

export type Numeric = number | string | bigint;

/** Rows of one statement. */
const MAX_ROWS = 1_000;

/**
 * Rows as the parameters of statements, one for a thousand. Half a surrogate pair is written as every other store
 * would: it has no UTF-8.
 */
export function rowTexts(jobs: readonly NewJob[]): readonly string[] {
  const chunks = Array.from({ length: Math.ceil(jobs.length / MAX_ROWS) }, (_, index) =>
    jobs.slice(index * MAX_ROWS, (index + 1) * MAX_ROWS),
  );
  return chunks.map((chunk) => JSON.stringify(chunk.map(writtenRow)));
}

function writtenRow({ queue, id, payload, start, expiresInMs, ...form }: NewJob): WrittenRow {
  const at = "at" in start ? start.at : null;
  const delayMs = "delayMs" in start && start.delayMs > 0 ? start.delayMs : null;
  const text = JSON.stringify({ ...form, at } satisfies Form);
  return { queue, id, form: text, payload: payload.toWellFormed(), delayMs, expiresInMs };
}

export const toRow = (row: TakenRow): OutboxRow => ({ number: Number(row.number), job: () => toJob(row) });

function toJob({ queue, id, payload, form, due_in: dueIn, expires_in: expiresIn }: TakenRow): NewJob {
  const { at, ...rest } = JSON.parse(form) as Form;
  return {
    ...{ queue, id, payload, ...rest },
    start: at === null ? { delayMs: Math.max(0, Number(dueIn ?? 0)) } : { at },
    // What expired on its way is enqueued all the same: then it is seen as cancelled, and has not vanished.
    expiresInMs: expiresIn === null ? null : Math.max(1, Number(expiresIn)),
  };
}

/** A clock that was set back makes no row younger than now. */
export const toStatus = ({ waiting, oldest_ms: oldestMs, refused }: StatusRow): OutboxStatus => ({
  waiting: Number(waiting),
  oldestMs: oldestMs === null ? null : Math.max(0, Number(oldestMs)),
  refused: Number(refused),
});

export const toRefused = (row: RefusedRow): RefusedJob => ({
  number: Number(row.number),
  queue: row.queue,
  id: row.id,
  name: nameIn(row.form),
  payload: row.payload,
  code: row.code,
  message: row.message,
  writtenAt: Number(row.written_at),
  refusedAt: Number(row.refused_at),
});

/** Empty if somebody else wrote the row: a person should see that too. */
function nameIn(form: JsonText): string {
  try {
    return (JSON.parse(form) as Form).name;
  } catch {
    return "";
  }
}
