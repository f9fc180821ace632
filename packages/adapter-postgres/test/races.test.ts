/**
 * Verbs side by side on connections of their own. Whoever comes first, the answers are those of one of the orders in
 * which they could have come one after the other, and all bookkeeping fits afterwards.
 */

import type { Decision, Lease } from "@jobyard/core/adapter";
import { newJob } from "@jobyard/core/testing";
import { describe, expect, test } from "vitest";
import { expectConsistent } from "./consistency.ts";
import { BURY, COMPLETE, keyed, outcomeOf, RESCUE, rescueHeld, retryIn } from "./hands.ts";
import { openStage, type Stage } from "./stage.ts";

/** So often each race is run: who wins is left to chance. */
const ROUNDS = 15;

/** Every round has a job of its own, and its name. */
function race(title: string, round: (stage: Stage, id: string) => Promise<void>): void {
  test(title, async () => {
    const stage = await openStage();
    for (let n = 1; n <= ROUNDS; n++) await round(stage, `job-${n}`);
    await expectConsistent(stage.store);
  });
}

describe("an operator and a worker", () => {
  const SETTLED: readonly [name: string, decision: Decision, ifFirst: string][] = [
    ["complete", COMPLETE, "refused completed"],
    ["bury", BURY, "refused dead"],
    ["retry later", retryIn(60_000), "done cancelled user"],
  ];
  for (const [name, decision, ifFirst] of SETTLED)
    race(`cancel beside ${name}`, async ({ hands, together }, id) => {
      await hands.enqueue(newJob(id));
      const lease = await hands.claimOne(`of ${id}`);
      const [outcome, settled] = await together(
        id,
        () => hands.apply("cancel", id),
        () => hands.settle(lease, decision),
      );
      const state = await hands.stateOf(id);
      const ifCancelIsFirst = `requested ${decision.move === "complete" ? "completed" : "cancelled user"}`;
      expect([ifFirst, ifCancelIsFirst]).toContain(`${outcome} ${state}`);
      expect(settled).not.toBe("lost");
    });

  race("cancel beside a claim", async ({ hands }, id) => {
    await hands.enqueue(newJob(id));
    const [outcome, leases] = await Promise.all([hands.apply("cancel", id), hands.claim(`of ${id}`)]);
    expect([`done cancelled user 0`, `requested active 1`]).toContain(
      `${outcome} ${await hands.stateOf(id)} ${leases.length}`,
    );
    for (const lease of leases) await hands.settle(lease, COMPLETE);
  });

  race("cancel beside the claim of an exclusive batch", async ({ hands }, id) => {
    await hands.enqueue(newJob(id));
    await hands.settle(await hands.claimOne(`of ${id}`), rescueHeld(1));
    const [outcome, leases] = await Promise.all([hands.apply("cancel", id), hands.claim(`again of ${id}`)]);
    expect(["done cancelled user 0", "requested active 1"]).toContain(
      `${outcome} ${await hands.stateOf(id)} ${leases.length}`,
    );
    for (const lease of leases) await hands.settle(lease, COMPLETE);
  });

  race("remove beside complete", async ({ hands, together }, id) => {
    await hands.enqueue(newJob(id));
    const lease = await hands.claimOne(`of ${id}`);
    const [outcome, settled] = await together(
      id,
      () => hands.apply("remove", id),
      () => hands.settle(lease, COMPLETE),
    );
    expect(settled).toBe("completed");
    expect([`busy completed`, `done none`]).toContain(`${outcome} ${await hands.stateOf(id)}`);
  });

  race("every move of a job that waits beside its claim", async ({ hands }, id) => {
    await hands.enqueue(newJob(id, { priority: 5 }));
    const [outcome, leases] = await Promise.all([
      hands.apply("reprioritise", id, { priority: 1 }),
      hands.claim(`of ${id}`),
    ]);
    expect(["done", "refused"]).toContain(outcome);
    // The claim passes by while the job is in the operator's hands.
    for (const lease of [...leases, ...(await hands.claim(`again of ${id}`))]) await hands.settle(lease, COMPLETE);
    expect(await hands.stateOf(id)).toBe("completed");
  });

  race("append beside retry", async ({ hands, together }, id) => {
    await hands.enqueue(newJob(id));
    const lease = await hands.claimOne(`of ${id}`);
    const [written, settled] = await together(
      id,
      () => hands.append(lease, "log"),
      () => hands.settle(lease, retryIn(60_000)),
    );
    expect(settled).toBe("waiting");
    expect(await hands.kinds(id)).toEqual(["enqueue", "claim", ...(written ? ["log"] : []), "retry"]);
  });
});

