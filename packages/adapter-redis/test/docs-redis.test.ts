/** What docs/redis.md tells people to set is set, on a real server; what it lists and points to is there. */

import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createYard, defineJob, type Yard } from "@jobyard/core";
import type { ClaimRequest, NewJob } from "@jobyard/core/adapter";
import { claimRequest, newJob } from "@jobyard/core/testing";
import { codeUnder, describeLinks, readPage, sectionOf } from "@jobyard/pages";
import { type RedisServer, startRedis, startRedisCluster } from "@jobyard/servers";
import { FlowProducer } from "bullmq";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { TESTED_BULLMQ } from "../src/bullmq.ts";
import { judge } from "../src/examine/durability.ts";
import { redisAdapter } from "../src/index.ts";
import { OLDEST_REDIS } from "../src/info.ts";
import { checkedOptions } from "../src/options.ts";
import { parseRedisUrl } from "../src/url.ts";
import { commandsUnder, openDesk } from "./docs-page.ts";
import { until } from "./links.ts";

const page = await readPage("redis.md");
const greet = defineJob("greet", {
  queue: "mail",
  payload: z.object({ to: z.string() }),
  maxAttempts: 2,
  backoff: [0],
});
const ADA = { actor: "ada" };

async function openServer(options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

function openClient(url: string): Redis {
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  return client;
}

function openYard(url: string): Yard {
  const yard = createYard({ adapter: redisAdapter({ url }) });
  onTestFinished(() => yard.close());
  return yard;
}

/** The users of the page, and their URLs. */
async function makeUsers(clients: readonly Redis[], url: string, more = ""): Promise<Readonly<Record<string, string>>> {
  const urls: Record<string, string> = {};
  for (const line of codeUnder(page, "Users", "text").join("").trim().split("\n")) {
    const [, name = "", rules = ""] = /^ACL SETUSER (\w+) (.*)$/.exec(line) ?? [];
    const words = `${rules.replace("(", `${more} (`)}${rules.includes("(") ? "" : more}`.match(/\([^)]*\)|\S+/g) ?? [];
    for (const client of clients) await client.call("ACL", "SETUSER", name, ...words);
    urls[name] = url.replace("://", `://${name}:secret@`);
  }
  return urls;
}

/** Everything that a program of ours does. */
async function useAll(yard: Yard): Promise<void> {
  const { board, adapter } = yard;
  const job = await yard.enqueue(greet, { to: "a" }, { dedupe: { key: "k" }, expiresIn: "1h", priority: 3 });
  await yard.enqueue(greet, { to: "later" }, { delay: "1h", jobId: "later" });
  await yard.enqueueMany(greet, [{ to: "b" }, { to: "fails" }]);
  const worker = yard.worker({
    jobs: [
      greet.handler(async ({ payload }, { log, progress }) => {
        await log(payload.to);
        await progress(1);
        if (payload.to === "fails") throw new Error("no");
        return 1;
      }),
    ],
  });
  await worker.start();
  await until("all have run", () => worker.status.completed === 2 && worker.status.failed === 2);
  await worker.stop();
  expect((await board.jobs({ query: "payload.to:a" })).items.map(({ id }) => id)).toEqual([job.id]);
  for (const move of ["promote", "cancel", "requeue", "remove", "restore"] as const)
    expect(await board.move(move, [{ queue: "mail", id: "later" }], ADA)).toMatchObject([{ outcome: "done" }]);
  expect(await board.pause("mail", ADA)).toBe(true);
  expect(await board.resume("mail", ADA)).toBe(true);
  await board.configure("mail", { maxSize: 1_000 }, ADA);
  await adapter.sweeper.expire(100);
  const keep = { ageMs: null, count: 0, bytes: null };
  expect(await adapter.sweeper.purge({ queue: "mail", state: "completed", keep }, 100)).toMatchObject({ removed: 2 });
}

const REFUSED = {
  message: expect.stringMatching(/can't access at least one of the keys|can't run this command|NOPERM/),
};

describe("users", () => {
  test("the one that works needs no more, and reaches nothing else", async () => {
    const server = await openServer();
    const { jobs_app = "" } = await makeUsers([openClient(server.url)], server.url);
    const yard = openYard(`${jobs_app}?fleet=v6`);
    await useAll(yard);
    expect((await yard.adapter.examine()).filter(({ evidence }) => "reason" in evidence && evidence["reason"])).toEqual(
      [],
    );
    const flows = new FlowProducer({ connection: { url: server.url } });
    onTestFinished(() => flows.close());
    const child = { name: "greet", queueName: "mail", data: { to: "child" } };
    const { job } = await flows.add({ ...child, data: { to: "parent" }, children: [child] });
    await yard.worker({ jobs: [greet.handler(() => 1)] }).drain();
    expect(await job.getState()).toBe("completed");
    const client = openClient(jobs_app);
    for (const call of [
      () => client.get("other"),
      () => client.set("bulls:x", "1"),
      () => client.flushall(),
      () => client.config("SET", "maxmemory", "1"),
      () => client.keys("*"),
      () => client.publish("bull:other", "1"),
    ])
      await expect(call()).rejects.toThrow(/NOPERM/);
  });

  test("the one that looks sees everything, has a login, and changes no job", async () => {
    const server = await openServer();
    const { jobs_look = "" } = await makeUsers([openClient(server.url)], server.url);
    await useAll(openYard(server.url));
    const { board, adapter, enqueue } = openYard(jobs_look);
    expect((await board.queues()).map(({ queue }) => queue)).toEqual(["mail"]);
    const ref = { queue: "mail", id: "later" };
    expect(await board.job(ref)).toMatchObject({ id: "later" });
    expect((await board.events(ref))?.length).toBeGreaterThan(3);
    expect(await board.explain(ref)).not.toEqual([]);
    expect(await board.facets("", "state")).not.toEqual([]);
    expect((await board.jobs({ query: "payload.to:later" })).items).toHaveLength(1);
    const audit = await board.audit();
    expect(audit).not.toEqual([]);
    expect((await board.examine()).map(({ code }) => code)).toContain("REDIS_FLEET");
    await adapter.records.put("session", "one", "{}", { ttlMs: 60_000 });
    expect(await adapter.records.get("session", "one")).toMatchObject({ doc: "{}" });
    await expect(enqueue(greet, { to: "x" })).rejects.toMatchObject(REFUSED);
    await expect(board.move("cancel", [ref], ADA)).rejects.toMatchObject(REFUSED);
    await expect(board.pause("mail", ADA)).rejects.toMatchObject(REFUSED);
    expect((await board.queues())[0]?.paused).toBeNull();
    expect(await board.job(ref)).toMatchObject({ state: "waiting" });
    expect(await board.audit()).toEqual(audit);
  });

  test("the one that looks, without what is in brackets, is told by `doctor` what it cannot see", async () => {
    const server = await openServer();
    const { jobs_look = "" } = await makeUsers([openClient(server.url)], server.url);
    await openClient(server.url).call("ACL", "SETUSER", "jobs_look", "clearselectors");
    const told = await openYard(jobs_look).board.examine();
    expect(told.find(({ code }) => code === "LEASES")).toMatchObject({
      ...{ level: "advice", text: /could not be looked at/, fix: expect.any(String) },
    });
    expect(told.map(({ code }) => code)).toContain("REDIS_FLEET");
  });

  test("on a cluster they need what the page adds", async () => {
    const cluster = await startRedisCluster();
    onTestFinished(() => cluster.stop());
    const [, more = ""] = /On a cluster both need `([^`]*)`/.exec(page) ?? [];
    const [node] = cluster.nodes;
    const place = `redis+cluster://127.0.0.1:${node?.port}`;
    const inTag = page.replaceAll("bull:", "{bull}:");
    expect(inTag).toContain("~{bull}:*");
    const urls = await makeUsers(
      cluster.nodes.map(({ url }) => openClient(url)),
      place,
      ` ${more} ~{bull}:* &{bull}::*`,
    );
    const yard = openYard(`${urls["jobs_app"]}?prefix={bull}`);
    await useAll(yard);
    expect((await yard.adapter.examine()).find(({ code }) => code === "REDIS_PREFIX")).toMatchObject({ level: "ok" });
  });
});

