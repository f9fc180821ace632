/**
 * A failover by sentinels with a worker at work. Redis copies to its replica after it has answered: what the dead
 * primary did in its last moments may be unknown to the new one. So a job that was copied is never lost; it may run
 * again, if its completion was not copied; and by the new primary's own account each is completed once.
 */

import { startRedisSentinels } from "@jobyard/servers";
import { expect, onTestFinished, test } from "vitest";
import { adminOf, assertEachOnce, atWork, enqueueAll, jobIds, openAdapter, untilCompleted } from "./at-work.ts";
import { outcome, until } from "./links.ts";

test("work goes on at the new primary, and no job is lost that it had a copy of", { timeout: 120_000 }, async () => {
  const trio = await startRedisSentinels();
  onTestFinished(() => trio.stop());
  const hosts = trio.sentinels.map(({ port }) => `127.0.0.1:${port}`);
  const options = { url: `redis+sentinel://${hosts.join(",")}/${trio.name}/0`, callTimeoutMs: 2_000 };
  const adapter = openAdapter(options);
  const ids = jobIds(400);
  await enqueueAll(adapter, ids);
  expect(await (await adminOf(trio.master)).wait(1, 10_000)).toBe(1);
  const { runs } = await atWork(options, { handle: () => new Promise((resolve) => setTimeout(resolve, 10)) });
  await until("it is at work", () => runs.size >= 100);
  await trio.master.crash();
  const answers: unknown[] = [];
  await until("the new primary takes jobs", async () => {
    answers.push(await outcome(enqueueAll(adapter, [`after-${answers.length}`])));
    return answers.at(-1) === undefined;
  });
  expect(answers.slice(0, -1).every((answer) => answer === "STORE_UNAVAILABLE")).toBe(true);
  await trio.untilMaster(trio.replica);
  const after = `after-${answers.length - 1}`;
  await until("the last is completed", async () => {
    const [job] = await adapter.reader.get([{ queue: "mail", id: after }]);
    return job?.state === "completed";
  });
  const replica = openAdapter({ url: trio.replica.url });
  await untilCompleted(replica, 401);
  // Of the runs the old primary knew more.
  await assertEachOnce(replica, [...ids, after], null);
  expect(ids.filter((id) => !runs.has(id))).toEqual([]);
  // Claimed in a batch of at most what fits in the slots and in front of them.
  expect([...runs.values()].filter((times) => times > 1).length).toBeLessThan(100);
});
