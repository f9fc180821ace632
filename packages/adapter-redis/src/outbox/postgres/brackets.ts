/**
 * Work inside a transaction of the caller, in a savepoint: what fails here is undone here, and commit and rollback stay
 * with the caller. It also proves that a transaction is open: outside of one the server refuses a savepoint.
 */

import type { Place } from "../place.ts";
import { asTransaction, badTx, sqlState } from "./connection.ts";
import { Session } from "./session.ts";
import { keepBracket, openBracket, undoBracket } from "./statements.sql.ts";

/** @throws QueueError `BAD_OPTION` with the field `tx`; and what `work` throws */
export async function inBracket(tx: unknown, place: Place, work: (session: Session) => Promise<void>): Promise<void> {
  const transaction = asTransaction(tx);
  const before = busy.get(transaction) ?? Promise.resolve();
  const session = new Session(transaction, place);
  // What went before told its own caller how it failed.
  const running = before.catch(() => {}).then(() => bracket(session, work));
  busy.set(transaction, running);
  await running;
}

/** The end of what runs in each transaction, of whatever outbox: brackets must not cross. */
const busy = new WeakMap<object, Promise<unknown>>();

async function bracket(session: Session, work: (session: Session) => Promise<void>): Promise<void> {
  await open(session);
  try {
    await work(session);
    await session.all(keepBracket);
  } catch (error) {
    // If this fails too the connection is gone, and the caller's transaction with it: the first error says more.
    await session.all(undoBracket).then(
      () => session.all(keepBracket),
      () => {},
    );
    throw error;
  }
}

async function open(session: Session): Promise<void> {
  try {
    await session.all(openBracket);
  } catch (error) {
    const state = sqlState(error);
    if (state === "25P01") throw badTx("has no open transaction; begin one first, on a client and not on a pool");
    if (state === "25P02") throw badTx("is a transaction that has failed already; roll it back");
    throw error;
  }
}
