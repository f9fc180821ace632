/**
 * What work costs does not grow with the store: enqueue, claim, settle, extend, expired, sweep and purge find what
 * they change by an index and touch a bounded number of pages, in a store that was filled at one go and in one through
 * which a tenth of it went. JOBYARD_READING_JOBS=1000000 makes it a store of another size.
 */

import { type LeasedJob, systemPorts } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { claimNow } from "../src/claim.ts";
import { Dialect } from "../src/dialect.ts";
import { enqueue } from "../src/enqueue.ts";
import { append, expired, extend } from "../src/hold.ts";
import { postgresAdapter } from "../src/index.ts";
import { purge } from "../src/purge.ts";
import { settle } from "../src/settle.ts";
import { noMarks, type Step } from "../src/step.ts";
import type { Store } from "../src/store.ts";
import { expire } from "../src/sweep.ts";
import { churn } from "./churn.ts";
import { fillStore } from "./full-store.ts";
import { newDatabase, newSchema, type OwnDatabase, until } from "./ground.ts";
import { ToldConnection } from "./told-connection.ts";

const JOBS = Number(process.env["JOBYARD_READING_JOBS"] ?? 200_000);
const isMeasuring = process.env["JOBYARD_READING_JOBS"] !== undefined;
const BATCH = 100;
/** Jobs that a sweep looks at, at most. */
const SWEPT = 1_000;
/** Steps whose counts it adds up at least. */
const COUNTED = 25_000;
const FAILURE = { code: "HANDLER_ERROR", message: "connect ECONNREFUSED", stack: null };

/** Read from end to end: a row for each type, queue, open claim, session, step since the last sweep. */
const SMALL_TABLES = ["lane", "queue", "lease", "session", "tally", "held", "trash", "record", "dedupe"];

