/** Bull Board, as it looks at BullMQ's queues, on jobs of ours. */

import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { expect, test } from "vitest";
import { accepts, bury, claimJobs, complete, jobOf, newJob, openYard, settleAll } from "./bullmq-ground.ts";

test("Bull Board counts, lists, reads and retries jobs of ours", async () => {
  const yard = await openYard();
  await accepts(yard, newJob("done"), newJob("dead"), newJob("runs"), newJob("waits", { payload: '{"n":5}' }));
  await accepts(yard, newJob("later", { start: { delayMs: 60_000 } }), newJob("urgent", { priority: 2 }));
  const [done, dead] = await claimJobs(yard, 3);
  if (done === undefined || dead === undefined) throw new Error("nothing was claimed");
  await settleAll(yard, [done], complete('{"fine":true}'));
  await settleAll(yard, [dead], bury("broken"));
  const board = new BullMQAdapter(yard.queue);
  expect(await board.getJobCounts()).toMatchObject({
    ...{ completed: 1, failed: 1, active: 1, waiting: 1, delayed: 1, prioritized: 1 },
  });
  const listed = async (state: Parameters<typeof board.getJobs>[0][number]) =>
    (await board.getJobs([state], 0, 10)).map((job) => job.toJSON());
  expect(await listed("completed")).toMatchObject([{ id: "done", name: "greet", returnvalue: { fine: true } }]);
  expect(await listed("failed")).toMatchObject([
    { id: "dead", failedReason: "broken", stacktrace: ["Error: broken"], attemptsMade: 1 },
  ]);
  expect(await listed("active")).toMatchObject([{ id: "runs" }]);
  expect(await listed("waiting")).toMatchObject([{ id: "waits", data: { n: 5 } }]);
  expect(await listed("delayed")).toMatchObject([{ id: "later", delay: 60_000 }]);
  expect(await listed("prioritized")).toMatchObject([{ id: "urgent", opts: { priority: 2, attempts: 3 } }]);

  await (await board.getJob("dead"))?.retry();
  expect(await jobOf(yard, "dead")).toMatchObject({ state: "waiting", errors: [{ message: "broken" }] });
  expect((await claimJobs(yard, 10)).map(({ lease }) => lease.ref.id)).toContain("dead");
});
