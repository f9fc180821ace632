/**
 * The open file and the rules for using it: nothing after close, nothing on a schema that is not ours, patience
 * with locks of other processes, errors in our own words, and a hint to those who watch after every change.
 */

import { existsSync, realpathSync } from "node:fs";
import { type Diagnosis, type Hint, type Ports, QueueError, type SchemaStatus, shellWord } from "@jobyard/core/adapter";
import Database from "better-sqlite3";
import { Checkpointer } from "./checkpointer.ts";
import { Connection } from "./connection.ts";
import { examine } from "./examine/examine.ts";
import { faultOf, isBusy } from "./faults.ts";
import { identityOf, MEMORY, openFile, prepareNew, type Tuning, tune } from "./file.ts";
import { isEmpty, migrate, schemaStatus } from "./migrate.ts";
import { dataVersion } from "./sql/wake.sql.ts";
import { type Step, takeStep, type View } from "./step.ts";
import { Upkeep } from "./upkeep.ts";
import { sqliteUrl } from "./url.ts";
import { WaitingRoom } from "./waiting-room.ts";
import { Wake } from "./wake.ts";

export interface StoreOptions extends Tuning {
  readonly busyTimeoutMs: number;
  readonly create: boolean;
  readonly network: "refuse" | "allow";
  readonly ports: Ports;
}

export class Store {
  readonly ports: Ports;
  readonly wake: Wake;
  readonly waiting: WaitingRoom = new WaitingRoom();
  readonly #options: StoreOptions;
  readonly #database: Database.Database;
  readonly #db: Connection;
  /** Connections of the caller, by their transaction's database. */
  readonly #borrowed = new WeakMap<object, Connection>();
  readonly #identity: string | null;
  readonly #upkeep: Upkeep | null;
  readonly #checkpointer: Checkpointer | null;
  #closed: Promise<void> | null = null;
  #isReady = false;
  readonly #clock = (): number => this.ports.now();

