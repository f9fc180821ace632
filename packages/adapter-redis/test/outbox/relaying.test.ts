/** What a relay does with every answer that it can get, and with none. */

import { QueueError } from "@jobyard/core";
import type { JobWriter, NewJob, Ports, Receipt } from "@jobyard/core/adapter";
import { manualPorts } from "@jobyard/core/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Relay, type RelayOptions, type RelayTarget, relay, relayAll } from "../../src/outbox/index.ts";
import { BACKENDS, type Ground, greet, until } from "./ground.ts";
import { openTarget, targetThat } from "./target.ts";

const write = (ground: Ground, from: number, to: number, queue = "mail"): Promise<unknown> =>
  ground.transact((tx) =>
    ground.outbox.enqueueMany(
      tx,
      greet,
      Array.from({ length: to - from + 1 }, (_, index) => ({ n: from + index })),
      { queue },
    ),
  );

/** Stopped with the test. */
function started(ground: Ground, target: RelayTarget, options: RelayOptions = {}): Relay {
  const running = relay(ground.outbox, target, { poll: "20ms", ...options });
  onTestFinished(() => running.stop());
  return running;
}

/** A clock that moves only while somebody sleeps. */
function watchedWorld(): { readonly ports: Ports; readonly nap: (meanwhile?: () => Promise<void>) => Promise<number> } {
  const clock = manualPorts();
  const asleep: number[] = [];
  return {
    ports: {
      ...clock,
      sleep: (ms, signal) => {
        asleep.push(ms);
        return clock.sleep(ms, signal);
      },
    },
    // Resolves with the length of the next nap, when it has passed.
    nap: async (meanwhile = async () => {}) => {
      await until("it sleeps", () => asleep.length > 0);
      const [ms = 0] = asleep.splice(0);
      await meanwhile();
      clock.advance(Math.ceil(ms));
      return ms;
    },
  };
}

const isEmpty = (ground: Ground): Promise<void> =>
  until("the outbox is empty", async () => (await ground.outbox.status()).waiting === 0);

const numbers = (jobs: readonly { readonly payload: string }[]): readonly number[] =>
  jobs.map(({ payload }) => (JSON.parse(payload) as { readonly n: number }).n);
const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

const accepted = ({ queue, id }: NewJob): Receipt => ({
  outcome: "accepted",
  ref: { queue, id },
  state: "waiting",
  replaced: null,
});

