/** What docs/coming-from-bullmq.md tells people to do is done, step by step, beside programs with BullMQ 6 and 5. */

import { defineJob } from "@jobyard/core";
import { codeUnder, describeLinks, readPage } from "@jobyard/pages";
import { type RedisServer, startRedis } from "@jobyard/servers";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { TESTED_BULLMQ } from "../src/bullmq.ts";
import { redisAdapter } from "../src/index.ts";
import { accepts, bury, claimJobs, jobOf, newJob, openYard, settleAll } from "./bullmq-ground.ts";
import { commandsUnder, type Desk, openDesk } from "./docs-page.ts";
import { until } from "./links.ts";

const page = await readPage("coming-from-bullmq.md");

interface Place extends Desk {
  readonly client: Redis;
  readonly queue: Queue;
  readonly server: RedisServer;
  /** Who ran each completed job, in the order of their ids. */
  readonly ran: () => Promise<readonly string[]>;
}

/** A server of its own, as the page's URL leads to the default prefix. */
async function open(bullmq: "bullmq" | "bullmq5", fleet: "?fleet=v6" | "?fleet=mixed-v5" | ""): Promise<Place> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const variables = { REDIS_URL: server.url, JOBYARD_URL: `${server.url}${fleet}` };
  const desk = await openDesk(page, bullmq, variables);
  const client = new Redis(server.url);
  const queue = new Queue("mail", { connection: { url: server.url }, skipMetasUpdate: true });
  onTestFinished(async () => {
    await queue.close();
    client.disconnect();
  });
  const ran = async (): Promise<readonly string[]> =>
    (await queue.getCompleted()).map((job) => `${job.data.to} ${job.returnvalue.by}`).sort();
  return { ...desk, client, queue, server, ran };
}

/** Every key of the server with all that is in it. */
async function everything({ client }: Place): Promise<Readonly<Record<string, unknown>>> {
  const keys = (await client.keys("*")).sort();
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await contentOf(client, key)] as const)));
}

async function contentOf(client: Redis, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case "hash":
      return client.hgetall(key);
    case "list":
      return client.lrange(key, 0, -1);
    case "zset":
      return client.zrange(key, 0, "-1", "WITHSCORES");
    case "set":
      return (await client.smembers(key)).sort();
    case "stream":
      return client.xrange(key, "-", "+");
    default:
      return client.get(key);
  }
}

const completed = ({ queue }: Place, count: number): Promise<void> =>
  until(`${count} jobs are completed`, async () => (await queue.getCompletedCount()) === count);

/** Their programs have run for a while: one job completed, one failed, one delayed. */
async function live(place: Place): Promise<{ stop(): Promise<void> }> {
  await place.run("their-producer.mjs");
  const worker = place.start("their-worker.mjs");
  await completed(place, 1);
  await until("one has failed", async () => (await place.queue.getFailedCount()) === 1);
  return worker;
}

for (const [bullmq, fleet] of [
  ["bullmq", "?fleet=v6"],
  ["bullmq5", "?fleet=mixed-v5"],
] as const)
  describe(`beside programs with ${bullmq}, ${fleet}`, () => {
    test("step 1: all is seen, and nothing is written", async () => {
      const place = await open(bullmq, fleet);
      const worker = await live(place);
      await worker.stop();
      const before = await everything(place);
      const told = new Map<string, string>();
      for (const command of commandsUnder(page, "Step 1: look")) told.set(command, await place.jobyard(command));
      expect(await everything(place)).toEqual(before);
      expect(told.get("queues")).toMatch(/^mail /m);
      expect(told.get("jobs 'queue:mail state:dead'")).toMatch(/nobody/);
      expect(told.get("job mail/nobody")).toMatch(/no such address/);
      expect(told.get("explain mail/grace")).toMatch(/Scheduled.*/);
      expect(told.get("doctor")).toMatch(/Programs with BullMQ/);
    });

    test("step 2: a dead job runs again, a delayed one now, and their workers run them", async () => {
      const place = await open(bullmq, fleet);
      await live(place);
      const commands = commandsUnder(page, "Step 2: operate");
      expect(commands.map((command) => command.split(" ")[0])).toEqual(["requeue", "promote", "pause", "resume"]);
      const [requeue = "", promote = "", pause = "", resume = ""] = commands;
      await place.jobyard(requeue);
      await until("it has failed again", async () => {
        const job = await place.queue.getJob("nobody");
        return (await job?.isFailed()) === true && job?.attemptsMade === 2;
      });
      await place.jobyard(promote);
      await completed(place, 2);
      expect(await place.ran()).toEqual(["ada@example.org theirs", "grace@example.org theirs"]);
      if (bullmq === "bullmq5") {
        await expect(place.jobyard(pause)).rejects.toMatchObject({
          stderr: expect.stringMatching(/CAPABILITY_MISSING/),
        });
        return;
      }
      await place.jobyard(pause);
      expect(await place.queue.isPaused()).toBe(true);
      await place.jobyard(resume);
      expect(await place.queue.isPaused()).toBe(false);
    });

    test("step 3: their workers run what our producer adds", async () => {
      const place = await open(bullmq, fleet);
      await live(place);
      await place.run("our-producer.mjs");
      await completed(place, 4);
      expect(await place.ran()).toEqual(["ada", "edsger", "lin", "mary"].map((name) => `${name}@example.org theirs`));
    });

    test("step 4: our worker runs what both producers add, also if theirs has ended", async () => {
      const place = await open(bullmq, fleet);
      const theirs = place.start("their-worker.mjs");
      const ours = place.start("our-worker.mjs");
      await until("it is there", async () => /\bmail\b/.test(await place.jobyard("workers")));
      await place.run("their-producer.mjs");
      await place.run("our-producer.mjs");
      await completed(place, 4);
      expect(new Set((await place.ran()).map((one) => one.split("@")[0]))).toEqual(
        new Set(["ada", "edsger", "lin", "mary"]),
      );
      await until("one has failed", async () => (await place.queue.getFailedCount()) === 1);
      await theirs.stop();
      for (const command of commandsUnder(page, "Step 4: work")) await place.jobyard(command);
      await place.jobyard("promote mail/grace");
      await completed(place, 5);
      expect(await place.ran()).toContain("grace@example.org ours");
      await ours.stop();
    });
  });

