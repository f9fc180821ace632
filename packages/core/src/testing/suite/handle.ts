/** The handle on a store: its versions, its end, and the caller's own transactions. */

import { expect } from "vitest";
import { type Chapter, COMPLETE, KEEP_NONE, refOf, type Stage, within } from "./stage.ts";

export const handleChapter: Chapter = (test) => {
  test("a migrated store is ready, and migrating it again changes nothing", async (stage) => {
    const { schema } = stage.adapter;
    const status = await schema.status();
    expect(status).toMatchObject({ state: "ready", current: status.wanted });
    await stage.addOne({ id: "a" });
    expect(await schema.migrate()).toEqual({ from: status.current, to: status.current });
    expect((await stage.job(refOf("a"))).state).toBe("waiting");
  });

  test("two handles may migrate at once", async (stage) => {
    const other = await stage.second();
    const { current } = await stage.adapter.schema.status();
    const answers = await Promise.all([stage.adapter, other].map(({ schema }) => schema.migrate()));
    expect(answers.map(({ to }) => to)).toEqual([current, current]);
    await stage.addOne();
  });

  test("what one handle writes the other reads", async (stage) => {
    const other = await stage.second();
    await stage.add({ id: "a" });
    const [job] = (await other.leaser.claim(stage.request())).jobs;
    expect(job?.lease.ref).toEqual(refOf("a"));
    if (job) await stage.settle(job.lease, COMPLETE);
    expect(await other.reader.get([refOf("a")])).toMatchObject([{ state: "completed" }]);
  });

  test("a closed handle refuses every verb; closing twice is fine", async (stage) => {
    await stage.addOne();
    const { lease } = await stage.takeOne();
    const job = stage.newJob();
    await stage.adapter.close();
    await stage.adapter.close();
    const { writer, leaser, reader, operator, sweeper, records, schema } = stage.adapter;
    const by = { actor: "ada" };
    const verbs: Readonly<Record<string, () => unknown>> = {
      status: () => schema.status(),
      migrate: () => schema.migrate(),
      enqueue: () => writer.enqueue([job]),
      claim: () => leaser.claim(stage.request()),
      settle: () => leaser.settle([{ lease, guard: "held", decision: COMPLETE }]),
      extend: () => leaser.extend("w1", [lease], 1_000),
      append: () => leaser.append([{ lease, kind: "log", data: '"x"' }]),
      expired: () => leaser.expired(10),
      retire: () => leaser.retire("w1"),
      now: () => reader.now(),
      get: () => reader.get([lease.ref]),
      locate: () => reader.locate("a"),
      list: () => reader.list({ filter: [], limit: 10, cursor: null }),
      count: () => reader.count([], 10),
      facets: () => reader.facets([], "queue", 10),
      events: () => reader.events(lease.ref, 0, 10),
      queues: () => reader.queues(),
      scan: () => reader.scan([], 0, null, 10),
      explainFacts: () => reader.explainFacts(lease.ref),
      watch: () => reader.watch(() => undefined),
      apply: () => operator.apply("cancel", [lease.ref], by),
      pause: () => operator.pause("mail", by),
      resume: () => operator.resume("mail", by),
      configure: () => operator.configure("mail", { maxSize: 1 }, by),
      swept: () => sweeper.queues(),
      expire: () => sweeper.expire(10),
      purge: () => sweeper.purge({ queue: "mail", state: "dead", keep: KEEP_NONE }, 10),
      examine: () => stage.adapter.examine(),
      put: () => records.put("a", "b", "1"),
      record: () => records.get("a", "b"),
      records: () => records.list("a", null, 10),
      remove: () => records.remove("a", "b"),
    };
    for (const [verb, call] of Object.entries(verbs))
      await expect((async () => call())(), verb).rejects.toMatchObject({ code: "STORE_CLOSED" });
  });

  test("closing ends a claim that waits", async (stage) => {
    const claim = stage.claim({ waitMs: 600_000 }).then(
      ({ jobs }) => expect(jobs).toEqual([]),
      (error: unknown) => expect(error).toMatchObject({ code: "STORE_CLOSED" }),
    );
    await stage.adapter.close();
    await within(claim, "the claim outlived its adapter");
  });

  test("closing one handle leaves the other at work", async (stage) => {
    if (!stage.bench.another) return;
    const other = await stage.second();
    await other.close();
    await stage.addOne();
    expect(await stage.take()).toHaveLength(1);
  });
};