test("the commands that keep memory small are set", async () => {
  const { url } = await openServer();
  const { jobyard } = await openDesk(page, "bullmq", { JOBYARD_URL: url });
  for (const command of commandsUnder(page, "Memory")) await jobyard(command);
  const [mail] = await openYard(url).board.queues();
  expect(mail?.settings).toMatchObject({
    maxSize: 500_000,
    retention: { completed: { ageMs: 86_400_000, count: 100_000 }, dead: { ageMs: 90 * 86_400_000, count: 10_000 } },
  });
});

test("a snapshot that is restored is as it was", async () => {
  const server = await openServer();
  const yard = openYard(server.url);
  await yard.enqueue(greet, { to: "a" }, { jobId: "a" });
  const client = openClient(server.url);
  const [, folder = ""] = (await client.config("GET", "dir")) as string[];
  await client.save();
  await yard.enqueue(greet, { to: "b" }, { jobId: "b" });
  const copy = await mkdtemp(join(tmpdir(), "jobyard-docs-"));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  await copyFile(join(folder, "dump.rdb"), join(copy, "dump.rdb"));
  const restored = openYard((await openServer({ folder: copy })).url);
  const ran: string[] = [];
  await restored.worker({ jobs: [greet.handler(({ id }) => void ran.push(id))] }).drain();
  expect(ran).toEqual(["a"]);
});

