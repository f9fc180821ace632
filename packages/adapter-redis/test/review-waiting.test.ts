/** Claims that wait and are served by their own process: they are in nobody's way, and miss nothing meanwhile. */

import type { Claim } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { newPrefix } from "@jobyard/servers";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { checkedOptions } from "../src/options.ts";
import { Store } from "../src/store.ts";
import { adminOf, openAdapter, ownServer } from "./at-work.ts";
import { until } from "./links.ts";

const waiting = (token: string) => claimRequest(token, { waitMs: 30_000, session: token });

const blockedAre = (admin: Redis, count: number): Promise<void> =>
  until(`${count} wait`, async () => (await admin.info("clients")).includes(`blocked_clients:${count}\r`));

const connectionsOf = async (admin: Redis): Promise<number> =>
  String(await admin.client("LIST")).split("name=jobyard-waits").length - 1;

test("a claim that is served again and again blocks on one connection", async () => {
  const { url } = await ownServer();
  const admin = await adminOf({ url });
  const { prefix } = newPrefix(url);
  const adapter = openAdapter({ url, prefix });
  for (let n = 0; n < 20; n += 1) {
    const claim = adapter.leaser.claim(waiting(`t${n}`));
    // Whether it waits no server tells: those that wait no more may block on.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await adapter.writer.enqueue([newJob(`j${n}`)]);
    expect((await claim).jobs).toHaveLength(1);
  }
  expect(await connectionsOf(admin)).toBeLessThan(4);
});

test("a marker that one takes off who is being served goes back: it may tell of something else", async () => {
  const { url } = await ownServer();
  const admin = await adminOf({ url });
  const { prefix } = newPrefix(url);
  const store = new Store(checkedOptions({ url, prefix }));
  onTestFinished(() => store.close());
  const marker = `${prefix}:mail:marker`;
  // The first has no connection yet.
  await store.markers.sleep(waiting("t0"), 1_000, false);
  const asleep = store.markers.sleep(waiting("t1"), 1_000, false);
  await blockedAre(admin, 1);
  const service = store.markers.serve("mail");
  await admin.zadd(marker, 0, "0");
  await blockedAre(admin, 0);
  await admin.ping();
  const claim: Claim = { jobs: [], now: 0, nextDueAt: null, held: [] };
  service?.give({ claim, foreign: [], isForOthers: false });
  expect((await asleep)?.claim).toBe(claim);
  await until("it is back", async () => (await admin.zcard(marker)) === 1);
});

test("an enqueue that is refused is no fault of the claim that it would have served", async () => {
  const { url } = await ownServer();
  const admin = await adminOf({ url });
  const { prefix } = newPrefix(url);
  const adapter = openAdapter({ url, prefix });
  await admin.set(`${prefix}:mail:theirs`, "no job");
  const claim = adapter.leaser.claim(waiting("t1"));
  await blockedAre(admin, 1);
  await expect(adapter.writer.enqueue([newJob("theirs")])).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  await blockedAre(admin, 1);
  await adapter.writer.enqueue([newJob("ours")]);
  expect((await claim).jobs.map(({ lease }) => lease.ref.id)).toEqual(["ours"]);
});