describe.each(BACKENDS)("on $name", ({ open }) => {
  test("rows go in the order of their writes, batch by batch, and what comes later follows", async () => {
    const ground = await open();
    const target = openTarget();
    const told: unknown[] = [];
    await write(ground, 1, 25);
    const running = started(ground, target.yard, { batch: 10, hooks: { onRelayed: (facts) => told.push(facts) } });
    await isEmpty(ground);
    await write(ground, 26, 30);
    await isEmpty(ground);
    await running.stop();
    expect(numbers(await target.claimed("mail"))).toEqual(upTo(30));
    expect(told.slice(0, 3)).toEqual([10, 10, 5].map((relayed) => ({ relayed, duplicates: 0 })));
    expect(running.status).toEqual({
      state: "stopped",
      relayed: 30,
      duplicates: 0,
      refused: 0,
      failures: 0,
      lastError: null,
      fullQueues: [],
    });
  });

  test("several relays at once send every job once", async () => {
    const ground = await open();
    const target = openTarget();
    const sent: string[] = [];
    const counting = targetThat(async (jobs) => {
      sent.push(...jobs.map(({ id }) => id));
      return target.adapter.writer.enqueue(jobs);
    });
    await write(ground, 1, 500);
    const relays = [ground.outbox, ground.again(), ground.again()].map((outbox) =>
      relay(outbox, counting, { batch: 7, poll: "10ms" }),
    );
    await isEmpty(ground);
    await Promise.all(relays.map((each) => each.stop()));
    expect(sent).toHaveLength(500);
    expect(new Set(sent).size).toBe(500);
    expect(relays.reduce((sum, { status }) => sum + status.relayed, 0)).toBe(500);
  });

  test("jobs of a full queue stay, in order, and hold up no other queue", async () => {
    const ground = await open();
    const target = openTarget();
    const told: { readonly queue: string; readonly maxSize: number; readonly retryInMs: number }[] = [];
    await target.yard.board.configure("mail", { maxSize: 2 }, { actor: "test" });
    await write(ground, 1, 5);
    await write(ground, 6, 7, "other");
    const running = started(ground, target.adapter, { batch: 2, hooks: { onFull: (facts) => told.push(facts) } });
    await until("the other queue has its jobs", async () => (await ground.outbox.status()).waiting === 3);
    // What others see in the database the relay itself knows a moment later.
    await until("it has counted them", () => running.status.relayed === 4);
    expect(running.status).toMatchObject({ failures: 0, fullQueues: ["mail"] });
    expect(told[0]).toEqual({ queue: "mail", maxSize: 2, retryInMs: expect.any(Number) });
    expect(await relayAll(ground.again(), target.adapter, { batch: 2 })).toEqual({
      relayed: 0,
      duplicates: 0,
      refused: 0,
      fullQueues: ["mail"],
    });
    expect(numbers(await target.claimed("other"))).toEqual([6, 7]);
    await target.yard.board.configure("mail", { maxSize: null }, { actor: "test" });
    await isEmpty(ground);
    expect(numbers(await target.claimed("mail"))).toEqual(upTo(5));
    await until("it knows of the room", () => running.status.fullQueues.length === 0);
  });

  test("a full queue is asked less and less often", async () => {
    const ground = await open();
    const world = watchedWorld();
    const asked: number[] = [];
    const target = targetThat(async (jobs) => {
      asked.push(world.ports.monotonic());
      return jobs.map(({ queue, id }) => ({ outcome: "full", ref: { queue, id }, depth: 1, maxSize: 1 }));
    });
    await write(ground, 1, 1);
    const running = started(ground, target, { ports: world.ports, poll: "60s" });
    for (let turn = 1; turn <= 10; turn++) await world.nap();
    const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
    expect(pauses[0]).toBeGreaterThanOrEqual(125);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(15_001);
    expect(pauses.at(-1)).toBeGreaterThan(7_000);
    expect(running.status.failures).toBe(0);
  });

  test("a conflict is kept with its reason until a person decides", async () => {
    const ground = await open();
    const target = openTarget();
    const told: unknown[] = [];
    await target.yard.enqueue(greet, { n: 0 }, { jobId: "taken" });
    const write = (n: number): Promise<unknown> =>
      ground.transact((tx) => ground.outbox.enqueue(tx, greet, { n }, { jobId: "taken" }));
    await write(0);
    await write(1);
    await write(2);
    const hooks = { onRefused: (facts: unknown) => told.push(facts) };
    expect(await relayAll(ground.outbox, target.adapter, { hooks })).toEqual({
      relayed: 1,
      duplicates: 1,
      refused: 2,
      fullQueues: [],
    });
    const message = "mail/taken is there already, with another payload";
    expect(told[0]).toEqual({ queue: "mail", id: "taken", code: "ID_CONFLICT", message });
    expect(await ground.outbox.status()).toEqual({ waiting: 0, oldestMs: null, refused: 2 });
    const [first, second] = await ground.outbox.refused();
    expect(first).toEqual({
      ...{ number: expect.any(Number), queue: "mail", id: "taken", name: "greet", payload: '{"n":1}' },
      ...{ code: "ID_CONFLICT", message, writtenAt: expect.any(Number), refusedAt: expect.any(Number) },
    });
    expect(await ground.outbox.refused({ limit: 1 })).toHaveLength(1);
    expect(await relayAll(ground.outbox, target.adapter)).toMatchObject({ relayed: 0, refused: 0 });
    expect(await ground.outbox.discard([second?.number ?? 0])).toBe(1);
    await target.yard.board.move("remove", [{ queue: "mail", id: "taken" }], { actor: "test" });
    expect(await ground.outbox.retry([first?.number ?? 0, 987_654])).toBe(1);
    expect(await relayAll(ground.outbox, target.adapter)).toMatchObject({ relayed: 1, duplicates: 0 });
    expect(await ground.outbox.status()).toEqual({ waiting: 0, oldestMs: null, refused: 0 });
    expect((await target.job({ queue: "mail", id: "taken" }))?.payload).toBe('{"n":1}');
  });

  test("one job that the target cannot take is set aside, and the others pass", async () => {
    const ground = await open();
    const target = openTarget();
    const writer: JobWriter["enqueue"] = async (jobs) => {
      if (jobs.some(({ payload }) => payload.includes("3")))
        throw new QueueError("BAD_OPTION", `no threes here \0\ud800 ${"x".repeat(10_000)}`);
      return target.adapter.writer.enqueue(jobs);
    };
    await write(ground, 1, 5);
    expect(await relayAll(ground.outbox, targetThat(writer))).toEqual({
      relayed: 4,
      duplicates: 0,
      refused: 1,
      fullQueues: [],
    });
    expect(await ground.outbox.refused()).toMatchObject([
      {
        code: "BAD_OPTION",
        message: expect.stringMatching(/^no threes here \ufffd\ufffd x{400,500}$/),
        payload: '{"n":3}',
      },
    ]);
    expect(numbers(await target.claimed("mail"))).toEqual([1, 2, 4, 5]);
  });

  test("an error that is not ours sets nothing aside: its job stays, and the others pass", async () => {
    const ground = await open();
    const target = openTarget();
    const writer: JobWriter["enqueue"] = async (jobs) => {
      if (jobs.some(({ payload }) => payload.includes("3"))) throw new TypeError("a bug");
      return target.adapter.writer.enqueue(jobs);
    };
    await write(ground, 1, 5);
    await expect(relayAll(ground.outbox, targetThat(writer))).rejects.toThrow("a bug");
    expect(await ground.outbox.status()).toMatchObject({ waiting: 1, refused: 0 });
  });

  test("a row that somebody else wrote is set aside", async () => {
    const ground = await open();
    await ground.sql(
      "INSERT INTO jobyard_outbox (written_at, queue, id, form, payload) VALUES (1, 'q', 'i', 'no JSON', '{}')",
    );
    await write(ground, 1, 1);
    const target = openTarget();
    expect(await relayAll(ground.outbox, target.adapter)).toMatchObject({ relayed: 1, refused: 1 });
    expect(await ground.outbox.refused()).toMatchObject([{ queue: "q", id: "i", name: "", code: "PAYLOAD_INVALID" }]);
  });

  test("while the target is away rows stay, tries become rare, and wake changes nothing about that", async () => {
    const ground = await open();
    const target = openTarget();
    const world = watchedWorld();
    const told: unknown[] = [];
    let isAway = true;
    const writer: JobWriter["enqueue"] = async (jobs) => {
      if (isAway) throw new QueueError("STORE_UNAVAILABLE", "redis");
      return target.adapter.writer.enqueue(jobs);
    };
    await write(ground, 1, 3);
    const hooks = { onError: (error: unknown, doing: string) => told.push([error, doing]) };
    const running = started(ground, targetThat(writer), { ports: world.ports, hooks });
    const naps: number[] = [];
    for (let failures = 1; failures <= 10; failures++) {
      const nap = await world.nap(async () => {
        running.wake();
        // As long as several tries would take.
        for (let look = 0; look < 5; look++) await ground.outbox.status();
        expect(told).toHaveLength(failures);
      });
      naps.push(nap);
    }
    expect(naps[0]).toBeGreaterThanOrEqual(50);
    expect(naps.at(-1)).toBeGreaterThanOrEqual(5_000);
    expect(Math.max(...naps)).toBeLessThanOrEqual(10_000);
    expect(told[0]).toEqual([expect.objectContaining({ code: "STORE_UNAVAILABLE" }), "relay"]);
    expect(running.status).toMatchObject({ state: "running", relayed: 0, lastError: { code: "STORE_UNAVAILABLE" } });
    expect(await ground.outbox.status()).toMatchObject({ waiting: 3, refused: 0 });
    isAway = false;
    await world.nap();
    await until("it is relayed", () => running.status.relayed === 3);
    expect(running.status).toMatchObject({ failures: 0 });
    expect(numbers(await target.claimed("mail"))).toEqual(upTo(3));
  });

  test("a job whose answer was lost is not doubled", async () => {
    const ground = await open();
    const target = openTarget();
    let isFirst = true;
    const writer: JobWriter["enqueue"] = async (jobs) => {
      const receipts = await target.adapter.writer.enqueue(jobs);
      if (!isFirst) return receipts;
      isFirst = false;
      throw new QueueError("STORE_UNAVAILABLE", "the answer was lost");
    };
    await write(ground, 1, 3);
    await expect(relayAll(ground.outbox, targetThat(writer))).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(await relayAll(ground.outbox, targetThat(writer))).toEqual({
      relayed: 3,
      duplicates: 3,
      refused: 0,
      fullQueues: [],
    });
    expect(numbers(await target.claimed("mail"))).toEqual(upTo(3));
  });

  test("stop waits for the batch at hand, and nothing is taken after it", async () => {
    const ground = await open();
    const target = openTarget();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let batches = 0;
    const writer: JobWriter["enqueue"] = async (jobs) => {
      batches += 1;
      await held;
      return target.adapter.writer.enqueue(jobs);
    };
    await write(ground, 1, 4);
    const running = started(ground, targetThat(writer), { batch: 2 });
    await until("the first batch is on its way", () => batches === 1);
    const stopped = running.stop();
    expect(running.status.state).toBe("stopping");
    release();
    await stopped;
    await running.stop();
    expect(running.status).toMatchObject({ state: "stopped", relayed: 2 });
    expect(batches).toBe(1);
    expect(await ground.outbox.status()).toMatchObject({ waiting: 2 });
  });

  test("as long as batches are full nobody waits", async () => {
    const ground = await open();
    await write(ground, 1, 25);
    const target = targetThat(async (jobs) => jobs.map(accepted));
    const running = started(ground, target, { ports: manualPorts(), poll: "60s", batch: 10 });
    await until("all are relayed, though no time passes", () => running.status.relayed === 25);
  });

  test("wake looks at once", async () => {
    const ground = await open();
    const ports = manualPorts();
    let batches = 0;
    const running = started(
      ground,
      targetThat(async (jobs) => {
        batches += 1;
        return jobs.map(accepted);
      }),
      { ports, poll: "60s" },
    );
    await write(ground, 1, 1);
    await until("it was relayed", () => {
      running.wake();
      return running.status.relayed === 1;
    });
    expect(batches).toBe(1);
  });

  test("hooks that throw are told, and change nothing", async () => {
    const ground = await open();
    const target = openTarget();
    const told: unknown[] = [];
    await write(ground, 1, 2);
    const hooks = {
      onRelayed: async () => {
        throw new Error("my hook");
      },
      onError: (error: unknown, doing: string) => {
        told.push([(error as Error).message, doing]);
        throw new Error("this one too");
      },
    };
    expect(await relayAll(ground.outbox, target.adapter, { hooks })).toMatchObject({ relayed: 2 });
    await until("it was told", () => told.length === 1);
    expect(told).toEqual([["my hook", "onRelayed"]]);
  });

  test("an outbox that is away is told, and relayed when it is back", async () => {
    const ground = await open();
    const target = openTarget();
    await write(ground, 1, 2);
    await ground.sql("ALTER TABLE jobyard_outbox RENAME TO put_away");
    const running = started(ground, target.adapter);
    await until("it failed", () => running.status.failures > 1);
    expect(running.status.lastError).toMatchObject({ code: "SCHEMA_MISSING" });
    await ground.sql("ALTER TABLE put_away RENAME TO jobyard_outbox");
    await isEmpty(ground);
    await until("all is well", () => running.status.failures === 0);
    expect(numbers(await target.claimed("mail"))).toEqual([1, 2]);
  });
});

test("what is set about a relay is checked", async () => {
  const [first] = BACKENDS;
  const { outbox } = await (first as (typeof BACKENDS)[number]).open();
  const target = openTarget();
  for (const options of [
    { batch: 0 },
    { batch: 1_001 },
    { poll: "1ms" },
    { pool: 1 },
    { hooks: { onRelay: () => {} } },
  ])
    expect(() => relay(outbox, target.adapter, options as never)).toThrow(
      expect.objectContaining({ code: "BAD_OPTION" }),
    );
  for (const nowhere of [{}, null, { adapter: {} }])
    expect(() => relay(outbox, nowhere as never)).toThrow(
      expect.objectContaining({ code: "BAD_OPTION", field: "target" }),
    );
  await expect(relayAll(outbox, target.adapter, { poll: "1s" } as never)).rejects.toMatchObject({ code: "BAD_OPTION" });
});
