/**
 * What one has in hand, others leave, pass by or wait for. Nothing is left to chance here: a gate stops a verb where
 * the other one meets it.
 */

import type { Lease } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { describe, expect, test } from "vitest";
import { claimNow, type Fronts } from "../src/claim.ts";
import { connectionOver } from "../src/connection.ts";
import { Dialect } from "../src/dialect.ts";
import { noMarks } from "../src/step.ts";
import { expectConsistent } from "./consistency.ts";
import { openClient, until } from "./ground.ts";
import { BURY, COMPLETE, keyed, outcomeOf, RESCUE, refTo, rescueHeld, retryIn } from "./hands.ts";
import { openStage, type Stage } from "./stage.ts";

/** Who waits for the gate by mistake fails soon. */
const open = (): Promise<Stage> => openStage({ callTimeoutMs: 4_000 });

/** The ways to have jobs in each of the lines, all of them due. */
const LINES: Readonly<Record<"ready" | "later" | "held", (stage: Stage, ids: readonly string[]) => Promise<void>>> = {
  async ready({ hands }, ids) {
    await hands.enqueue(...ids.map((id) => newJob(id)));
  },
  async later({ hands, gate }, ids) {
    await hands.enqueue(...ids.map((id) => newJob(id, { start: { delayMs: 20 } })));
    const early = () => gate.beside("SELECT FROM jobyard.later WHERE run_at > jobyard.now_ms()");
    await until("they are due", async () => (await early()).length === 0);
  },
  async held({ hands }, ids) {
    await hands.enqueue(...ids.map((id) => newJob(id)));
    for (const lease of await hands.claim("before", ids.length)) await hands.settle(lease, rescueHeld(9));
  },
};
const NAMES = ["ready", "later", "held"] as const;

const idsOf = (leases: readonly Lease[]): readonly string[] => leases.map(({ ref }) => ref.id);

/** True if it was answered, false if it waits for the gate. */
async function isAnswered({ gate }: Stage, others: number, call: Promise<unknown>): Promise<boolean> {
  let answered = false;
  call.then(
    () => {
      answered = true;
    },
    () => {},
  );
  await until("it waits, or is answered", async () => answered || (await gate.waiting()) > others);
  return answered;
}

describe("a claim", () => {
  test.each(NAMES)("passes by a job that somebody has in hand: %s", async (line) => {
    const stage = await open();
    const { hands, gate } = stage;
    await LINES[line](stage, ["a", "b"]);
    await gate.hold(`SELECT FROM jobyard.${line} ORDER BY pk LIMIT 1 FOR UPDATE`);
    expect(idsOf(await hands.claim("w", 2))).toEqual(["b"]);
    await gate.release();
    expect(idsOf(await hands.claim("x", 2))).toEqual(["a"]);
    await expectConsistent(stage.store);
  });

  test.each(NAMES)("leaves a job that an operator is about to cancel: %s", async (line) => {
    const stage = await open();
    const { hands, gate } = stage;
    await LINES[line](stage, ["a"]);
    await gate.hold("SELECT FROM jobyard.job FOR UPDATE");
    const cancelled = hands.apply("cancel", "a");
    await gate.stopped(1);
    expect(idsOf(await hands.claim("w"))).toEqual([]);
    await gate.release();
    expect(await cancelled).toBe("done");
    await expectConsistent(stage.store);
  });

  test.each(NAMES)("leaves a job that an enqueue is about to replace: %s", async (line) => {
    const stage = await open();
    const { hands, gate } = stage;
    await LINES[line](stage, ["a"]);
    await gate.beside("UPDATE jobyard.job SET dedupe_key = 'k', dedupe_while = 'open'");
    await gate.beside("INSERT INTO jobyard.dedupe (queue, key, pk, id) SELECT queue, 'k', pk, id FROM jobyard.job");
    await gate.hold("SELECT FROM jobyard.job FOR UPDATE");
    const replaced = hands.enqueue(newJob("b", { ...keyed("k", "open", "replace"), start: { delayMs: 60_000 } }));
    await gate.stopped(1);
    expect(idsOf(await hands.claim("w"))).toEqual([]);
    await gate.release();
    expect(await replaced).toMatchObject([{ outcome: "accepted", replaced: refTo("a") }]);
    expect(await hands.stateOf("a")).toBe("cancelled replaced");
    await expectConsistent(stage.store);
  });

  test("is judged after another one of its session", async () => {
    const stage = await open();
    const { hands, gate } = stage;
    await hands.enqueue(newJob("a"), newJob("b"), newJob("c"));
    await hands.settle(await hands.claimOne("w"), COMPLETE);
    await gate.hold("SELECT FROM jobyard.session FOR UPDATE");
    const claims = Promise.all([hands.claim("w"), hands.claim("w")]);
    await gate.stopped(2);
    await gate.release();
    expect((await claims).flat()).toHaveLength(2);
    await hands.adapter.leaser.retire("w");
    expect(await hands.adapter.leaser.expired(10)).toMatchObject([{ session: "w", alone: false }]);
  });
});

