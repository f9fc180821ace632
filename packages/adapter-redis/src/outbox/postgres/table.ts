/** The outbox in Postgres. Relays lock the rows that they took, so the end of a connection frees them at once. */

import type { NewJob } from "@jobyard/core/adapter";
import { TABLE_VERSION } from "../migrations.ts";
import { scriptsFrom } from "../outbox-table.ts";
import type { Place } from "../place.ts";
import { versionIn } from "../readiness.ts";
import { type RefusedRow, rowTexts, type StatusRow, type TakenRow, toRefused, toRow, toStatus } from "../stored-row.ts";
import type { OutboxStatus, RefusedJob } from "../surface.ts";
import { byFate, type OutboxRow, type OutboxTable, type PassRequest, type Verdict } from "../table.ts";
import { inBracket } from "./brackets.ts";
import type { PostgresPool } from "./connection.ts";
import { inTransaction, Readiness, type Session } from "./session.ts";
import {
  deleteRows,
  discardRefused,
  findSchema,
  insertRows,
  listRefused,
  lockMigrations,
  readStatus,
  refuseRows,
  retryRefused,
  takeRows,
} from "./statements.sql.ts";

export class PostgresTable implements OutboxTable {
  readonly #pool: PostgresPool;
  readonly #place: Place;
  readonly #readiness = new Readiness();

  constructor(pool: PostgresPool, place: Place) {
    this.#pool = pool;
    this.#place = place;
  }

  write(tx: unknown, jobs: readonly NewJob[]): Promise<void> {
    return inBracket(tx, this.#place, (session) =>
      this.#onOurTables(session, async () => {
        for (const rows of rowTexts(jobs)) await session.all(insertRows, rows);
      }),
    );
  }

  pass(
    { limit, except }: PassRequest,
    deliver: (rows: readonly OutboxRow[]) => Promise<readonly Verdict[]>,
  ): Promise<number> {
    return this.#step(async (session) => {
      const taken = (await session.all<TakenRow>(takeRows, String(limit), arrayText(except))).map(toRow);
      if (taken.length === 0) return 0;
      const { gone, refused } = byFate(taken, await deliver(taken));
      if (gone.length > 0) await session.all(deleteRows, arrayText(gone));
      if (refused.length > 0) await session.all(refuseRows, JSON.stringify(refused));
      return taken.length;
    });
  }

  migrate(): Promise<{ readonly from: number; readonly to: number }> {
    return inTransaction(this.#pool, this.#place, async (session) => {
      await session.all(lockMigrations, this.#place.name);
      const from = versionIn(await session.look(), this.#place);
      if (from >= TABLE_VERSION) return { from, to: from };
      await makeSchema(session);
      for (const script of scriptsFrom("postgres", from)) await run(session, script);
      return { from, to: TABLE_VERSION };
    });
  }

  status(): Promise<OutboxStatus> {
    return this.#step(async (session) => toStatus((await session.all<StatusRow>(readStatus))[0] as StatusRow));
  }

  refused(limit: number): Promise<readonly RefusedJob[]> {
    return this.#step(async (session) => (await session.all<RefusedRow>(listRefused, String(limit))).map(toRefused));
  }

  retry(numbers: readonly number[]): Promise<number> {
    return this.#step(async (session) => (await session.all(retryRefused, arrayText(numbers))).length);
  }

  discard(numbers: readonly number[]): Promise<number> {
    return this.#step(async (session) => (await session.all(discardRefused, arrayText(numbers))).length);
  }

  #step<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return inTransaction(this.#pool, this.#place, (session) => this.#onOurTables(session, () => work(session)));
  }

  async #onOurTables<T>(session: Session, work: () => Promise<T>): Promise<T> {
    try {
      await this.#readiness.assert(session);
      return await work();
    } catch (error) {
      throw this.#readiness.explained(error, this.#place);
    }
  }
}

/** A schema that is there is used as it is: the role then needs no right to make one. */
async function makeSchema(session: Session): Promise<void> {
  const schema = session.place.schema ?? "";
  const answer = await session.get<{ readonly found: number }>(findSchema, schema);
  if (Number(answer?.found) === 0) await session.all(`CREATE SCHEMA "${schema}"`);
}

/** One statement at a time: with values the server takes no more, and not every client can leave them out. */
async function run(session: Session, script: string): Promise<void> {
  for (const statement of script.split(/;\n/)) if (statement.trim() !== "") await session.all(statement);
}

/** Of numbers, and of names, which have no control characters. */
const arrayText = (values: readonly (number | string)[]): string =>
  `{${values.map((value) => (typeof value === "number" ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`)).join(",")}}`;
