import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { BoundJob } from "@jobyard/core";
import { printableUrl } from "jobyard";
import { beforeAll, describe, expect, test } from "vitest";
import { crash, doomed, fail, greet, once } from "./fixtures/jobs.ts";
import { lockablePlace, lockStore } from "./locked-store.ts";
import { type Place, place, type WorkerProcess } from "./worker-process.ts";

const SECRET = "4711-top-secret";
let here: Place;
beforeAll(async () => {
  here = await place();
});

const enqueue = async ({ definition }: BoundJob, payload: unknown = null): Promise<string> =>
  (await here.yard.enqueue(definition, payload)).id;

const job = (queue: string, id: string) => here.yard.board.job({ queue, id });

const finish = async (worker: WorkerProcess): Promise<void> => {
  worker.kill("SIGTERM");
  expect(await worker.finished).toEqual({ code: 0, signal: null, err: "" });
};

describe("the log", () => {
  test("tells the start, every fact of a job, and the end", async () => {
    const id = await enqueue(greet, { secret: SECRET });
    const failing = await enqueue(fail);
    const worker = here.worker();
    expect(await worker.logged("worker.startup")).toMatchObject({
      level: "info",
      url: printableUrl(here.url),
      jobs: ["crash", "doomed", "fail", "greet", "once"],
      queues: ["crash", "bad", "hello", "slow"],
      leaseMs: 30_000,
      health: null,
    });
    const facts = { queue: "hello", id, name: "greet", attempt: 1, maxAttempts: 3 };
    expect(await worker.logged("job.started")).toMatchObject({ level: "info" });
    expect(await worker.logged("job.completed")).toMatchObject({
      ...facts,
      level: "info",
      durationMs: expect.any(Number),
    });

    const failed = { queue: "bad", id: failing, name: "fail", maxAttempts: 2 };
    expect(await worker.logged("job.retry_scheduled")).toMatchObject({
      ...failed,
      attempt: 1,
      nextAttempt: 2,
      delayMs: 50,
    });
    expect(await worker.logged("job.dead_letter")).toMatchObject({ ...failed, level: "error", attempt: 2 });
    const failures = worker.log.filter((line) => line.event === "job.failed");
    expect(failures).toMatchObject([
      { ...failed, level: "warn", attempt: 1, durationMs: expect.any(Number), error: { message: "no luck" } },
      { ...failed, level: "warn", attempt: 2 },
    ]);

    await finish(worker);
    expect(worker.log.at(-1)).toMatchObject({ event: "worker.shutdown", signal: "SIGTERM", completed: 1 });
    expect(JSON.stringify(worker.log)).not.toContain(SECRET);
  });

  test("is as quiet as asked", async () => {
    const id = await enqueue(doomed);
    const worker = here.worker({ LOG_LEVEL: "error" });
    expect(await worker.logged("job.dead_letter")).toMatchObject({ id, attempt: 1 });
    await finish(worker);
    expect(new Set(worker.log.map((line) => line.level))).toEqual(new Set(["error"]));
  });

  test("of a fault outside of every handler is the last line", async () => {
    // Whoever takes this job back crashes as well.
    const own = await place();
    await own.yard.enqueue(crash.definition, null);
    const worker = own.worker({ JOBYARD_QUEUES: "crash" });
    expect(await worker.finished).toEqual({ code: 1, signal: null, err: "" });
    expect(worker.log.at(-1)).toMatchObject({ event: "worker.crash", error: { message: "nobody catches this" } });
  });
});

describe("what keeps it from starting", () => {
  test("all faulty settings, one line each", async () => {
    const { code, err } = await here.worker({ JOBYARD_JOBS: "", PORT: "many", JOBYARD_LEASE: "x" }).finished;
    expect(code).toBe(2);
    expect(err.split("\n").map((line) => /^\S+|^ {2}\S+/.exec(line)?.[0])).toEqual([
      "error[CONFIG_INVALID]:",
      "  JOBYARD_JOBS:",
      "  JOBYARD_LEASE:",
      "  PORT:",
      undefined,
    ]);
  });

  test.each([
    [{ JOBYARD_JOBS: "nowhere.ts" }, 1, /^error\[MODULE_FAILED\]: nowhere\.ts: there is no such file/],
    [{ JOBYARD_JOBS: join(import.meta.dirname, "../src/health.ts") }, 1, /^error\[MODULE_EMPTY\]: .*health\.ts/],
    [{ JOBYARD_URL: "sqlite:./nowhere/jobs.db" }, 1, /^error\[STORE_UNAVAILABLE\]: .*nowhere/],
    [{ JOBYARD_URL: "mysql://ada:secret@localhost" }, 2, /^error\[BAD_URL\]: no backend has the scheme "mysql"/],
    [{ PORT: "0", HOST: "256.0.0.1" }, 2, /^ {2}HOST, PORT: cannot listen/m],
  ])("%j", async (env, exitCode, text) => {
    const { code, err } = await here.worker(env).finished;
    expect(err).toMatch(text);
    expect(err).not.toMatch(/^\s+at |secret/m);
    expect(code).toBe(exitCode);
  });

  test("a port that is taken, before any job is claimed", async () => {
    const id = await enqueue(doomed);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const { code, err } = await here.worker({ PORT: String(port) }).finished;
    other.close();
    expect(err).toMatch(new RegExp(`^error\\[PORT_IN_USE\\]: 127\\.0\\.0\\.1:${port}\\. .*Set PORT`));
    expect(code).toBe(1);
    expect(await job("bad", id)).toMatchObject({ state: "waiting", attempt: 0 });
  });
});