export const transactionsChapter: Chapter = (test) => {
  test("a store without the capability refuses tx, and writes nothing", async (stage) => {
    if (stage.adapter.capabilities.transactions) {
      expect(stage.bench.tx, "a bench of such a store needs tx").toBeDefined();
      return;
    }
    await stage.addOne({ id: "a" });
    const { lease } = await stage.takeOne();
    const tx = {};
    const refused = { code: "CAPABILITY_MISSING" };
    await expect(stage.adapter.writer.enqueue([stage.newJob({ id: "b" })], { tx })).rejects.toMatchObject(refused);
    const settlement = { lease, guard: "held", decision: COMPLETE } as const;
    await expect(stage.adapter.leaser.settle([settlement], { tx })).rejects.toMatchObject(refused);
    expect(await stage.adapter.reader.locate("b")).toEqual([]);
    expect((await stage.job(refOf("a"))).state).toBe("active");
  });

  test("jobs enqueued in a transaction exist if and only if it commits", (stage) =>
    withTx(stage, async (begin) => {
      const dropped = await begin();
      await stage.adapter.writer.enqueue([stage.newJob({ id: "a" })], { tx: dropped.tx });
      await dropped.rollback();
      expect(await stage.adapter.reader.locate("a")).toEqual([]);
      expect(await stage.take()).toEqual([]);
      const kept = await begin();
      const job = stage.newJob({ id: "a" });
      const receipts = await stage.adapter.writer.enqueue([job, job], { tx: kept.tx });
      expect(receipts).toMatchObject([{ outcome: "accepted" }, { outcome: "duplicate" }]);
      await kept.commit();
      expect(await stage.take()).toHaveLength(1);
    }));

  test("a completion in a transaction, with its follow-ups, counts if and only if it commits", (stage) =>
    withTx(stage, async (begin) => {
      const ref = await stage.addOne();
      const { lease } = await stage.takeOne();
      const settlement = { lease, guard: "held", decision: COMPLETE, followUps: [stage.newJob({ id: "f" })] } as const;
      const dropped = await begin();
      expect(await stage.adapter.leaser.settle([settlement], { tx: dropped.tx })).toMatchObject([{ ok: true }]);
      await dropped.rollback();
      expect(await stage.job(ref)).toMatchObject({ state: "active", seq: 2 });
      expect(await stage.adapter.reader.locate("f")).toEqual([]);
      const kept = await begin();
      expect(await stage.adapter.leaser.settle([settlement], { tx: kept.tx })).toMatchObject([{ ok: true }]);
      await kept.commit();
      expect(await stage.kinds(ref)).toEqual(["enqueue", "claim", "complete"]);
      expect((await stage.job(refOf("f"))).state).toBe("waiting");
      expect(await stage.settle(lease, COMPLETE)).toEqual({ ok: false, now: "lost" });
    }));

  test("a lost lease is refused in a transaction too", (stage) =>
    withTx(stage, async (begin) => {
      const ref = await stage.addOne();
      const { lease } = await stage.takeOne();
      await stage.rescue(lease);
      const before = await stage.job(ref);
      const own = await begin();
      const settled = await stage.adapter.leaser.settle([{ lease, guard: "held", decision: COMPLETE }], { tx: own.tx });
      expect(settled).toEqual([{ ok: false, now: "lost" }]);
      await own.commit();
      expect(await stage.job(ref)).toEqual(before);
    }));
};

type Begin = NonNullable<Stage["bench"]["tx"]>["begin"];

/** Nothing to check on a store without transactions: that one refuses them, which has its own example. */
async function withTx(stage: Stage, body: (begin: Begin) => Promise<void>): Promise<void> {
  const { tx } = stage.bench;
  if (tx) await body(() => tx.begin());
}
