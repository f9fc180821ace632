/**
 * A relay in a process of its own, whose target is the process that started it: jobs go out as messages, receipts come
 * back. So a test can end it with SIGKILL after the jobs were taken and before the rows are deleted.
 *
 * Arguments: `postgres` and the schema, or `sqlite` and the file; then how long a relay's claim holds on SQLite.
 */

import type { JobWriter, Receipt } from "@jobyard/core/adapter";
import Database from "better-sqlite3";
import pg from "pg";
import { createOutbox, type Outbox, relay } from "../../src/outbox/index.ts";

const [backend, where = "", url = ""] = process.argv.slice(2);

const outbox: Outbox<never> =
  backend === "postgres"
    ? createOutbox(new pg.Pool({ connectionString: url, max: 2 }), { schema: where })
    : createOutbox(new Database(where), { claim: "1s" });

let answer: (receipts: readonly Receipt[]) => void = () => {};
process.on("message", (receipts) => answer(receipts as readonly Receipt[]));

const writer: JobWriter = {
  enqueue: (jobs) =>
    new Promise((resolve) => {
      answer = resolve;
      process.send?.(jobs);
    }),
};

relay(outbox, { writer }, { batch: 10, poll: "20ms" });