describe("health", () => {
  test("is alive and ready while it works, and nothing else is answered", async () => {
    const worker = here.worker({ PORT: "0" });
    const { health } = await worker.logged("worker.startup");
    expect(await get(`${health}/healthz`)).toEqual([200, { status: "ok" }]);
    expect(await get(`${health}/readyz?verbose`)).toMatchObject([200, { status: "ready" }]);
    expect(await get(`${health}/`)).toEqual([404, { status: "not found" }]);
    expect((await fetch(`${health}/healthz`, { method: "POST" })).status).toBe(405);
    await finish(worker);
  });

  test("is alive but not ready while it stops", async () => {
    await enqueue(once, { file: join(here.folder, "stopping") });
    const worker = here.worker({ PORT: "0", JOBYARD_GRACE: "5s" });
    const { health } = await worker.logged("worker.startup");
    await worker.logged("job.started");
    worker.kill("SIGTERM");
    await worker.logged("worker.stopping");
    expect(await get(`${health}/readyz`)).toEqual([503, { status: "not ready", reason: "stopping" }]);
    expect(await get(`${health}/healthz`)).toEqual([200, { status: "ok" }]);
    expect(await worker.finished).toMatchObject({ code: 0 });
  });

  test("is alive but not ready while the store does not answer, and ready again after", async () => {
    const own = await lockablePlace();
    const worker = own.worker({ PORT: "0", JOBYARD_LEASE: "1s" });
    const { health } = await worker.logged("worker.startup");
    // Due after the lock is taken: a claim that finds nothing would need no lock.
    await own.yard.enqueue(greet.definition, { secret: SECRET }, { delay: "2s" });
    const unlock = await lockStore(own);
    await expect
      .poll(() => get(`${health}/readyz`), { timeout: 15_000 })
      .toEqual([503, { status: "not ready", reason: "the store does not answer" }]);
    expect(await get(`${health}/healthz`)).toEqual([200, { status: "ok" }]);
    await unlock();
    await expect.poll(() => get(`${health}/readyz`), { timeout: 15_000 }).toMatchObject([200, { status: "ready" }]);
    await finish(worker);
  });
});

const get = async (url: string): Promise<[status: number, body: unknown]> => {
  const response = await fetch(url);
  return [response.status, await response.json()];
};

describe("the end", () => {
  test("at SIGTERM an unfinished job is given back with its attempt", async () => {
    const id = await enqueue(once, { file: join(here.folder, "released") });
    const worker = here.worker({ JOBYARD_GRACE: "200ms", JOBYARD_QUEUES: "slow:1" });
    await worker.logged("job.started");
    await finish(worker);
    expect(await job("slow", id)).toMatchObject({ state: "waiting", attempt: 0, errors: [] });
    const kinds = (await here.yard.board.events({ queue: "slow", id }))?.map((event) => event.kind);
    expect(kinds).toEqual(["enqueue", "claim", "release"]);
  });

  test("at a second signal it comes at once", async () => {
    await enqueue(once, { file: join(here.folder, "at-once") });
    const worker = here.worker({ JOBYARD_LEASE: "1s" });
    await worker.logged("job.started");
    worker.kill("SIGTERM");
    await worker.logged("worker.stopping");
    worker.kill("SIGINT");
    expect(await worker.finished).toMatchObject({ code: 1 });
  });

  test("by SIGKILL: another worker finishes the job", async () => {
    const own = await place();
    const file = join(own.folder, "killed");
    const { id } = await own.yard.enqueue(once.definition, { file });
    const first = own.worker({ JOBYARD_LEASE: "1s" });
    await first.logged("job.started");
    await expect.poll(() => existsSync(file)).toBe(true);
    first.kill("SIGKILL");
    expect(await first.finished).toMatchObject({ code: null, signal: "SIGKILL" });

    const second = own.worker({ JOBYARD_LEASE: "1s" });
    expect(await second.logged("worker.rescue")).toMatchObject({ jobs: [{ queue: "slow", id }] });
    expect(await second.logged("job.completed")).toMatchObject({ id });
    await finish(second);
    const done = await own.yard.board.job({ queue: "slow", id });
    expect(done).toMatchObject({ state: "completed", rescues: 1, errors: [{ attempt: 1, code: "LEASE_EXPIRED" }] });
  });
});