describe("rescuers", () => {
  race("a rescue beside the worker that is alive after all", async ({ hands, together }, id) => {
    await hands.enqueue(newJob(id));
    const lease = await hands.claimOne(`of ${id}`);
    await hands.adapter.leaser.retire(`of ${id}`);
    const [rescued, settled] = await together(
      id,
      () => hands.settle(lease, RESCUE, "expired"),
      () => hands.settle(lease, COMPLETE),
    );
    expect(["waiting lost waiting", "lost completed completed"]).toContain(
      `${rescued} ${settled} ${await hands.stateOf(id)}`,
    );
    await hands.apply("cancel", id);
  });

  race("two at once", async ({ hands, together }, id) => {
    await hands.enqueue(newJob(id));
    const lease = await hands.claimOne(`of ${id}`);
    await hands.adapter.leaser.retire(`of ${id}`);
    const rescued = await together(
      id,
      () => hands.settle(lease, RESCUE, "expired"),
      () => hands.settle(lease, RESCUE, "expired"),
    );
    expect(rescued.toSorted()).toEqual(["lost", "waiting"]);
    expect(await hands.kinds(id)).toEqual(["enqueue", "claim", "rescue"]);
    await hands.apply("cancel", id);
  });

  race("a rescue beside a worker that extends", async ({ hands }, id) => {
    await hands.enqueue(newJob(id));
    const lease = await hands.claimOne(`of ${id}`);
    await hands.adapter.leaser.retire(`of ${id}`);
    const [rescued, extended] = await Promise.all([
      hands.settle(lease, RESCUE, "expired"),
      hands.extend(`of ${id}`, [lease]),
    ]);
    expect(["waiting lost", "live held"]).toContain(`${rescued} ${extended.leases[0]}`);
    await hands.apply("cancel", id);
    await hands.settle(lease, COMPLETE);
  });
});

describe("several operators", () => {
  race("of two that requeue a job one does", async ({ hands, together }, id) => {
    await hands.enqueue(newJob(id));
    const lease = await hands.claimOne(`of ${id}`);
    await hands.settle(lease, BURY);
    const outcomes = await together(
      id,
      () => hands.apply("requeue", id, { opId: "one" }),
      () => hands.apply("requeue", id, { opId: "two" }),
    );
    expect(outcomes.toSorted()).toEqual(["done", "refused"]);
    await hands.apply("cancel", id);
  });

  race("ten that move one job all do", async ({ hands }, id) => {
    await hands.enqueue(newJob(id));
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) => hands.apply("reschedule", id, { delayMs: n % 2 === 0 ? 0 : 60_000 + n })),
    );
    expect(outcomes).toEqual(new Array(10).fill("done"));
    expect(await hands.kinds(id)).toEqual(["enqueue", ...new Array(10).fill("reschedule")]);
    await hands.apply("cancel", id);
  });

  race("of two that restore a job one does", async ({ hands }, id) => {
    await hands.enqueue(newJob(id));
    await hands.apply("remove", id);
    const outcomes = await Promise.all([hands.apply("restore", id), hands.apply("restore", id)]);
    expect(["done missing", "done held"]).toContain(outcomes.toSorted().join(" "));
    await hands.apply("cancel", id);
  });

  test("who takes the same jobs in another order gets them all", async () => {
    const { store, hands } = await openStage();
    const ids = Array.from({ length: 30 }, (_, n) => `job-${n}`);
    await hands.enqueue(...ids.map((id) => newJob(id)));
    const leases = await hands.claim("worker", 10);
    for (let n = 1; n <= 10; n++) {
      const results = await Promise.all([
        hands.applyAll("cancel", ids.slice(0, 10)),
        hands.applyAll("reschedule", ids.slice(10), { delayMs: 0 }),
        hands.applyAll("reprioritise", ids.slice(10).toReversed(), { priority: n }),
        hands.applyAll("reschedule", ids.slice(10).toReversed(), { delayMs: 60_000 }),
        hands.applyAll("cancel", ids.slice(0, 10).toReversed()),
      ]);
      expect(new Set(results.flat().map(({ outcome }) => outcome))).toEqual(new Set(["requested", "done"]));
    }
    expect(await hands.settleAll(leases.map((lease) => ({ lease, guard: "held", decision: COMPLETE })))).toHaveLength(
      10,
    );
    await expectConsistent(store);
  });
});

