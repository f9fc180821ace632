/** Statements of one connection, for one place; and the transactions of our own around them. */

import { inPlace, type Place } from "../place.ts";
import { assertReady, type Found, gone, notOurs } from "../readiness.ts";
import { asLent, type PostgresClient, type PostgresPool, type PostgresTransaction, sqlState } from "./connection.ts";
import { begin, findTables, readVersion } from "./statements.sql.ts";

export class Session {
  readonly #tx: PostgresTransaction;
  readonly place: Place;

  constructor(tx: PostgresTransaction, place: Place) {
    this.#tx = tx;
    this.place = place;
  }

  async all<Row>(text: string, ...values: readonly string[]): Promise<readonly Row[]> {
    const { rows } = await this.#tx.query(inPlace(text, this.place), [...values]);
    return rows as readonly Row[];
  }

  async get<Row>(text: string, ...values: readonly string[]): Promise<Row | undefined> {
    return (await this.all<Row>(text, ...values))[0];
  }

  async look(): Promise<Found> {
    const there = await this.get<{ readonly has_table: boolean; readonly has_versions: boolean }>(findTables);
    const hasTable = there?.has_table === true;
    if (there?.has_versions !== true) return { hasTable, version: null, compatibleFrom: 0 };
    const newest = await this.get<{ readonly version: number; readonly compatible_from: number }>(readVersion);
    return { hasTable, version: newest?.version ?? null, compatibleFrom: newest?.compatible_from ?? 0 };
  }
}

/** What is known of our tables: looked at once, and anew after an error that raises doubts. */
export class Readiness {
  #isReady = false;

  /** @throws QueueError as `assertReady` */
  async assert(session: Session): Promise<void> {
    if (this.#isReady) return;
    assertReady(await session.look(), session.place);
    this.#isReady = true;
  }

  /** The server does not know the table, or a column of it: somebody dropped or changed it since. */
  explained(error: unknown, place: Place): unknown {
    const fault = UNKNOWN[sqlState(error) ?? ""];
    if (fault === undefined) return error;
    this.#isReady = false;
    return fault(place, error);
  }
}

/** Schema, table, column. */
const UNKNOWN: Readonly<Record<string, typeof gone>> = { "3F000": gone, "42P01": gone, "42703": notOurs };

/** A client of the pool in a transaction: committed if `work` succeeds, else rolled back. */
export async function inTransaction<T>(
  pool: PostgresPool,
  place: Place,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const client = asLent(await pool.connect());
  const lent = new Lent(client);
  try {
    await client.query(begin, []);
    const result = await work(new Session(client, place));
    await client.query("COMMIT", []);
    return result;
  } catch (error) {
    await lent.rollback();
    throw error;
  } finally {
    lent.giveBack();
  }
}

/** A client while it is ours: pg tells of a lost connection by an event that would end the process if nobody heard. */
class Lent {
  readonly #client: PostgresClient;
  readonly #onLost = (): void => {
    this.#isBroken = true;
  };
  #isBroken = false;

  constructor(client: PostgresClient) {
    this.#client = client;
    client.on("error", this.#onLost);
  }

  /** What cannot be rolled back is closed: the server then does it. The error that led here says more. */
  async rollback(): Promise<void> {
    await this.#client.query("ROLLBACK", []).catch(this.#onLost);
  }

  giveBack(): void {
    this.#client.removeListener("error", this.#onLost);
    this.#client.release(this.#isBroken);
  }
}
