/**
 * The outbox in SQLite. Its one write lock is never held while a job travels: a relay claims its rows for a time, and
 * whoever took too long finds them another's.
 *
 * The connection may be the caller's own, on which a transaction of theirs is open now and then. Nothing of a relay may
 * become a part of that: it would read what is not committed. So it waits until none is.
 */

import { badOption, type NewJob, type Ports, QueueError } from "@jobyard/core/adapter";
import { TABLE_VERSION } from "../migrations.ts";
import { scriptsFrom } from "../outbox-table.ts";
import { inPlace, type Place } from "../place.ts";
import { assertReady, type Found, gone, notOurs, versionIn } from "../readiness.ts";
import { type RefusedRow, rowTexts, type StatusRow, type TakenRow, toRefused, toRow, toStatus } from "../stored-row.ts";
import type { OutboxStatus, RefusedJob } from "../surface.ts";
import { byFate, type OutboxRow, type OutboxTable, type PassRequest, type Verdict } from "../table.ts";
import { asDatabase, Session, type SqliteDatabase } from "./connection.ts";
import {
  claimRows,
  deleteRows,
  discardRefused,
  findFree,
  findTables,
  freeRows,
  insertRows,
  listRefused,
  readStatus,
  readVersion,
  refuseRows,
  retryRefused,
} from "./statements.sql.ts";

/** How often the connection is looked at while a transaction of the caller's is open on it. */
const LOOK_MS = 5;
/** Longer is a transaction that somebody forgot. */
const LONGEST_WAIT_MS = 10_000;

export interface SqliteTableOptions {
  readonly place: Place;
  readonly ports: Ports;
  readonly claimMs: number;
}

export class SqliteTable implements OutboxTable {
  readonly #own: Session;
  readonly #options: SqliteTableOptions;
  readonly #sessions = new WeakMap<SqliteDatabase, Session>();
  readonly #ready = new WeakSet<SqliteDatabase>();

  constructor(db: SqliteDatabase, options: SqliteTableOptions) {
    this.#options = options;
    this.#own = this.#sessionOf(db);
  }

  write(tx: unknown, jobs: readonly NewJob[]): void {
    const db = asDatabase(tx, "tx");
    if (!db.inTransaction) throw badOption("tx", "has no open transaction; begin one first");
    const session = this.#sessionOf(db);
    this.#onOurTables(session, () => {
      for (const rows of rowTexts(jobs)) session.run(insertRows, rows);
    });
  }

  async pass(
    { limit, except }: PassRequest,
    deliver: (rows: readonly OutboxRow[]) => Promise<readonly Verdict[]>,
  ): Promise<number> {
    const { ports, claimMs } = this.#options;
    const claimer = ports.newId();
    const others = JSON.stringify(except);
    const taken = await this.#step((session) =>
      session.get(findFree, others) === undefined
        ? []
        : session.all<TakenRow>(claimRows, claimer, claimMs, others, limit).map(toRow),
    );
    if (taken.length === 0) return 0;
    // An UPDATE answers in no order.
    const rows = taken.toSorted((a, b) => a.number - b.number);
    const verdicts = await deliver(rows).catch(async (error: unknown) => {
      await this.#step((session) => session.run(freeRows, claimer));
      throw error;
    });
    await this.#settle(claimer, rows, verdicts);
    return rows.length;
  }

  migrate(): Promise<{ readonly from: number; readonly to: number }> {
    return this.#alone((session) =>
      session.transaction(() => {
        const { place } = this.#options;
        const from = versionIn(look(session), place);
        for (const script of scriptsFrom("sqlite", from)) session.db.exec(inPlace(script, place));
        return { from, to: Math.max(from, TABLE_VERSION) };
      }),
    );
  }

  status(): Promise<OutboxStatus> {
    return this.#step((session) => toStatus(session.all<StatusRow>(readStatus)[0] as StatusRow));
  }

  refused(limit: number): Promise<readonly RefusedJob[]> {
    return this.#step((session) => session.all<RefusedRow>(listRefused, limit).map(toRefused));
  }

  retry(numbers: readonly number[]): Promise<number> {
    return this.#step((session) => session.run(retryRefused, JSON.stringify(numbers)));
  }

  discard(numbers: readonly number[]): Promise<number> {
    return this.#step((session) => session.run(discardRefused, JSON.stringify(numbers)));
  }

  async #settle(claimer: string, rows: readonly OutboxRow[], verdicts: readonly Verdict[]): Promise<void> {
    const { gone: deleted, refused, stays } = byFate(rows, verdicts);
    await this.#step((session) =>
      session.transaction(() => {
        if (deleted.length > 0) session.run(deleteRows, claimer, JSON.stringify(deleted));
        if (refused.length > 0) session.run(refuseRows, JSON.stringify(refused), claimer);
        if (stays.length > 0) session.run(freeRows, claimer);
      }),
    );
  }

  #step<T>(work: (session: Session) => T): Promise<T> {
    return this.#alone((session) => this.#onOurTables(session, () => work(session)));
  }

  /** When no transaction of the caller's is open on the connection. */
  async #alone<T>(work: (session: Session) => T): Promise<T> {
    const { ports, place } = this.#options;
    const end = ports.monotonic() + LONGEST_WAIT_MS;
    while (this.#own.db.inTransaction) {
      if (ports.monotonic() > end)
        throw new QueueError(
          "STORE_BUSY",
          `${place.name}: a transaction stayed open on the outbox's own connection for ${LONGEST_WAIT_MS} ms`,
        );
      await ports.sleep(LOOK_MS);
    }
    return work(this.#own);
  }

  #onOurTables<T>(session: Session, work: () => T): T {
    const { place } = this.#options;
    try {
      if (!this.#ready.has(session.db)) assertReady(look(session), place);
      const result = work();
      // What was seen in a transaction may be rolled back.
      if (!session.db.inTransaction) this.#ready.add(session.db);
      return result;
    } catch (error) {
      const fault = explained(error, place);
      if (fault !== error) this.#ready.delete(session.db);
      throw fault;
    }
  }

  #sessionOf(db: SqliteDatabase): Session {
    const known = this.#sessions.get(db);
    if (known !== undefined) return known;
    const session = new Session(db, this.#options.place);
    this.#sessions.set(db, session);
    return session;
  }
}

function look(session: Session): Found {
  const { table } = session.place;
  const there = session.get<{ readonly has_table: unknown; readonly has_versions: unknown }>(
    findTables,
    table,
    `${table}_version`,
  );
  const hasTable = Number(there?.has_table) === 1;
  if (Number(there?.has_versions) !== 1) return { hasTable, version: null, compatibleFrom: 0 };
  const newest = session.get<{ readonly version: unknown; readonly compatible_from: unknown }>(readVersion);
  if (newest === undefined) return { hasTable, version: null, compatibleFrom: 0 };
  return { hasTable, version: Number(newest.version), compatibleFrom: Number(newest.compatible_from) };
}

/** SQLite has no code of its own for these, only words. */
function explained(error: unknown, place: Place): unknown {
  const words = error instanceof Error ? error.message : "";
  if (/^no such table/.test(words)) return gone(place, error);
  return /has no column named|^no such column/.test(words) ? notOurs(place, error) : error;
}