describe("one address, one key", () => {
  race("restore beside an enqueue of the same id", async ({ hands }, id) => {
    await hands.enqueue(newJob(id));
    await hands.apply("remove", id);
    const [outcome, [receipt]] = await Promise.all([hands.apply("restore", id), hands.enqueue(newJob(id))]);
    expect(["done duplicate", "held accepted"]).toContain(`${outcome} ${receipt?.outcome}`);
    await hands.apply("cancel", id);
  });

  race("of many retries with one key one waits, and the others yield", async ({ hands }, id) => {
    const names = Array.from({ length: 6 }, (_, n) => `${id}-${n}`);
    const leases: Lease[] = [];
    for (const name of names) {
      // The claim of each frees the key for the next.
      await hands.enqueue(newJob(name, keyed(id, "waiting")));
      leases.push(...(await hands.claim(`of ${name}`)));
    }
    const settled = await Promise.all(leases.map((lease) => hands.settle(lease, retryIn(60_000))));
    expect(settled.toSorted()).toEqual([...new Array(5).fill("cancelled"), "waiting"]);
  });

  race("a retry beside an enqueue with its key", async ({ hands }, id) => {
    await hands.enqueue(newJob(id, keyed(id, "waiting")));
    const lease = await hands.claimOne(`of ${id}`);
    const [settled, [receipt]] = await Promise.all([
      hands.settle(lease, retryIn(60_000)),
      hands.enqueue(newJob(`${id}-twin`, { ...keyed(id, "waiting"), start: { delayMs: 60_000 } })),
    ]);
    expect(["waiting duplicate", "cancelled accepted"]).toContain(`${settled} ${receipt?.outcome}`);
  });

  race("of many that are requeued with one key one is", async ({ hands }, id) => {
    const names = Array.from({ length: 5 }, (_, n) => `${id}-${n}`);
    for (const name of names) {
      await hands.enqueue(newJob(name, keyed(id, "open")));
      await hands.apply("cancel", name);
    }
    const outcomes = await Promise.all(names.map((name) => hands.apply("requeue", name)));
    expect(outcomes.toSorted()).toEqual(["done", ...new Array(4).fill("held")]);
    await hands.applyAll("cancel", names);
  });

  race("an enqueue that replaces a job beside an operator who moves it", async ({ hands }, id) => {
    await hands.enqueue(newJob(id, keyed(id, "waiting")));
    const [outcome, [receipt]] = await Promise.all([
      hands.apply("reschedule", id, { delayMs: 60_000 }),
      hands.enqueue(newJob(`${id}-new`, { ...keyed(id, "waiting", "replace"), start: { delayMs: 60_000 } })),
    ]);
    expect(["done accepted", "refused accepted"]).toContain(`${outcome} ${receipt?.outcome}`);
    expect(await hands.stateOf(id)).toBe("cancelled replaced");
  });
});

