/**
 * Every term of a filter means on every store what core's `matchesFilter` says: for each filter below, list,
 * count, phases and scan find exactly the jobs that it accepts.
 */

import { expect } from "vitest";
import { LATE_MS, matchesFilter } from "../../decisions/matches.ts";
import {
  DURATION_FIELDS,
  type Filter,
  FLAGS,
  NUMBER_FIELDS,
  TEXT_FIELDS,
  type Term,
  TIME_FIELDS,
} from "../../nouns/filter.ts";
import type { Job } from "../../nouns/job.ts";
import { PHASES, type Phase, phaseOf } from "../../nouns/lifecycle.ts";
import { BURY, type Chapter, ids, rescueTo, retryIn, type Stage } from "./stage.ts";

export const searchChapter: Chapter = (test) => {
  for (const [field, terms] of Object.entries(TERMS))
    test(`${field}: list, count and scan find the jobs that match, and with "not" the others`, async (stage) => {
      await populate(stage);
      for (const term of terms) {
        await expectFound(stage, [term]);
        await expectFound(stage, [{ ...term, not: true }]);
      }
    });

  test("all terms of a filter must hold", async (stage) => {
    await populate(stage);
    const texts = TERMS["queue"] ?? [];
    for (const term of Object.values(TERMS).flat()) for (const text of texts) await expectFound(stage, [term, text]);
  });

  test("of many jobs the few that match are found, page by page", async (stage) => {
    await stage.add(...Array.from({ length: 900 }, (_, n) => ({ id: `n-${n}`, payload: `{"n":${n % 300}}` })));
    const filter: Filter = [{ field: "payload", not: false, path: "n", any: [{ text: "7", glob: false }] }];
    const first = await stage.adapter.reader.list({ filter, limit: 2, cursor: null });
    expect(ids(first.items)).toEqual(["n-607", "n-307"]);
    const second = await stage.adapter.reader.list({ filter, limit: 2, cursor: first.next });
    expect(ids(second.items)).toEqual(["n-7"]);
    expect(second.next).toBeNull();
  });
};

const text = (value: string, glob = false) => ({ text: value, glob });
const between = (from: number | null, to: number | null) => ({ from, to });

/** Values that some of the population has and some has not. */
const TEXTS: Readonly<Record<(typeof TEXT_FIELDS)[number], readonly [string, string]>> = {
  id: ["dead-1", "dea*"],
  queue: ["mail", "pr*"],
  name: ["Greet", "r*r"],
  worker: ["w1", "w*"],
  tag: ["red", "bl*"],
  key: ["k1", "k*"],
  parent: ["intake/p1", "p*"],
  error: ["econnrefused", "boo*"],
  reason: ["user", "exp*"],
  group: ["g1", "g*"],
  op: ["op-1", "op*"],
};
const NUMBERS = [between(1, null), between(null, 1), between(2, 3)];

const TERMS: Readonly<Record<string, readonly Term[]>> = {
  state: [...PHASES.map((phase) => [phase]), ["dead", "cancelled"] as const, ["waiting", "retrying"] as const].map(
    (any) => ({ field: "state", not: false, any }),
  ),
  ...Object.fromEntries(
    TEXT_FIELDS.map((field): [string, Term[]] => {
      const [plain, glob] = TEXTS[field];
      const patterns = [[text(plain)], [text(glob, true)], [text(glob)], [text("nothing"), text(plain)]];
      return [field, patterns.map((any) => ({ field, not: false, any }))];
    }),
  ),
  ...Object.fromEntries(
    NUMBER_FIELDS.map((field) => [field, NUMBERS.map((range): Term => ({ field, not: false, range }))]),
  ),
  ...Object.fromEntries(
    DURATION_FIELDS.map((field) => [
      field,
      [between(1_000, null), between(null, 999), between(0, 0)].map((range): Term => ({ field, not: false, range })),
    ]),
  ),
  ...Object.fromEntries(
    TIME_FIELDS.map((field) => [
      field,
      [
        { kind: "age", fromMs: null, toMs: 1_000 } as const,
        { kind: "age", fromMs: 1_001, toMs: null } as const,
        { kind: "at", from: 0, to: null } as const,
        { kind: "at", from: null, to: 1_000 } as const,
      ].map((range): Term => ({ field, not: false, range })),
    ]),
  ),
  flags: FLAGS.map((flag) => ({ field: "flag", not: false, flag })),
  payload: [
    { field: "payload", not: false, path: "order.id", any: [text("4711"), text("none")] },
    { field: "payload", not: false, path: "order.id", range: between(4_000, 5_000) },
    { field: "payload", not: false, path: "to", any: [text("A*", true)] },
    { field: "payload", not: false, path: "vip", any: [text("true")] },
  ],
  result: [
    { field: "result", not: false, path: "sent", any: [text("true")] },
    { field: "result", not: false, path: "n", range: between(1, 2) },
  ],
  words: ["dea", "gre", "boom", "nothing"].map((word) => ({ field: "word", not: false, text: word })),
};