describe("what it lists", () => {
  test("are the parameters that there are, with their defaults", () => {
    const rows = [...sectionOf(page, "First steps").matchAll(/^\| `(\w+)` +\| (?:`(\w+)`)? *\|/gm)];
    const names = rows.map(([, name = ""]) => name);
    expect(() => parseRedisUrl("redis://localhost?none=1")).toThrow(`there are ${names.join(", ")}`);
    const given = rows.flatMap(([, name, value]) =>
      value === undefined || name === "family" ? [] : `${name}=${value}`,
    );
    const { prefix, fleet, durability, callTimeoutMs } = checkedOptions({ url: "redis://localhost" });
    expect(parseRedisUrl(`redis://localhost?${given.join("&")}`)).toMatchObject({
      prefix,
      fleet,
      durability,
      callTimeoutMs,
    });
  });

  test("are URLs", () => {
    for (const url of codeUnder(page, "First steps", "text").join("").trim().split("\n"))
      expect(parseRedisUrl(url)).toBeDefined();
  });

  test("is what each kind of AOF keeps", () => {
    const rows = [...page.matchAll(/^\| `(yes|no)`(?:, `(\w+)`)? .*\| `(\w+)` +\|$/gm)];
    expect(rows).toHaveLength(4);
    for (const [, appendonly, appendfsync = null, durability] of rows)
      expect(judge({ appendonly: appendonly === "yes", appendfsync, save: "3600 1" }).kept).toBe(durability);
  });

  test("are the codes that an examination tells", async () => {
    const adapter = redisAdapter({ url: (await openServer()).url });
    onTestFinished(() => adapter.close());
    const listed = new Set([...page.matchAll(/`(REDIS_[A-Z]+)`/g)].map(([, code]) => code));
    expect([...listed].sort()).toEqual((await adapter.examine()).map(({ code }) => code).sort());
  });

  test("are the capabilities that differ", async () => {
    const { capabilities, close } = redisAdapter({ url: "redis://localhost" });
    onTestFinished(close);
    const rows = [...sectionOf(page, "How it differs from the other backends").matchAll(/^\| `(\w+)` +\|/gm)];
    expect(rows.map(([, name]) => name)).toEqual(Object.keys(capabilities));
  });

  test("are the versions that are tested", () => {
    expect(page).toContain(`Redis ${OLDEST_REDIS} and newer, and Valkey. BullMQ ${TESTED_BULLMQ} is`);
  });

  test("are the keys that there are", async () => {
    const { url } = await openServer();
    const client = openClient(url);
    const seen = new Set<string>();
    const look = async (): Promise<void> => {
      for (const key of await client.keys("*")) seen.add(key);
    };
    await withStock(openYard(`${url}?fleet=v6`), client, look);
    await withOwn(openYard(url), look);

    const cells = [...sectionOf(page, "What is where").matchAll(/^\| (`.*?) +\|/gm)].map(([, cell = ""]) => cell);
    const patterns = cells.flatMap((cell) => [...cell.matchAll(/`([^`]*)`/g)].map(([, text = ""]) => text));
    const shapes = patterns.map((text) => new RegExp(`^${text.replaceAll(/<\w+>/g, "[^:]+")}$`));
    expect([...seen].filter((key) => !shapes.some((shape) => shape.test(key)))).toEqual([]);
    expect(patterns.filter((_, n) => ![...seen].some((key) => shapes[n]?.test(key)))).toEqual([]);
  });
});

const failure = { code: "HANDLER_ERROR", message: "no", stack: null } as const;
const inMail = (id: string, over: Parameters<typeof newJob>[1] = {}): NewJob => newJob(id, { queue: "mail", ...over });
const claimOf = (token: string): ClaimRequest => {
  const types = [{ name: "greet", maxVersion: 1 }];
  return claimRequest(token, { max: 5, held: true, queues: [{ queue: "mail", max: 5, types }] });
};

/** What stands in the keys while programs with BullMQ may be there. */
async function withStock(yard: Yard, client: Redis, look: () => Promise<void>): Promise<void> {
  const { writer, leaser, operator, records } = yard.adapter;
  await useAll(yard);
  const dedupe = { key: "t", while: { forMs: 60_000 }, onConflict: "skip" } as const;
  await writer.enqueue([inMail("removed", { dedupe }), inMail("dead")]);
  const { jobs } = await leaser.claim(claimOf("bury"));
  await leaser.settle(jobs.map(({ lease }) => ({ lease, guard: "held", decision: { move: "bury", failure } })));
  await operator.apply("remove", [{ queue: "mail", id: "removed" }], ADA);
  const expiring = { start: { delayMs: 60_000 }, expiresInMs: 60_000 };
  await writer.enqueue([
    ...[inMail("done"), inMail("urgent", { priority: 2 }), inMail("parked"), inMail("expiring", expiring)],
  ]);
  await operator.apply("park", [{ queue: "mail", id: "parked" }], ADA);
  await records.put("session", "one", "{}", { ttlMs: 60_000 });
  await look();
  await operator.apply("cancel", [{ queue: "mail", id: "expiring" }], ADA);
  const ended = (await leaser.claim({ ...claimOf("end"), max: 1 })).jobs;
  await leaser.settle(
    ended.map(({ lease }) => ({ lease, guard: "held", decision: { move: "complete", result: null } })),
  );
  // More of BullMQ's than one look goes through.
  await client.lpush("bull:mail:active", ...Array.from({ length: 2_500 }, (_, n) => `gone-${n}`));
  await leaser.expired(10);
  await look();
  await client.del("bull:mail:active");
}

/** What stands in them besides where only ours are. */
async function withOwn({ adapter: { writer, leaser, sweeper } }: Yard, look: () => Promise<void>): Promise<void> {
  await writer.enqueue([inMail("a"), inMail("b"), inMail("unknown", { name: "another" })]);
  const { jobs } = await leaser.claim(claimOf("first"));
  await look();
  const rescue = { move: "rescue", to: "waiting", charged: true, heldLimit: 1, delayMs: 0, failure } as const;
  const retry = { move: "retry", delayMs: 60_000, failure } as const;
  await leaser.settle(jobs.map(({ lease }, n) => ({ lease, guard: "held", decision: n === 0 ? rescue : retry })));
  await look();
  await leaser.claim(claimOf("held"));
  await look();
  await leaser.retire("w1");
  await sweeper.expire(10);
  await look();
}

describeLinks(page);