describe("a pause", () => {
  test("is answered when the claims that did not see it have ended", async () => {
    const stage = await open();
    const { hands, gate } = stage;
    await hands.enqueue(newJob("a"), newJob("b"));
    await hands.settle(await hands.claimOne("w"), COMPLETE);
    await gate.hold("SELECT FROM jobyard.session FOR UPDATE");
    const claimed = hands.claim("w");
    await gate.stopped(1);
    const paused = hands.adapter.operator.pause(refTo("a").queue, { actor: "ada" });
    expect(await isAnswered(stage, 1, paused)).toBe(false);
    await gate.release();
    expect(await claimed).toHaveLength(1);
    expect(await paused).toBe(true);
  });
});

describe("the settings of a queue", () => {
  test("that two change at once have both changes", async () => {
    const { hands, gate } = await open();
    const { queue } = refTo("any");
    const { configure } = hands.adapter.operator;
    await configure(queue, { maxSize: 1 }, { actor: "ada" });
    await gate.hold("SELECT FROM jobyard.queue FOR UPDATE");
    const dead = { ageMs: 1_000, count: null, bytes: null };
    const changed = Promise.all([
      configure(queue, { maxSize: 2 }, { actor: "ada" }),
      configure(queue, { retention: { dead } }, { actor: "bob" }),
    ]);
    await gate.stopped(2);
    await gate.release();
    await changed;
    const [info] = await hands.adapter.reader.queues(queue);
    expect(info?.settings).toMatchObject({ maxSize: 2, retention: { dead } });
  });
});

describe("settlements of one lease, side by side", () => {
  test.each([
    ["completions", COMPLETE],
    ["retries", retryIn(0)],
  ] as const)("all count: %s", async (_, decision) => {
    const stage = await open();
    const { hands, gate } = stage;
    await hands.enqueue(newJob("a"), newJob("b"));
    const [a, b] = (await hands.claim("w", 2)) as [Lease, Lease];
    await gate.hold("SELECT FROM jobyard.lease FOR UPDATE");
    const settled = Promise.all([hands.settle(a, decision), hands.settle(b, decision)]);
    await gate.stopped(2);
    await gate.release();
    expect(new Set(await settled)).toEqual(new Set([decision === COMPLETE ? "completed" : "waiting"]));
    await expectConsistent(stage.store);
  });
});

describe("a lease whose first job left it", () => {
  test.each([
    ["retried", retryIn(0)],
    ["buried and requeued", BURY],
  ] as const)("completes that job no more: %s", async (_, decision) => {
    const { store, hands } = await open();
    await hands.enqueue(newJob("a"), newJob("b"));
    const [a, b] = (await hands.claim("w", 2)) as [Lease, Lease];
    await hands.settle(a, decision);
    await hands.apply("requeue", "a");
    expect(await hands.settle(a, COMPLETE)).toBe("lost");
    const again = await hands.claimOne("x");
    const late = await hands.settleAll([a, b].map((lease) => ({ lease, guard: "held", decision: COMPLETE })));
    expect(late.map(outcomeOf)).toEqual(["lost", "completed"]);
    expect(await hands.settle(again, COMPLETE)).toBe("completed");
    await expectConsistent(store);
  });
});

describe("a rescue", () => {
  test("keeps its session from coming back until it has ended", async () => {
    const stage = await open();
    const { hands, gate } = stage;
    await hands.enqueue(newJob("a", keyed("k", "waiting")));
    const lease = await hands.claimOne("w");
    await hands.adapter.leaser.retire("w");
    // It takes the job's key at its very end.
    await gate.hold("INSERT INTO jobyard.dedupe (queue, key, pk, id) VALUES ($1, 'k', 0, '')", lease.ref.queue);
    const rescued = hands.settle(lease, RESCUE, "expired");
    await gate.stopped(1);
    const extended = hands.extend("w", [lease]);
    expect(await isAnswered(stage, 1, extended)).toBe(false);
    await gate.release();
    expect(await rescued).toBe("waiting");
    expect((await extended).leases).toEqual(["lost"]);
    await expectConsistent(stage.store);
  });
});

describe("a restore", () => {
  test("has the job in hand that it has seen in the trash", async () => {
    const stage = await open();
    const { hands, gate } = stage;
    await hands.enqueue(newJob("a"));
    await hands.apply("remove", "a");
    await gate.hold("SELECT jobyard.lock_trash($1, 60000)", JSON.stringify([refTo("a")]));
    expect(await isAnswered(stage, 0, hands.apply("restore", "a"))).toBe(false);
    await gate.release();
  });
});

describe("a purge", () => {
  test("leaves a job that was requeued since it was seen", async () => {
    const stage = await open();
    const { hands, gate } = stage;
    await hands.enqueue(newJob("a"));
    await hands.settle(await hands.claimOne("w"), BURY);
    await gate.hold("SELECT FROM jobyard.job FOR UPDATE");
    const requeued = hands.apply("requeue", "a");
    await gate.stopped(1);
    const keep = { ageMs: null, count: 0, bytes: null };
    const purged = hands.adapter.sweeper.purge({ queue: refTo("a").queue, state: "dead", keep }, 10);
    await gate.stopped(2);
    await gate.release();
    expect(await requeued).toBe("done");
    expect(await purged).toMatchObject({ removed: 0 });
    expect(await hands.stateOf("a")).toBe("waiting");
    await expectConsistent(stage.store);
  });
});

