/**
 * The database and the rules for using it: nothing after close, nothing on a schema that is not ours, no call without
 * an end, errors in our own words, and a hint to those who wait or watch after every change.
 *
 * What is tried again by itself is decided in core's `contract/patience.ts`: never a change whose answer was lost. Whoever asked for
 * that one gets `STORE_UNAVAILABLE`, and finds out.
 */

import { type Diagnosis, type Hint, type Ports, QueueError, type SchemaStatus } from "@jobyard/core/adapter";
import { Borrower, timeOf } from "./borrowed.ts";
import { Calls } from "./calls.ts";
import type { Fronts } from "./claim.ts";
import type { Connection } from "./connection.ts";
import { Dialect } from "./dialect.ts";
import { examine } from "./examine/examine.ts";
import { encode, newsOf } from "./hints.ts";
import { Listener } from "./listener.ts";
import { migrate, schemaStatus } from "./migrate.ts";
import { Notifier } from "./notifier.ts";
import type { CheckedOptions } from "./options.ts";
import { type Lent, Pool } from "./pool.ts";
import { Readiness } from "./readiness.ts";
import { notify, notifyInTransaction } from "./sql/wake.sql.ts";
import { type Call, type Marks, noMarks, type Step, type View } from "./step.ts";
import { bareTransaction, single, transaction } from "./transaction.ts";
import { placeOf } from "./url.ts";
import { Wake } from "./wake.ts";

const CONNECT_MS = 10_000;

export class Store {
  readonly ports: Ports;
  readonly wake: Wake;
  readonly fronts: Fronts = { known: null };
  readonly #options: CheckedOptions;
  readonly #dialect: Dialect;
  readonly #channel: string;
  readonly #place: string;
  readonly #calls: Calls;
  readonly #readiness: Readiness;
  readonly #borrower: Borrower;
  readonly #listener: Listener | null;
  #closed: Promise<void> | null = null;

