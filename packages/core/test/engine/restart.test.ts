import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { defineJob } from "../../src/nouns/define.ts";
import { ghostClaims } from "./ghost.ts";
import { anything, gate, type Stage, stage, turns, until } from "./stage.ts";

const any = defineJob("any", { payload: anything });
const HOLD = { default: { onRestart: "hold" } } as const;

const statesOf = async ({ yard }: Pick<Stage, "yard">): Promise<readonly string[]> =>
  (await yard.board.jobs({ query: "" })).items.map(({ state }) => state).toSorted();

describe("a queue that holds what a restart finds", () => {
  test("waiting jobs become stale at the start, later ones run", async () => {
    const on = stage();
    await on.yard.enqueue(any, 1);
    await on.yard.enqueue(any, 2, { delay: "1h" });
    const done = await on.yard.enqueue(any, 3, { queue: "run" });
    const own = on.worker({ name: "w1", jobs: [any.handler(() => 1)], queues: { ...HOLD, run: {} } });
    await own.start();
    expect(await statesOf(on)).toEqual(["stale", "stale", "waiting"].with(2, (await on.job(done)).state).toSorted());
    const later = await on.yard.enqueue(any, 4);
    await until(() => own.status.completed === 2);
    expect((await on.job(later)).state).toBe("completed");
    const [stale] = (await on.yard.board.jobs({ query: "state:stale" })).items;
    const events = await on.events(stale as NonNullable<typeof stale>);
    expect(events.at(-1)).toMatchObject({ kind: "park", data: '{"by":"w1","reason":"restart"}' });
  });

  test("active jobs of the dead become stale when their lease is over, whatever their own policy says", async () => {
    const on = stage();
    const receipt = await on.yard.enqueue(any, 1);
    await ghostClaims(on.store.adapter, 1, { session: "ghost" });
    const own = on.worker({ jobs: [any.handler(() => 1)], queues: HOLD });
    await own.start();
    expect((await on.job(receipt)).state).toBe("active");
    await on.pass(36_000, 1_000);
    expect(await on.job(receipt)).toMatchObject({ state: "stale", errors: [{ code: "LEASE_EXPIRED" }] });
    expect(own.status.completed).toBe(0);
  });

  test("a rescuer of other queues holds them too", async () => {
    const on = stage();
    const receipt = await on.yard.enqueue(any, 1);
    await ghostClaims(on.store.adapter, 1, { session: "ghost" });
    const own = on.worker({ jobs: [any.handler(() => 1)], queues: HOLD, sweep: "1h" });
    await own.start();
    on.ports.advance("30s");
    await on
      .another()
      .worker({ jobs: [any.handler(() => 1)], queues: { other: {} } })
      .drain();
    expect((await on.job(receipt)).state).toBe("stale");
  });

  test("at once if the dead one was a process of this host that is gone", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    const on = stage();
    const receipt = await on.yard.enqueue(any, 1);
    await ghostClaims(on.store.adapter, 1, { session: "ghost" });
    const probe = on.worker({ jobs: [any.handler(() => 1)], queues: { other: {} } });
    await probe.start();
    const registered = await on.store.adapter.records.get("worker", probe.session);
    await probe.stop();
    const gone = { ...JSON.parse(registered?.doc ?? "{}"), session: "ghost", pid: child.pid };
    await on.store.adapter.records.put("worker", "ghost", JSON.stringify(gone), { ttlMs: 60_000 });
    await on.store.adapter.records.put(
      "restart",
      "default",
      JSON.stringify({ serving: ["ghost"], parking: null, dead: [] }),
    );
    await on.worker({ jobs: [any.handler(() => 1)], queues: HOLD }).start();
    await until(async () => (await on.job(receipt)).state === "stale");
    expect(on.ports.monotonic()).toBe(0);
  });

  test("a worker that joins others puts nothing aside", async () => {
    const on = stage();
    const end = gate();
    const first = on.worker({
      jobs: [any.handler(() => end.opened)],
      queues: { default: { ...HOLD.default, concurrency: 1 } },
    });
    await first.start();
    await on.yard.enqueueMany(any, [1, 2]);
    await until(() => first.status.running === 1);
    const second = on.another().worker({ jobs: [any.handler(() => 1)], queues: HOLD });
    const started = second.start();
    await on.pass(15_000, 500);
    await started;
    await until(() => second.status.completed === 1);
    end.open();
    await until(() => first.status.completed === 1);
    expect(await statesOf(on)).toEqual(["completed", "completed"]);
  });

  test("after a graceful stop, and after a death whose registration has run out, the next start holds again", async () => {
    const on = stage();
    for (const graceful of [true, false]) {
      const before = on.another().worker({ jobs: [any.handler(() => 1)], queues: HOLD });
      await before.start();
      if (graceful) await before.stop();
      else await on.store.adapter.records.remove("worker", before.session);
      const left = await on.yard.enqueue(any, 1, { delay: "1h" });
      const next = on.another().worker({ jobs: [any.handler(() => 1)], queues: HOLD });
      const started = next.start();
      await on.pass(1_000, 100);
      await started;
      expect((await on.job(left)).state).toBe("stale");
      await Promise.all([next.stop(), before.stop()]);
    }
  });

  test("until it is certain that nobody serves the queue it is not begun, and other queues are served meanwhile", async () => {
    const on = stage();
    const other = on.worker({ jobs: [any.handler(() => 1)], queues: HOLD });
    await other.start();
    // Its host loses its network: it neither refreshes its record nor is it known to be gone.
    on.store.break("put", (kind: string, id: string) =>
      kind === "worker" && id === other.session ? new Error("unplugged") : undefined,
    );
    const waiting = await on.yard.enqueue(any, 1, { delay: "1m" });
    const own = on.worker({ jobs: [any.handler(() => 1)], queues: { ...HOLD, run: {} } });
    let ready = false;
    const started = own.start().then(() => {
      ready = true;
    });
    await on.yard.enqueue(any, 2, { queue: "run" });
    await until(() => own.status.completed === 1);
    await on.pass(20_000, 1_000);
    expect(ready).toBe(false);
    expect((await on.job(waiting)).state).toBe("waiting");
    await on.pass(15_000, 1_000);
    await started;
    expect((await on.job(waiting)).state).toBe("stale");
  });

  test("of two that begin together one puts aside, and the other waits for that", async () => {
    const on = stage();
    const receipts = await Promise.all([1, 2, 3].map((payload) => on.yard.enqueue(any, payload)));
    const ran: unknown[] = [];
    const two = [1, 2].map(() =>
      on.another().worker({ jobs: [any.handler(({ payload }) => void ran.push(payload))], queues: HOLD }),
    );
    const started = Promise.all(two.map((one) => one.start()));
    await on.pass(15_000, 500);
    await started;
    expect(await Promise.all(receipts.map(async (ref) => (await on.job(ref)).state))).toEqual(Array(3).fill("stale"));
    await on.yard.enqueue(any, "new");
    await until(() => ran.length === 1);
    await turns(20);
    expect(ran).toEqual(["new"]);
  });

  test("while another puts aside, nobody begins", async () => {
    const on = stage();
    const { records } = on.store.adapter;
    const doc = { serving: ["busy"], parking: "busy", dead: [] };
    await records.put("restart", "default", JSON.stringify(doc));
    const refresh = () => records.put("worker", "busy", JSON.stringify({ host: "elsewhere" }), { ttlMs: 30_000 });
    await refresh();
    const own = on.worker({ jobs: [any.handler(() => 1)], queues: HOLD });
    const started = own.start();
    const found = await on.yard.enqueue(any, 1);
    for (let beat = 0; beat < 5; beat++) {
      await on.pass(10_000, 500);
      await refresh();
    }
    expect(await on.job(found)).toMatchObject({ state: "waiting", attempt: 0 });
    await records.put("restart", "default", JSON.stringify({ ...doc, parking: null }));
    await on.pass(2_000, 500);
    await started;
    expect(await on.job(found)).toMatchObject({ state: "completed" });
  });

  test("a worker that drains twice puts nothing of its own aside", async () => {
    const on = stage();
    const own = on.worker({ jobs: [any.handler(() => 1)], queues: HOLD });
    await own.drain();
    const receipt = await on.yard.enqueue(any, 1);
    await own.drain();
    expect((await on.job(receipt)).state).toBe("completed");
  });
});