test("step 5: retention goes for all that is finished, once nobody else is there", async () => {
  const place = await open("bullmq", "");
  const worker = await live(place);
  expect(await place.jobyard("doctor")).toMatch(/fleet=v6/);
  await worker.stop();
  await place.jobyard("set mail --keep-completed 90d");
  const [command = ""] = /`npx jobyard (set [^`]*)`/.exec(page)?.slice(1) ?? [];
  expect(command).toBe("set mail --keep-completed 90d");
  const adapter = redisAdapter({ url: place.server.url });
  onTestFinished(() => adapter.close());
  const keep = { ageMs: null, count: 0, bytes: null };
  expect(await adapter.sweeper.purge({ queue: "mail", state: "completed", keep }, 10)).toMatchObject({ removed: 1 });
});

test("going back: what waited for something of ours runs in BullMQ's workers, and our keys can go", async () => {
  const place = await open("bullmq", "");
  const adapter = redisAdapter({ url: place.server.url });
  onTestFinished(() => adapter.close());
  await place.run("our-producer.mjs");
  const types = [{ name: "another", maxVersion: 1 }];
  const queues = [{ queue: "mail", max: 5, types }];
  const ask = { session: "s", token: "t", leaseMs: 30_000, max: 5, held: false, waitMs: 0, queues };
  expect((await adapter.leaser.claim(ask)).jobs).toEqual([]);
  expect(await place.queue.getDelayedCount()).toBe(3);
  await adapter.operator.apply("park", [{ queue: "mail", id: "lin" }], { actor: "test" });

  for (const command of commandsUnder(page, "Going back")) await place.jobyard(command);
  expect(await place.run("back.mjs")).toBe("2 jobs are back\n");
  await place.client.unlink(await place.client.keys("bull::*"));
  place.start("their-worker.mjs");
  await completed(place, 3);
  expect(await place.ran()).toEqual(["edsger", "lin", "mary"].map((name) => `${name}@example.org theirs`));
});

test("a worker of theirs that removes what has failed removes jobs of ours", async () => {
  const yard = await openYard();
  await accepts(yard, newJob("ours", { maxAttempts: 1 }));
  await settleAll(yard, await claimJobs(yard, 1), bury());
  await accepts(yard, newJob("next", { maxAttempts: 1 }));
  expect(await jobOf(yard, "ours")).toMatchObject({ state: "dead" });
  const fails = async (): Promise<never> => {
    throw new Error("no");
  };
  yard.worker(fails, { removeOnFail: { count: 1 } });
  await until("it is gone", async () => (await yard.queue.getJob("ours")) === undefined);
  expect(await yard.queue.getFailedCount()).toBe(1);
});

test("a name with a colon is shown and moved, and is none that a job type of ours can have", async () => {
  const yard = await openYard();
  await yard.queue.add("video:encode", 1, { jobId: "a" });
  expect(await jobOf(yard, "a")).toMatchObject({ name: "video:encode", state: "waiting" });
  const [moved] = await yard.adapter.operator.apply("cancel", [{ queue: "mail", id: "a" }], { actor: "test" });
  expect(moved).toMatchObject({ outcome: "done" });
  expect(() => defineJob("video:encode", { payload: z.unknown() })).toThrow(/BAD_NAME|printable/);
});

test("the versions that it names are those that are tested", () => {
  expect(page).toContain(`| ${TESTED_BULLMQ}: \`fleet=v6\`.`);
  expect(codeUnder(page, "Step 1: look", "sh").join()).toContain("?fleet=v6");
});

describeLinks(page);
