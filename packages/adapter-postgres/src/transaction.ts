/** Brackets around work on a lent connection, and how far it had come when it failed. */

import { FailedTry, type Instant, type Reach } from "@jobyard/core/adapter";
import type { Dialect } from "./dialect.ts";
import { ConnectionLost, isFatal, sqlState } from "./faults.ts";
import type { Lent } from "./pool.ts";
import { readNow } from "./sql/time.sql.ts";
import { type None, type Statement, sql } from "./statement.ts";

const begin: Statement<None> = sql`BEGIN`;
const beginSnapshot: Statement<None> = sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`;
const commit: Statement<None> = sql`COMMIT`;
const rollback: Statement<None> = sql`ROLLBACK`;

/** One statement, which commits by itself. */
export async function single<T>(lent: Lent, kind: "may write" | "only reads", work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failed(lent, error, kind === "only reads" || wasRefused(error) ? "undone" : "unknown");
  }
}

/** All of it or nothing; `work` must not catch the errors of its statements. */
export async function transaction<T>(
  lent: Lent,
  dialect: Dialect,
  kind: "step" | "snapshot",
  work: (now: Instant) => Promise<T>,
): Promise<T> {
  const result = await undoneIfItFails(lent, async () => work(await beginWithTime(lent, dialect, kind)));
  await end(lent, kind === "step" ? "unknown" : "undone");
  return result;
}

/** A transaction in which our tables need not be there. */
export async function bareTransaction<T>(lent: Lent, work: () => Promise<T>): Promise<T> {
  const result = await undoneIfItFails(lent, async () => {
    await lent.db.execute(begin);
    return work();
  });
  await end(lent, "unknown");
  return result;
}

/** Both in one round trip: the server takes several statements of one text, if they have no parameters. */
async function beginWithTime({ client }: Lent, dialect: Dialect, kind: "step" | "snapshot"): Promise<Instant> {
  const { text } = kind === "step" ? begin : beginSnapshot;
  const answers: unknown = await client.query(`${text}; ${dialect.inSchema(readNow.text)}`);
  const last = Array.isArray(answers)
    ? (answers.at(-1) as { readonly rows: readonly { readonly now: Instant }[] })
    : null;
  const now = last?.rows[0]?.now;
  if (now === undefined) throw new Error("the server answered a BEGIN with a time in a way that is not known");
  return now;
}

async function undoneIfItFails<T>(lent: Lent, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!lent.isLost()) await lent.db.execute(rollback).catch(() => lent.cut());
    throw failed(lent, error, "undone");
  }
}

/** A transaction in which a statement failed is rolled back by COMMIT, and only its answer says so. */
async function end(lent: Lent, reachIfLost: Reach): Promise<void> {
  let answer: { readonly command: string };
  try {
    answer = await lent.client.query(commit.text);
  } catch (error) {
    throw failed(lent, error, wasRefused(error) ? "undone" : reachIfLost);
  }
  if (answer.command !== commit.text) throw new Error("a step went on after one of its statements had failed");
}

/**
 * The server itself said no: then it has undone what it was asked for. If it ends the connection it says so on its
 * way out, and that may be after a commit; but where it was told to end it (57P01), it looks at that only before.
 */
const wasRefused = (error: unknown): boolean =>
  sqlState(error) !== null && (!isFatal(error) || sqlState(error) === ADMIN_SHUTDOWN);

const ADMIN_SHUTDOWN = "57P01";

/** Errors of the work's own making are passed on as they are: trying again would not help. */
function failed(lent: Lent, error: unknown, reach: Reach): unknown {
  if (sqlState(error) !== null) return new FailedTry(reach, error);
  if (!lent.isLost()) return error;
  return new FailedTry(reach, hasCode(error) ? error : new ConnectionLost(messageOf(error), { cause: error }));
}

const hasCode = (error: unknown): boolean => error instanceof Error && "code" in error;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
