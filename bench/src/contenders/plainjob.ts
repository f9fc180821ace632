/**
 * plainjob: workers that poll, one job at a time each. Its best settings: the shortest poll there is, `addMany` for
 * bulk, a silent logger, and on its connection what ours is set to. It sets WAL and synchronous=NORMAL by itself.
 */

import Database from "better-sqlite3";
import { better, defineQueue, defineWorker, JobStatus, type Logger } from "plainjob";
import type { Kind, Payload, Queue } from "../contender.ts";

const TYPE = "noop";
const POLL_MS = 1;

/** Fewer checkpoints and a larger cache: what made it faster in a search by hand. */
const PRAGMAS = ["cache_size = -64000", "mmap_size = 268435456", "wal_autocheckpoint = 4000"];

const silent: Logger = { error: (text) => console.error(text), warn() {}, info() {}, debug() {} };

const KINDS = {
  due: [TYPE, {}],
  later: [TYPE, { delay: 7_200_000 }],
  foreign: ["foreign", {}],
} as const satisfies Record<Kind, unknown>;

export async function open(file: string): Promise<Queue> {
  const queue = defineQueue({ connection: better(connectionTo(file)), logger: silent });
  const count = (...states: readonly JobStatus[]): number =>
    states.reduce((sum, status) => sum + queue.countJobs({ status }), 0);
  return {
    add: async (payload) => queue.add(TYPE, payload),
    addMany: async (payloads, kind) => {
      const [type, options] = KINDS[kind];
      queue.addMany(type, [...payloads], options);
    },
    work: async (concurrency, onJob) => {
      const workers = Array.from({ length: concurrency }, () =>
        defineWorker(TYPE, ({ data }) => onJob(JSON.parse(data) as Payload), {
          queue,
          pollIntervall: POLL_MS,
          logger: silent,
        }),
      );
      const running = workers.map((worker) => worker.start());
      return {
        stop: async () => {
          await Promise.all(workers.map((worker) => worker.stop()));
          await Promise.all(running);
        },
      };
    },
    open: async () => count(JobStatus.Pending, JobStatus.Processing),
    completed: async () => count(JobStatus.Done),
    close: async () => queue.close(),
  };
}

function connectionTo(file: string): Database.Database {
  const database = new Database(file);
  for (const pragma of PRAGMAS) database.pragma(pragma);
  return database;
}