  /** @throws QueueError `STORE_UNAVAILABLE`, `STORE_CORRUPT`, `STORE_BUSY`, `STORE_FULL` */
  constructor(options: StoreOptions) {
    this.ports = options.ports;
    this.#options = options;
    this.#database = openFile(options, (database) => {
      this.#isReady = makeReady(database, options);
    });
    this.#identity = identityOf(options.file);
    this.#db = new Connection(this.#database);
    this.#checkpointer = options.file === MEMORY ? null : new Checkpointer(options);
    this.#upkeep = this.#checkpointer && new Upkeep(this.#db, options, this.#checkpointer);
    this.wake = new Wake({
      ports: options.ports,
      log: options.file === MEMORY ? null : `${options.file}-wal`,
      version: () => this.#db.get(dataVersion, {})?.data_version,
    });
  }

  /**
   * One atomic step: all of `work` or nothing.
   *
   * @param tx - the caller's own connection to the same file, in a transaction: the step becomes a part of it
   * @throws QueueError `STORE_CLOSED`, `SCHEMA_MISSING`, `SCHEMA_TOO_OLD`, `SCHEMA_TOO_NEW`, `STORE_BUSY`, `STORE_FULL`,
   *   `STORE_CORRUPT`, `STORE_UNAVAILABLE`, `BAD_OPTION`
   */
  async write<T>(work: (step: Step) => T, tx?: unknown): Promise<T> {
    if (tx !== undefined) return this.#within(tx, work);
    const [result, touched] = await this.#patiently(() => this.#takeStep(work));
    this.wake.tell(touched);
    if (!this.isClosed()) this.#upkeep?.committed();
    return result;
  }

  /** Reads that see one state of the store. Errors as for `write`. */
  async read<T>(work: (view: View) => T): Promise<T> {
    return this.#patiently(() => this.#db.read(() => work({ db: this.#db, now: this.ports.now() })));
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
    const { file, durability, checkpoints } = this.#options;
    return this.#retry(() => {
      this.#assertThere();
      return examine({ db: this.#db, file, durability, checkpoints, now: this.ports.now() });
    });
  }

  async schemaStatus(): Promise<SchemaStatus> {
    this.#assertOpen();
    return schemaStatus(this.#db);
  }

  async migrate(): Promise<{ readonly from: number; readonly to: number }> {
    this.#assertOpen();
    return this.#retry(() => {
      this.#assertThere();
      tune(this.#database, this.#options);
      return migrate(this.#db, this.ports.now());
    });
  }

  /** Keeps the file and its log small, a little at a time. */
  async tend(): Promise<void> {
    await this.#patiently(() => this.#upkeep?.tend());
  }

  isClosed(): boolean {
    return this.#closed !== null;
  }

  /** Nothing is accepted from now on. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The thread first: the last connection that closes copies the log and removes it. */
  async #close(): Promise<void> {
    this.wake.close();
    const ended = this.#checkpointer?.end() ?? null;
    if (ended !== null) await ended;
    this.#database.close();
  }

  async #patiently<T>(work: () => T): Promise<T> {
    this.#assertOpen();
    return this.#retry(() => {
      this.#assertThere();
      if (!this.#isReady) this.#assertReady();
      return work();
    });
  }

  async #retry<T>(work: () => T): Promise<T> {
    const end = this.ports.monotonic() + this.#options.busyTimeoutMs;
    for (let pauseMs = 2; ; pauseMs = Math.min(2 * pauseMs, 100)) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || this.ports.monotonic() >= end) throw faultOf(error, this.#options.file);
      }
      await this.ports.sleep(pauseMs * (0.5 + this.ports.random() / 2));
      this.#assertOpen();
    }
  }

  /** Who was served is told in the turn of the commit: a claim that stops waiting in the next one has its jobs. */
  #takeStep<T>(work: (step: Step) => T): [T, Step["touched"]] {
    const [{ result, served }, touched] = takeStep(this.#db, this.#clock, (step) => ({
      result: work(step),
      served: this.waiting.serve(step),
    }));
    for (const answer of served) answer();
    return [result, touched];
  }

  #within<T>(tx: unknown, work: (step: Step) => T): T {
    this.#assertOpen();
    try {
      this.#assertThere();
      if (!this.#isReady) this.#assertReady();
      return takeStep(this.#borrow(tx), this.#clock, work)[0];
    } catch (error) {
      throw faultOf(error, this.#options.file);
    }
  }

  #borrow(tx: unknown): Connection {
    if (!(tx instanceof Database)) throw badTx("must be a better-sqlite3 Database");
    if (!tx.inTransaction) throw badTx("has no open transaction; begin one first");
    const known = this.#borrowed.get(tx);
    if (known) return known;
    if (!isSameFile(tx.name, this.#options.file))
      throw badTx(`is a connection to ${tx.name}, not to ${this.#options.file}`);
    const connection = new Connection(tx, "caller");
    this.#borrowed.set(tx, connection);
    return connection;
  }

  #assertOpen(): void {
    if (this.isClosed()) throw new QueueError("STORE_CLOSED", `file ${this.#options.file}`);
  }

  /** A file that is deleted while it is open takes every write, and loses them all with the last connection. */
  #assertThere(): void {
    const { file } = this.#options;
    if (identityOf(file) === this.#identity) return;
    throw new QueueError("STORE_UNAVAILABLE", `file ${file}: it was deleted or replaced while open; start anew.`);
  }

  /** Looked at anew until it is: another process may migrate the file while this one has it open. */
  #assertReady(): void {
    this.#isReady = makeReady(this.#database, this.#options);
    if (this.#isReady) return;
    const { state, current, wanted } = schemaStatus(this.#db);
    const where = `file ${this.#options.file}`;
    const command = `Command: jobyard migrate --url ${shellWord(sqliteUrl(this.#options.file))}`;
    if (state === "missing") throw new QueueError("SCHEMA_MISSING", `${where}. ${command}`);
    if (state === "old")
      throw new QueueError("SCHEMA_TOO_OLD", `${where} has version ${current} of ${wanted}. ${command}`);
    throw new QueueError("SCHEMA_TOO_NEW", `${where} has version ${current}, this installation knows ${wanted}`);
  }
}

/**
 * A file without any table is made ours: of two processes that do so at once one waits for the other, and finds
 * it done. False if the file has tables, but not ours of this version.
 */
function makeReady(database: Database.Database, options: StoreOptions): boolean {
  const db = new Connection(database);
  const isNew = isEmpty(db);
  if (!isNew && schemaStatus(db).state !== "ready") return false;
  if (isNew) prepareNew(database);
  tune(database, options);
  if (isNew) migrate(db, options.ports.now());
  return true;
}

const badTx = (what: string): QueueError => new QueueError("BAD_OPTION", `tx ${what}`, { field: "tx" });

const isSameFile = (a: string, b: string): boolean =>
  a !== MEMORY && b !== MEMORY && existsSync(a) && existsSync(b) && realpathSync(a) === realpathSync(b);
