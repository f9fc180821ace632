/** A thousand transactions at once, half of which are rolled back, with relays at work meanwhile. */

import { describe, expect, onTestFinished, test } from "vitest";
import { relay } from "../../src/outbox/index.ts";
import { BACKENDS, greet, until } from "./ground.ts";
import { openTarget } from "./target.ts";

const TRANSACTIONS = 1_000;

describe.each(BACKENDS)("on $name", ({ open }) => {
  test("exactly the committed jobs arrive, each once", async () => {
    const ground = await open();
    const target = openTarget();
    const relays = [ground.outbox, ground.again(), ground.again()].map((outbox) =>
      relay(outbox, target.adapter, { batch: 20, poll: "10ms" }),
    );
    onTestFinished(async () => {
      await Promise.all(relays.map((each) => each.stop()));
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: TRANSACTIONS }, (_, n) =>
        ground.transact(async (tx) => {
          await ground.addOrder(tx, n);
          await ground.outbox.enqueue(tx, greet, { n });
          if (n % 2 === 1) throw new Error("rolled back");
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(TRANSACTIONS / 2);
    await until("the outbox is empty", async () => (await ground.outbox.status()).waiting === 0);
    await Promise.all(relays.map((each) => each.stop()));
    const sent = (await target.claimed("mail")).map(({ payload }) => (JSON.parse(payload) as { n: number }).n);
    expect(sent.toSorted((a, b) => a - b)).toEqual(await ground.orders());
    expect(sent).toHaveLength(TRANSACTIONS / 2);
    const sum = relays.reduce((total, { status }) => total + status.relayed, 0);
    expect(sum).toBe(TRANSACTIONS / 2);
    expect(relays.flatMap(({ status }) => (status.duplicates === 0 ? [] : [status]))).toEqual([]);
  });
});