describe(`in ${JOBS.toLocaleString("en")} jobs`, () => {
  const schema = newSchema();
  let database: OwnDatabase;
  let url: string;
  let client: pg.Client;
  let db: ToldConnection;
  let step: Step;
  let store: Store;
  let tokens = 0;

  beforeAll(async () => {
    database = await newDatabase();
    url = database.url;
    const adapter = postgresAdapter({ url, schema });
    await adapter.schema.migrate();
    await adapter.close();
    const filler = new pg.Client(url);
    await filler.connect();
    await fillStore(filler, schema, JOBS);
    await filler.end();
  }, 300_000);
  afterAll(() => database.drop());

  /** Jobs of a session of its own, which ends now or later. */
  async function claim(max: number, leaseMs = 60_000): Promise<readonly LeasedJob[]> {
    tokens += 1;
    const types = ["greet", "render", "rare"].map((name) => ({ name, maxVersion: 9 }));
    const queues = ["mail", "print"].map((queue) => ({ queue, max, types }));
    const asked = { session: `s-${tokens}`, max, leaseMs, queues };
    const { jobs } = await claimNow(step, claimRequest(`t-${tokens}`, asked), "first");
    expect(jobs).toHaveLength(max);
    return jobs;
  }

  /** @param most - pages of memory, of 8 KB each */
  function expectCheap(what: string, most: number, ...indexes: readonly string[]): void {
    const { buffers, statements, scanned } = db.cost;
    if (isMeasuring)
      console.info(`${what}: ${buffers} buffers, ${statements} statements, ${[...db.indexes].join(" ")}`);
    expect(buffers, what).toBeLessThan(most);
    expect([...scanned].filter((table) => !SMALL_TABLES.includes(table))).toEqual([]);
    for (const index of indexes) expect(db.indexes).toContain(index);
  }

  describe.each(["filled in one go", "after a tenth of them came and went"])("%s", (when) => {
    beforeAll(async () => {
      if (when !== "filled in one go") await churned();
      // A connection that has planned nothing yet.
      client = new pg.Client(url);
      await client.connect();
      db = await ToldConnection.over(client, new Dialect(schema, "extended"));
      step = { db, now: 0, ...noMarks() };
      const call: Store["call"] = (work) => work(step);
      const write: Store["write"] = async (work) => {
        const { rows } = await client.query<{ readonly now: string }>(`SELECT ${schema}.now_ms() AS now`);
        return work({ ...step, now: Number(rows[0]?.now) });
      };
      store = { ports: systemPorts, call, write } as unknown as Store;
    }, 300_000);
    afterAll(() => client.end());
    beforeEach(() => db.reset());

    /** Nearly all updates of a job leave its indexes alone: pages have room, and no index names what an end changes. */
    async function churned(): Promise<void> {
      const before = await updatesOf();
      await churn({ url, schema }, JOBS / 10);
      let updates = 0;
      await until("the server has counted the updates", async () => {
        updates = (await updatesOf()).all - before.all;
        return updates >= JOBS / 10;
      });
      const share = ((await updatesOf()).hot - before.hot) / updates;
      if (isMeasuring) console.info(`updates in place: ${share.toFixed(2)} of ${updates}`);
      expect(share).toBeGreaterThanOrEqual(0.6);
    }

    test("enqueue", async () => {
      const jobs = Array.from({ length: BATCH }, (_, index) => newJob(`${when}-${index}`, { queue: "mail" }));
      await enqueue(step, jobs, "bounded");
      expectCheap("enqueue", 3_000);
    });

    test("claim, of one job and of many", async () => {
      await claim(1);
      expectCheap("claim of one", 3_000, "ready_pkey", "job_pkey");
      db.reset();
      await claim(BATCH);
      expectCheap("claim", 3_000, "ready_pkey", "job_pkey");
    });

    test("completions, of the claimer and of somebody who has to look", async () => {
      const jobs = await claim(2 * BATCH);
      const settlements = jobs.map(({ lease }) => ({
        ...{ lease, guard: "held" as const },
        decision: { move: "complete" as const, result: null },
      }));
      db.reset();
      await settle(store, settlements.slice(0, BATCH));
      expectCheap("complete", 3_000, "job_pkey", "lease_pkey");
      db.reset();
      const foreign = settlements.slice(BATCH).map(({ lease, ...one }) => ({ ...one, lease: structuredClone(lease) }));
      await settle(store, foreign);
      expectCheap("complete by address", 8_000, "job_id", "lease_pkey");
    });

    test("failures", async () => {
      const jobs = await claim(BATCH);
      db.reset();
      await settle(
        store,
        jobs.map(({ lease }, index) => ({
          ...{ lease, guard: "held" },
          decision:
            index % 2 === 0 ? { move: "bury", failure: FAILURE } : { move: "retry", delayMs: 1_000, failure: FAILURE },
        })),
      );
      expectCheap("settle", 8_000, "job_id", "lease_pkey");
    });

    test("a heartbeat, and a line of progress", async () => {
      const jobs = await claim(BATCH);
      const leases = jobs.map(({ lease }) => lease);
      db.reset();
      await extend(step, leases[0]?.session ?? "", leases, 60_000);
      expectCheap("extend", 2_000, "job_id");
      db.reset();
      await append(
        step,
        leases.map((lease) => ({ lease, kind: "progress", data: "1" })),
      );
      expectCheap("append", 4_000, "job_id");
    });

    test("what sessions held that are over, and its way back", async () => {
      await claim(BATCH, 0);
      db.reset();
      const over = await expired(db, BATCH);
      expectCheap("expired", 3_000, "job_pkey");
      expect(over.flatMap(({ jobs }) => jobs)).toHaveLength(BATCH);
      db.reset();
      await settle(
        store,
        over.flatMap(({ jobs }) =>
          jobs.map(({ lease }) => ({
            ...{ lease, guard: "expired" },
            decision: { move: "rescue", to: "waiting", charged: true, heldLimit: null, delayMs: 0, failure: FAILURE },
          })),
        ),
      );
      expectCheap("rescue", 8_000, "job_id");
    });

    test("a sweep of jobs that were not started in time", async () => {
      // Counts of many steps are added up, some ten thousand by each sweep: what is left costs nothing any more.
      for (let counted = 0; counted <= JOBS / 10; counted += COUNTED) await expire(step, SWEPT);
      const late = Array.from({ length: BATCH }, (_, index) =>
        newJob(`${when}-late-${index}`, { queue: "mail", expiresInMs: 0 }),
      );
      await enqueue(step, late, "bounded");
      db.reset();
      const { expired: swept } = await expire(step, SWEPT);
      expectCheap("sweep", 10_000, "expiry_pkey", "job_pkey");
      expect(swept).toBe(BATCH);
      db.reset();
      await expire(step, SWEPT);
      expectCheap("sweep with nothing to do", 3_000);
    });

    test("a purge of the oldest", async () => {
      const keep = { ageMs: null, count: 1, bytes: null };
      for (const state of ["completed", "dead"] as const) {
        db.reset();
        expect((await purge(step, { queue: "mail", state, keep }, BATCH)).removed).toBe(BATCH);
        expectCheap(`purge of ${state}`, 50_000, "job_pkey");
      }
    });
  });

  async function updatesOf(): Promise<{ readonly all: number; readonly hot: number }> {
    const asking = new pg.Client(url);
    await asking.connect();
    const { rows } = await asking.query<{ readonly all: string; readonly hot: string }>(
      `SELECT n_tup_upd AS all, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'job'`,
      [schema],
    );
    await asking.end();
    return { all: Number(rows[0]?.all), hot: Number(rows[0]?.hot) };
  }
});
