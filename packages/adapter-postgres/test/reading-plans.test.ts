/**
 * What a page of a list costs does not grow with the store: counted in pages of memory that all its statements touch, as
 * the server says, and never in time. JOBYARD_READING_JOBS=1000000 makes it a store of another size; then the server's
 * milliseconds are told as well.
 */

import { type Filter, type Page, systemPorts } from "@jobyard/core/adapter";
import { createdBetween, inPhase, withText } from "@jobyard/core/testing";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectionOver } from "../src/connection.ts";
import { Dialect } from "../src/dialect.ts";
import { postgresAdapter } from "../src/index.ts";
import { count, phases } from "../src/read/counts.ts";
import { list } from "../src/read/pages.ts";
import { queues } from "../src/read/queues.ts";
import type { Store } from "../src/store.ts";
import { churn } from "./churn.ts";
import { ExplainingConnection } from "./explaining-connection.ts";
import { type FullStore, fillStore, STEP_MS } from "./full-store.ts";
import { newDatabase, newSchema, type OwnDatabase } from "./ground.ts";

const JOBS = Number(process.env["JOBYARD_READING_JOBS"] ?? 200_000);
const isMeasuring = process.env["JOBYARD_READING_JOBS"] !== undefined;
/**
 * A page and the look at its other side, in units of 8 KB; going through all jobs takes 15,000. What a larger store
 * adds is what a tenth of it leaves behind until the next vacuum.
 */
const MOST_BUFFERS = isMeasuring ? 7_000 : 3_000;
/** Of the server, for a page, where it is measured. One that takes longer is asked for again: others use the machine. */
const MOST_MS = 30;
const MOST_TRIES = 5;
/** Read from end to end: a row for each type, queue, open claim, completed batch, step since the last sweep, job of a crash. */
const SMALL_TABLES = ["lane", "queue", "lease", "session", "done", "tally", "held"];

describe(`of ${JOBS.toLocaleString("en")} jobs`, () => {
  const schema = newSchema();
  let database: OwnDatabase;
  let client: pg.Client;
  let db: ExplainingConnection;
  let store: Store;
  let full: FullStore;

  beforeAll(async () => {
    database = await newDatabase();
    const { url } = database;
    const adapter = postgresAdapter({ url, schema });
    await adapter.schema.migrate();
    await adapter.close();
    client = new pg.Client(url);
    await client.connect();
    full = await fillStore(client, schema, JOBS);
    db = new ExplainingConnection(connectionOver(client, new Dialect(schema, "extended")));
    const read: Store["read"] = (work) => work({ db, now: full.now });
    store = { ports: systemPorts, read } as unknown as Store;
  }, 300_000);
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const at = (part: number): number => full.start + Math.round(part * JOBS) * STEP_MS;

  const CASES: readonly (readonly [string, () => Filter])[] = [
    ["all", () => []],
    ["waiting", () => inPhase("waiting")],
    ["scheduled", () => inPhase("scheduled")],
    ["retrying", () => inPhase("retrying")],
    ["active", () => inPhase("active")],
    ["completed", () => inPhase("completed")],
    ["dead", () => inPhase("dead")],
    ["dead, with a word of their error", () => [...inPhase("dead"), withText("error", "econnrefused")]],
    ["dead or stale", () => inPhase("dead", "stale")],
    ["all but completed", () => [{ field: "state", not: true, any: ["completed"] }]],
    ["all but waiting", () => [{ field: "state", not: true, any: ["waiting"] }]],
    ["one queue", () => [withText("queue", "mail")]],
    ["one queue, completed", () => [withText("queue", "mail"), ...inPhase("completed")]],
    ["one queue, waiting", () => [withText("queue", "mail"), ...inPhase("waiting")]],
    ["one queue, dead", () => [withText("queue", "mail"), ...inPhase("dead")]],
    ["a type by a pattern, completed", () => [withText("name", "gre*"), ...inPhase("completed")]],
    ["a rare type", () => [withText("name", "rare")]],
    ["a rare type, waiting", () => [withText("name", "rare"), ...inPhase("waiting")]],
    ["the first tenth by time", () => createdBetween(null, at(0.1))],
    ["a time in the middle", () => createdBetween(at(0.4), at(0.5))],
    ["a time, and a queue", () => [...createdBetween(at(0.4), at(0.5)), withText("queue", "mail")]],
    ["one id", () => [withText("id", "job-77")]],
  ];

  function expectCheap(what: string): void {
    const { cost } = db;
    if (isMeasuring)
      console.info(`${what}: ${cost.ms.toFixed(1)} ms, ${cost.buffers} buffers, ${cost.statements} statements`);
    const dear = db.texts.toSorted((a, b) => b.buffers - a.buffers)[0];
    expect(cost.buffers, dear?.text).toBeLessThan(MOST_BUFFERS);
    expect([...cost.scanned].filter((table) => !SMALL_TABLES.includes(table))).toEqual([]);
  }

  async function asked<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      db.reset();
      const answer = await work();
      if (!isMeasuring || db.cost.ms < MOST_MS || tries === MOST_TRIES) return answer;
    }
  }

  describe.each(["filled in one go", "after a tenth of them came and went"])("%s", (when) => {
    beforeAll(async () => {
      if (when !== "filled in one go") await churn({ url: database.url, schema }, JOBS / 10);
    }, 300_000);

    for (const [name, filter] of CASES)
      test(`${name}: the first, the second, the last page and the one before it`, async () => {
        const page = async (which: string, cursor: string | null): Promise<Page<unknown>> => {
          const found = await asked(() => list(store, { filter: filter(), limit: 50, cursor }));
          expect(found.items.length).toBeGreaterThan(0);
          expect(found.searched.all).toBe(true);
          expectCheap(`${name}, ${which}`);
          if (isMeasuring) expect(db.cost.ms).toBeLessThan(MOST_MS);
          return found;
        };
        const first = await page("first", null);
        if (first.next === null || first.last === null) return;
        await page("second", first.next);
        const last = await page("last", first.last);
        expect(last.next).toBeNull();
        if (last.previous !== null) await page("before the last", last.previous);
      });

    test("counts by phase, of all and of types, look at few jobs", async () => {
      db.reset();
      const counts = await phases(store, [], 1_000);
      expectCheap("phases");
      expect(counts).toMatchObject({ waiting: { n: 1_000, exact: false }, active: { n: 1_000, exact: true } });
      db.reset();
      await count(store, [withText("queue", "mail"), ...inPhase("dead")], 1_000);
      expectCheap("count");
      db.reset();
      expect(await queues(db)).toHaveLength(2);
      expectCheap("queues");
    });
  });
});