describe("one call", () => {
  test("of one job that is judged by itself writes all that leads to it", async () => {
    const { store, hands } = await openStage();
    await hands.enqueue(newJob("a", { ...keyed("k", "open"), expiresInMs: 60_000 }));
    await expectConsistent(store);
  });

  test("judges its settlements one after the other, plain or not", async () => {
    const { store, hands } = await openStage();
    await hands.enqueue(
      newJob("a"),
      newJob("b"),
      newJob("c"),
      newJob("d", keyed("k", "open")),
      newJob("e"),
      newJob("h"),
    );
    const [a, b, c, d, e, h] = (await hands.claim("worker", 6)) as [Lease, Lease, Lease, Lease, Lease, Lease];
    const settled = await hands.settleAll([
      { lease: a, guard: "held", decision: retryIn(0) },
      { lease: a, guard: "held", decision: COMPLETE },
      { lease: b, guard: "held", decision: COMPLETE },
      { lease: b, guard: "held", decision: retryIn(0) },
      { lease: c, guard: "held", decision: COMPLETE, followUps: [newJob("f", keyed("k", "open")), newJob("e")] },
      { lease: d, guard: "held", decision: COMPLETE, followUps: [newJob("g", keyed("k", "open")), newJob("b")] },
      { lease: e, guard: "held", decision: BURY },
      { lease: h, guard: "held", decision: retryIn(0) },
    ]);
    expect(settled.map(outcomeOf)).toEqual([
      ...["waiting", "lost", "completed", "lost", "completed", "completed", "dead", "waiting"],
    ]);
    const told = (index: number): readonly string[] =>
      settled[index]?.ok
        ? settled[index].followUps.map(
            ({ outcome, ref, ...more }) => `${outcome} ${ref.id} ${"state" in more ? more.state : ""}`,
          )
        : [];
    // The key is still held by an active job then, and "e" is active; after that it is free, and "b" is over.
    expect(told(4)).toEqual(["duplicate d active", "duplicate e active"]);
    expect(told(5)).toEqual(["accepted g waiting", "duplicate b completed"]);
    const order = (await hands.claim("next", 10)).map(({ ref }) => ref.id);
    expect(order).toEqual(["a", "g", "h"]);
    await expectConsistent(store);
  });

  test("follow-ups of a completion find a job that is settled after it as it still is", async () => {
    const { store, hands } = await openStage();
    await hands.enqueue(newJob("a"), newJob("b"));
    const [a, b] = (await hands.claim("worker", 2)) as [Lease, Lease];
    const settled = await hands.settleAll([
      { lease: a, guard: "held", decision: COMPLETE, followUps: [newJob("b")] },
      { lease: b, guard: "held", decision: BURY },
    ]);
    expect(settled).toMatchObject([{ followUps: [{ outcome: "duplicate", state: "active" }] }, { state: "dead" }]);
    await expectConsistent(store);
  });

  test("judges its jobs one after the other: a key is given once, the same job is moved once", async () => {
    const { store, hands } = await openStage();
    for (const id of ["a", "b"]) {
      await hands.enqueue(newJob(id, keyed("k", "open")));
      await hands.apply("cancel", id);
    }
    const outcomes = async (
      move: "requeue" | "remove" | "restore",
      ids: readonly string[],
    ): Promise<readonly string[]> =>
      (await hands.applyAll(move, ids)).map(({ outcome, state }) => `${outcome} ${state}`);
    expect(await outcomes("requeue", ["a", "b", "a"])).toEqual(["done waiting", "held cancelled", "refused waiting"]);
    expect(await outcomes("remove", ["a", "a", "b"])).toEqual(["done null", "missing null", "done null"]);
    expect(await outcomes("restore", ["a", "a", "b"])).toEqual(["done waiting", "missing waiting", "done cancelled"]);
    await expectConsistent(store);
  });

  test("a job that completed in a lease that is open stays completed, whatever becomes of it", async () => {
    const { store, hands } = await openStage();
    await hands.enqueue(newJob("a"), newJob("b"));
    const [a, b] = (await hands.claim("worker", 2)) as [Lease, Lease];
    await hands.settle(a, COMPLETE);
    expect(await hands.apply("requeue", "a")).toBe("refused");
    await hands.apply("remove", "a");
    await hands.apply("restore", "a");
    expect(await hands.settle(a, retryIn(0))).toBe("lost");
    expect(await hands.settle(b, retryIn(0))).toBe("waiting");
    expect(await hands.stateOf("a")).toBe("completed");
    await expectConsistent(store);
  });
});
