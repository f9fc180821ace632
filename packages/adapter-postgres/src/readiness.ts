/** Whether our tables are there, in a version that this program works on. Looked at once, and anew when in doubt. */

import { QueueError } from "@jobyard/core/adapter";
import type { Connection } from "./connection.ts";
import { sqlState } from "./faults.ts";
import { type Found, schemaStatus } from "./migrate.ts";

/** The server does not know a schema, table, column, type or function. */
const UNKNOWN: ReadonlySet<string | null> = new Set(["3F000", "42P01", "42703", "42704", "42883"]);

const COMMAND = "Command: jobyard migrate";

export class Readiness {
  readonly #schema: string;
  readonly #place: string;
  #store: string | null = null;

  constructor(schema: string, place: string) {
    this.#schema = schema;
    this.#place = place;
  }

  /** Which store it is, once its tables have been seen; another database has another. */
  get store(): string | null {
    return this.#store;
  }

  /** @throws QueueError `SCHEMA_MISSING`, `SCHEMA_TOO_OLD`, `SCHEMA_TOO_NEW` */
  async assert(db: Connection): Promise<void> {
    if (this.#store !== null) return;
    const found = await schemaStatus(db, this.#schema);
    if (found.state !== "ready") throw this.#problem(found);
    this.#store = found.store;
  }

  /** Somebody may have dropped or changed our tables: then the next look tells. True if it is worth one. */
  doubts(error: unknown): boolean {
    if (!UNKNOWN.has(sqlState(error))) return false;
    this.#store = null;
    return true;
  }

  #problem({ state, current, wanted }: Found): QueueError {
    const where = `${this.#place}, schema ${this.#schema}`;
    if (state === "missing") return new QueueError("SCHEMA_MISSING", `${where}. ${COMMAND}`);
    if (state === "old")
      return new QueueError("SCHEMA_TOO_OLD", `${where} has version ${current} of ${wanted}. ${COMMAND}`);
    return new QueueError("SCHEMA_TOO_NEW", `${where} has version ${current}, this installation knows ${wanted}`);
  }
}