  /** Connects to nothing yet. */
  constructor(options: CheckedOptions) {
    const { url, ports, schema, callTimeoutMs, pollMs } = options;
    const place = placeOf(url);
    this.#place = place;
    this.ports = ports;
    this.#options = options;
    this.#dialect = new Dialect(schema, options.protocol);
    this.#channel = `jobyard_${schema}`;
    const pool = new Pool({
      ...{ url, ports, callTimeoutMs, size: options.pool, dialect: this.#dialect },
      connectTimeoutMs: Math.min(CONNECT_MS, callTimeoutMs),
    });
    this.#calls = new Calls({ pool, ports, callTimeoutMs, place });
    this.#readiness = new Readiness(schema, place);
    this.#borrower = new Borrower(this.#dialect);
    this.#listener = options.listen ? this.#newListener(url) : null;
    this.wake = new Wake({
      listener: this.#listener,
      notifier: new Notifier((payload) => this.#send(payload)),
      ...{ pollMs, ports },
    });
  }

  /**
   * One statement that may write: one round trip, committed by itself.
   *
   * @param tx - the caller's own pg client, or anything with `query(text, values)`, in a transaction on the same
   *   database: the call becomes a part of it, and others are told when it commits
   * @throws QueueError `STORE_CLOSED`, `SCHEMA_MISSING`, `SCHEMA_TOO_OLD`, `SCHEMA_TOO_NEW`, `STORE_BUSY`, `STORE_FULL`,
   *   `STORE_CORRUPT`, `STORE_UNAVAILABLE` (also if the answer was lost, and nobody knows), `BAD_OPTION`
   */
  async call<T>(work: (call: Call) => Promise<T>, tx?: unknown): Promise<T> {
    if (tx !== undefined) return this.#within(tx, (db, marks) => work({ db, ...marks }));
    return this.#telling((lent, marks) => single(lent, "may write", () => work({ db: lent.db, ...marks })));
  }

  /** A transaction: all of `work` or nothing. It may be begun anew, so it changes nothing else. As for `call`. */
  async write<T>(work: (step: Step) => Promise<T>, tx?: unknown): Promise<T> {
    if (tx !== undefined) return this.#within(tx, async (db, marks) => work({ db, now: await timeOf(db), ...marks }));
    return this.#telling((lent, marks) =>
      transaction(lent, this.#dialect, "step", (now) => work({ db: lent.db, now, ...marks })),
    );
  }

  /** One statement that only reads. Errors as for `call`. */
  async ask<T>(work: (db: Connection) => Promise<T>): Promise<T> {
    return this.#onOurTables((lent) => single(lent, "only reads", () => work(lent.db)));
  }

  /** Reads that see one state of the store. Errors as for `call`. */
  async read<T>(work: (view: View) => Promise<T>): Promise<T> {
    return this.#onOurTables((lent) =>
      transaction(lent, this.#dialect, "snapshot", (now) => work({ db: lent.db, now })),
    );
  }

  /**
   * @returns what ends it
   * @throws QueueError `STORE_CLOSED`
   */
  watch(onHint: (hint: Hint) => void): () => void {
    this.#assertOpen();
    return this.wake.watch(onHint);
  }

  /** As it is, also on a schema that is not ours; each check judges for itself. */
  async examine(): Promise<readonly Diagnosis[]> {
    this.#assertOpen();
    const { schema } = this.#options;
    return examine({
      schema,
      run: (check) => this.#calls.run((lent) => single(lent, "only reads", () => check(lent))),
      now: () => this.ports.now(),
      hearing: (await this.#listener?.tried()) ?? "off",
    });
  }

  async schemaStatus(): Promise<SchemaStatus> {
    this.#assertOpen();
    return this.#calls.run((lent) =>
      single(lent, "only reads", async () => {
        const { state, current, wanted } = await schemaStatus(lent.db, this.#options.schema);
        return { state, current, wanted };
      }),
    );
  }

  /** May take as long as it needs. */
  async migrate(): Promise<{ readonly from: number; readonly to: number }> {
    this.#assertOpen();
    return migrate(
      (work) => this.#calls.unlimited((lent) => bareTransaction(lent, () => work(lent.db))),
      this.#options.schema,
    );
  }

  isClosed(): boolean {
    return this.#closed !== null;
  }

  /** Nothing is accepted from now on; what runs is waited for a moment. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** @throws QueueError `STORE_CLOSED` */
  #assertOpen(): void {
    if (this.isClosed()) throw new QueueError("STORE_CLOSED", this.#place);
  }

  /** Calls that run may still tell others what they did. */
  async #close(): Promise<void> {
    this.wake.end();
    await this.#calls.settled();
    await this.#calls.close(() => this.wake.tellLast());
    this.#listener?.close();
  }

  /** A try that was made in vain leaves no marks. */
  async #telling<T>(attempt: (lent: Lent, marks: Marks) => Promise<T>): Promise<T> {
    const [result, marks] = await this.#onOurTables(async (lent) => {
      const own = noMarks();
      return [await attempt(lent, own), own] as const;
    });
    this.wake.tell(marks);
    return result;
  }

  async #onOurTables<T>(work: (lent: Lent) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.#calls.run(async (lent) => {
      await this.#assertReady(lent);
      try {
        return await work(lent);
      } catch (error) {
        if (this.#readiness.doubts(error)) await this.#assertReady(lent);
        throw error;
      }
    });
  }

  #assertReady(lent: Lent): Promise<void> {
    return single(lent, "only reads", () => this.#readiness.assert(lent.db));
  }

  async #within<T>(tx: unknown, work: (db: Connection, marks: Marks) => Promise<T>): Promise<T> {
    this.#assertOpen();
    const findStore = async (): Promise<string> => this.#readiness.store ?? (await this.#findStore());
    return this.#calls.within(() =>
      this.#borrower.within(tx, findStore, async (db) => {
        const marks = noMarks();
        const result = await work(db, marks);
        if (marks.touched.size + marks.offered.size > 0)
          await db.run(notifyInTransaction, { channel: this.#channel, payload: encode(newsOf(marks)) });
        return result;
      }),
    );
  }

  async #findStore(): Promise<string> {
    await this.#onOurTables(async () => {});
    return this.#readiness.store ?? "";
  }

  #newListener(url: string): Listener {
    const { ports, callTimeoutMs } = this.#options;
    return new Listener({
      ...{ ports, url, callTimeoutMs, dialect: this.#dialect, channel: this.#channel },
      sendElsewhere: (payload) => this.#notify(payload),
      onPayload: (payload) => this.wake.hear(payload),
      onHearing: () => this.wake.missed(),
    });
  }

  /** On the connection that listens, where there is one: what it sends it does not hear. */
  async #send(payload: string): Promise<void> {
    if (!(await this.#listener?.send(payload))) await this.#notify(payload);
  }

  async #notify(payload: string): Promise<void> {
    const parameters = { channel: this.#channel, payload };
    await this.#calls.run((lent) => single(lent, "may write", () => lent.db.run(notify, parameters)));
  }
}