/** One job or two of every state and phase, with something in every field. */
async function populate(stage: Stage): Promise<void> {
  const keyed = { dedupe: { key: "k1", while: "open", onConflict: "skip" } } as const;
  await stage.add({ id: "late", payload: '{"order":{"id":4711}}', ...keyed }, { id: "expires", expiresInMs: 5 });
  await stage.bench.advance(LATE_MS);
  await stage.adapter.sweeper.expire(10);
  await stage.move("reschedule", { queue: "mail", id: "late" }, { delayMs: 0 });
  await stage.add({ id: "crashed", queue: "print", name: "Render", tags: ["red"], group: "g1" });
  const serving = (queue: string, name: string) => [{ queue, max: 1, types: [{ name, maxVersion: 9 }] }];
  const crashed = await stage.takeOne({ session: "w1", queues: serving("print", "Render") });
  await stage.rescue(crashed.lease, rescueTo("waiting", { charged: false, heldLimit: 1 }));

  await stage.add({ id: "dead-1", queue: "print", version: 2, tags: ["red", "blue"], payload: '{"to":"Ada"}' });
  await stage.add({
    id: "dead-2",
    queue: "print",
    priority: 2,
    parent: { queue: "intake", id: "p1", epoch: 0, ref: "x" },
  });
  const queues = serving("print", "greet");
  const one = async (session: string) => (await stage.takeOne({ session, queues })).lease;
  const first = await one("w1");
  await stage.adapter.leaser.append([{ lease: first, kind: "progress", data: "1" }]);
  await stage.bench.advance(1_500);
  await stage.settle(first, BURY);
  const refused = { code: "HANDLER_ERROR", message: "connect ECONNREFUSED 127.0.0.1", stack: null };
  await stage.settle(await one("w2"), { move: "bury", failure: refused });

  await stage.add({ id: "done", queue: "print", payload: '{"to":"Bob","vip":true}' });
  await stage.bench.advance(1_200);
  await stage.settle(await one("w2"), { move: "complete", result: '{"sent":true,"n":2}' });
  await stage.add({ id: "retrying", queue: "print", maxAttempts: 9 });
  await stage.settle(await one("w3"), retryIn(90_000));
  await stage.add({ id: "user", queue: "print" }, { id: "parked", queue: "print" });
  await stage.apply("cancel", { queue: "print", id: "user" }, { opId: "op-1" });
  await stage.apply("park", { queue: "print", id: "parked" }, { opId: "op-2" });
  await stage.add({ id: "running", queue: "print", group: "g2", payload: '{"order":{"id":"4711"}}' });
  await one("w4");
  await stage.bench.advance(LATE_MS);
  await stage.add({ id: "scheduled", start: { delayMs: 90_000 } }, { id: "fresh", name: "other", priority: 3 });
}

async function expectFound(stage: Stage, filter: Filter): Promise<void> {
  const { reader } = stage.adapter;
  const now = await stage.now();
  const all = (await reader.list({ filter: [], limit: 200, cursor: null })).items;
  const jobs = (await reader.get(all)).filter((job) => job !== null);
  const isIn = (phase: Phase, job: Job): boolean => matchesFilter(job, filter, now) && phaseOf(job, now) === phase;
  const expected = ids(jobs.filter((job) => matchesFilter(job, filter, now)));
  const what = JSON.stringify(filter);
  const found = ids((await reader.list({ filter, limit: 200, cursor: null })).items);
  expect([...found].sort(), what).toEqual([...expected].sort());
  expect(await reader.count(filter, 1_000), what).toEqual({ n: expected.length, exact: true });
  const counted = PHASES.map((phase) => [phase, { n: jobs.filter((job) => isIn(phase, job)).length, exact: true }]);
  expect(await reader.phases(filter, 1_000), what).toEqual(Object.fromEntries(counted));
  const scanned = ids((await reader.scan(filter, now, null, 200)).items);
  expect([...scanned].sort(), what).toEqual([...expected].sort());
}
