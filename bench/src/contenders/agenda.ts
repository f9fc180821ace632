/**
 * Agenda on its Postgres backend. It notifies once it works, which makes single enqueues slower: a process that only
 * enqueues leaves it to the poll. Its best settings: a short poll, two locked jobs per handler.
 */

import { PostgresBackend } from "@agendajs/postgres-backend";
import { Agenda } from "agenda";
import pg from "pg";
import type { Payload, Queue } from "../contender.ts";
import { counterOn } from "./postgres-counter.ts";

const TYPE = "noop";
const POLL_MS = 100;
const POOL = 10;

export async function open(url: string): Promise<Queue> {
  const counter = await counterOn(url);
  const pool = new pg.Pool({ connectionString: url, max: POOL });
  const agenda = new Agenda({ backend: new PostgresBackend({ pool }), processEvery: POLL_MS, lockLimit: 0 });
  agenda.on("error", (error) => console.error(error));
  await agenda.ready;
  const count = (state: string): Promise<number> =>
    counter.count(`SELECT count(*) AS n FROM agenda_jobs WHERE last_finished_at IS ${state}`);
  return {
    add: (payload) => agenda.now(TYPE, payload),
    addMany: null,
    work: async (concurrency, onJob) => {
      const limits = { concurrency, lockLimit: 2 * concurrency };
      agenda.maxConcurrency(concurrency);
      agenda.define<Payload>(TYPE, ({ attrs }) => onJob(attrs.data), limits);
      await agenda.start();
      return { stop: () => agenda.stop(false) };
    },
    open: () => count("NULL"),
    completed: () => count("NOT NULL"),
    close: async () => {
      await agenda.stop(false);
      await pool.end();
      await counter.close();
    },
  };
}