describe("the order of locks, which lets nobody wait for somebody who waits for him", () => {
  const jobIsFree = ({ gate }: Stage) => gate.beside("SELECT FROM jobyard.job FOR UPDATE NOWAIT");

  test("a place in line before its job", async () => {
    const stage = await open();
    await stage.hands.enqueue(newJob("a"));
    await stage.gate.hold("SELECT FROM jobyard.ready FOR UPDATE");
    const cancelled = stage.hands.apply("cancel", "a");
    await stage.gate.stopped(1);
    await expect(jobIsFree(stage)).resolves.toHaveLength(1);
    await stage.gate.release();
    expect(await cancelled).toBe("done");
  });

  test("a lease before its jobs", async () => {
    const stage = await open();
    await stage.hands.enqueue(newJob("a"));
    const lease = await stage.hands.claimOne("w");
    await stage.gate.hold("SELECT FROM jobyard.lease FOR UPDATE");
    const settled = stage.hands.settle(lease, retryIn(0));
    await stage.gate.stopped(1);
    await expect(jobIsFree(stage)).resolves.toHaveLength(1);
    await stage.gate.release();
    expect(await settled).toBe("waiting");
  });

  test("all jobs of a call by their numbers, though some are settled in another way", async () => {
    const { hands, gate } = await open();
    await hands.enqueue(newJob("a"), newJob("b"));
    const [a, b] = (await hands.claim("w", 2)) as [Lease, Lease];
    await gate.hold("SELECT FROM jobyard.job WHERE id = 'a' FOR UPDATE");
    const settled = hands.settleAll([
      { lease: b, guard: "held", decision: retryIn(0) },
      { lease: a, guard: "held", decision: COMPLETE },
    ]);
    await gate.stopped(1);
    await expect(gate.beside("SELECT FROM jobyard.job WHERE id = 'b' FOR UPDATE NOWAIT")).resolves.toHaveLength(1);
    await gate.release();
    expect((await settled).map(outcomeOf)).toEqual(["waiting", "completed"]);
  });
});

test("a claim whose walk did not begin at the front begins there again soon", async () => {
  const { hands, gate } = await open();
  await hands.enqueue(newJob("a"), newJob("b"));
  const places = await gate.beside<{ lane: number; pk: string }>("SELECT lane, pk FROM jobyard.ready ORDER BY ord");
  const [first, second] = places.map(({ pk }) => Number(pk)) as [number, number];
  const client = await openClient();
  await client.query(`SET search_path = ${gate.schema}`);
  // As a claim left it behind whose walk to the first job took a minute: eight times that long is not begun there.
  const walked = async (minutesAgo: number): Promise<void> => {
    const front = `jsonb_build_array(0, ${first}, seconds() - 60 * ${minutesAgo}, 60, 8)`;
    const fronts = `jsonb_build_object('${places[0]?.lane}', ${front})`;
    await client.query(`SELECT set_config('jobyard_fronts.${gate.schema}', (${fronts})::text, false)`);
  };
  const taken: number[] = [];
  const take = async (): Promise<void> => {
    const { rows } = await client.query<{ pks: string[] }>("SELECT take_heads($1, 1) AS pks", [[places[0]?.lane]]);
    taken.push(...(rows[0]?.pks ?? []).map(Number));
  };
  await walked(7);
  await take();
  expect(taken).toEqual([second]);
  await take();
  expect(taken).toEqual([second]);
  await walked(9);
  await take();
  expect(taken).toEqual([second, first]);
});

test("where walks begin is told from claim to claim, on whatever connection", async () => {
  const { hands, gate } = await open();
  await hands.enqueue(newJob("a"), newJob("b"));
  const [first] = await gate.beside<{ lane: number; pk: string }>("SELECT lane, pk FROM jobyard.ready ORDER BY ord");
  const client = await openClient();
  const { rows } = await client.query<{ now: number }>(`SELECT ${gate.schema}.seconds() AS now`);
  // As a claim leaves it behind whose walk to the first job took a minute.
  const before = JSON.stringify({ [first?.lane ?? 0]: [0, Number(first?.pk), rows[0]?.now, 60, 20] });
  const fronts: Fronts = { known: before };
  const claimed = async (token: string): Promise<readonly string[]> => {
    const other = connectionOver(await openClient(), new Dialect(gate.schema, "extended"));
    const request = claimRequest(token, { session: token, max: 1 });
    const { jobs } = await claimNow({ db: other, ...noMarks() }, request, "first", fronts);
    return jobs.map(({ lease }) => lease.ref.id);
  };
  expect(await claimed("one")).toEqual(["b"]);
  expect(fronts.known).not.toBe(before);
  expect(await claimed("two")).toEqual([]);
  fronts.known = null;
  expect(await claimed("three")).toEqual(["a"]);
});
