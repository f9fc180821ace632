/**
 * liteque: one loop that claims job by job and deletes what is done. Its best settings: the shortest poll there is,
 * and WAL, synchronous=NORMAL and cache as it opens files by itself.
 */

import Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { migrateDB, Runner, SqliteQueue } from "liteque";
import type { Payload, Queue } from "../contender.ts";

const POLL_MS = 1;
const TIMEOUT_S = 60;
const PRAGMAS = ["journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536", "temp_store = MEMORY"];

export async function open(file: string): Promise<Queue> {
  const database = new LenientDatabase(file);
  for (const pragma of PRAGMAS) database.pragma(pragma);
  const tables = drizzle(database) as ConstructorParameters<typeof SqliteQueue>[1];
  migrateDB(tables);
  const queue = new SqliteQueue<Payload>("bench", tables, {
    defaultJobArgs: { numRetries: 2 },
    keepFailedJobs: true,
  });
  return {
    add: (payload) => queue.enqueue(payload),
    addMany: null,
    work: async (concurrency, onJob) => {
      const run = async ({ data }: { readonly data: Payload }): Promise<void> => onJob(data);
      const runner = new Runner(queue, { run }, { concurrency, pollIntervalMs: POLL_MS, timeoutSecs: TIMEOUT_S });
      const running = runner.run();
      return {
        stop: () => {
          runner.stop();
          return running;
        },
      };
    },
    open: async () => {
      const { pending, pending_retry: retrying, running, failed } = await queue.stats();
      if (failed > 0) throw new Error(`${failed} jobs failed`);
      return pending + retrying + running;
    },
    completed: async () => null,
    close: async () => void database.close(),
  };
}

type Work = Parameters<Database.Database["transaction"]>[0];

/**
 * liteque claims in `transaction(async …)`, which better-sqlite3 refuses by now. This one does what it did before: the
 * transaction is committed at the first `await`.
 */
class LenientDatabase extends Database {
  override transaction<F extends Work>(work: F): Database.Transaction<F> {
    type Call = (...args: Parameters<Database.Transaction<F>>) => ReturnType<F>;
    const begin =
      (how: string): Call =>
      (...args) => {
        this.exec(`BEGIN ${how}`);
        try {
          return work(...args) as ReturnType<F>;
        } finally {
          this.exec("COMMIT");
        }
      };
    const deferred = begin("DEFERRED");
    const ways = { deferred, immediate: begin("IMMEDIATE"), exclusive: begin("EXCLUSIVE"), default: deferred };
    return Object.assign(begin("DEFERRED"), ways) as Database.Transaction<F>;
  }
}
