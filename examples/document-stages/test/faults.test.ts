/** Worker processes that die and that sleep, in the middle of the example. Each fault is shown to have happened. */

import type { Job, JobEvent } from "@jobyard/core";
import { expect, test } from "vitest";
import { jobOf } from "../src/definitions.ts";
import { STAGES } from "../src/stage-table.ts";
import { isRunning, isStopped, startWorker, type WorkerEnvironment, type WorkerProcess } from "./processes.ts";
import { BROKEN, sampleNames } from "./samples.ts";
import { until } from "./until.ts";
import { isFree } from "./writing.ts";
import { type Setup, setUp } from "./yard.ts";

const LEASE_MS = 3_000;
const SWEEP_MS = 5_000;
/** A sweep comes a little later than every 5 s at times, and the machine that runs the tests may be busy. */
const SLACK_MS = 4_000;
const COMPLETED = (sampleNames().length - 1) * STAGES.length;
const LIMIT_MS = 60_000;

/** A handler that rests that long never ends by itself within a test. */
const FOREVER = "60s";

const environment = (setup: Setup, pace: string): WorkerEnvironment => ({
  url: setup.url,
  data: setup.folder,
  lease: `${LEASE_MS}ms`,
  pace,
});

const heldBy = (setup: Setup, { session }: WorkerProcess): Promise<readonly Job[]> =>
  setup.jobs("state:active").then((jobs) => jobs.filter((job) => job.worker === session));

const untilHolds = (setup: Setup, worker: WorkerProcess, least: number): Promise<readonly Job[]> =>
  until(`${least} jobs in one worker`, async () => {
    const held = await heldBy(setup, worker);
    return held.length >= least && held;
  });

const untilAllFinished = (setup: Setup): Promise<true> =>
  until(
    "all jobs finished",
    async () => {
      const { completed, dead } = await setup.yard.board.phases("");
      return completed.n === COMPLETED && dead.n === 1;
    },
    LIMIT_MS,
  );

interface RescueEvent {
  readonly at: number;
  readonly data: { readonly to: string; readonly charged: boolean; readonly heldLimit: number | null };
}

async function rescueOf(setup: Setup, job: Job): Promise<RescueEvent> {
  const events = (await setup.yard.board.events(job)) ?? [];
  expect(events.map((event) => event.seq)).toEqual(events.map((_event, at) => at + 1));
  const rescue = events.find((event) => event.kind === "rescue") as JobEvent;
  expect(rescue, `${job.queue}/${job.id} was rescued`).toBeDefined();
  return { at: rescue.at, data: JSON.parse(rescue.data ?? "{}") };
}

const runsOf = async (setup: Setup, job: Job): Promise<readonly (string | null)[]> =>
  (await setup.yard.board.attempts(job)).map((attempt) => attempt.ended);

test(
  "a worker is killed in the middle: its jobs finish elsewhere, and their attempts are given back",
  async () => {
    const setup = await setUp();
    await setup.put(...sampleNames());
    const victim = await startWorker(environment(setup, FOREVER));
    const survivor = await startWorker(environment(setup, "20ms"));
    await untilHolds(setup, victim, 2);

    victim.kill("SIGKILL");
    expect(await victim.ended).toEqual([null, "SIGKILL"]);
    expect(isRunning(victim.pid)).toBe(false);
    const killedAt = await setup.yard.board.now();
    const held = await heldBy(setup, victim);
    expect(held.length).toBeGreaterThanOrEqual(2);

    await untilAllFinished(setup);
    expect(survivor.lines("worker.rescue").map((line) => line["lost"])).toEqual([victim.session]);
    for (const before of held) {
      const rescue = await rescueOf(setup, before);
      expect(rescue.at - killedAt).toBeLessThan(LEASE_MS + SWEEP_MS + SLACK_MS);
      // The session held more than one job, so none of them is known to be guilty.
      expect(rescue.data).toEqual({
        error: expect.anything(),
        to: "waiting",
        charged: false,
        heldLimit: Math.ceil(held.length / 2),
        runAt: expect.any(Number),
      });
      const after = (await setup.yard.board.job(before)) as Job;
      expect(after.rescues).toBe(1);
      expect(after.errors[0]?.code).toBe("LEASE_EXPIRED");
      if (after.state === "completed") expect(after.attempt).toBe(before.attempt);
      else expect(after).toMatchObject({ state: "dead", attempt: 3 });
      expect((await runsOf(setup, before))[before.attempt - 1]).toBe("rescue");
    }
  },
  LIMIT_MS * 2,
);

test(
  "a worker is killed over a single job: the attempt is charged",
  async () => {
    const setup = await setUp();
    await setup.put("kiln-handbook.md");
    const victim = await startWorker(environment(setup, FOREVER));
    const [held] = await untilHolds(setup, victim, 1);
    victim.kill("SIGKILL");
    expect(await victim.ended).toEqual([null, "SIGKILL"]);

    await startWorker(environment(setup, "0ms"));
    await until("all stages", async () => (await setup.jobs("state:completed")).length === STAGES.length, LIMIT_MS);
    expect((await rescueOf(setup, held as Job)).data).toMatchObject({ to: "waiting", charged: true, heldLimit: null });
    expect(await setup.yard.board.job(held as Job)).toMatchObject({ state: "completed", attempt: 2, rescues: 1 });
    expect(await runsOf(setup, held as Job)).toEqual(["rescue", "complete"]);
  },
  LIMIT_MS * 2,
);

test(
  "a killed worker's job is dropped if its document waits for the same stage already",
  async () => {
    const setup = await setUp();
    await setup.put("kiln-handbook.md");
    const victim = await startWorker(environment(setup, FOREVER));
    const [held] = (await untilHolds(setup, victim, 1)) as [Job];
    await setup.yard.board.pause("extract", { actor: "test" });
    const twin = await setup.yard.enqueue(jobOf.extract, JSON.parse(held.payload));
    victim.kill("SIGKILL");
    expect(await victim.ended).toEqual([null, "SIGKILL"]);

    await startWorker(environment(setup, "0ms"));
    const dropped = await until(
      "the rescue",
      async () => {
        const job = await setup.yard.board.job(held);
        return job?.state === "cancelled" && job;
      },
      LIMIT_MS,
    );
    expect(dropped).toMatchObject({ reason: "duplicate", errors: [{ code: "LEASE_EXPIRED" }] });
    await setup.yard.board.resume("extract", { actor: "test" });
    await until("all stages", async () => (await setup.jobs("state:completed")).length === STAGES.length, LIMIT_MS);
    expect(await setup.yard.board.job(twin)).toMatchObject({ state: "completed", attempt: 1 });
  },
  LIMIT_MS * 2,
);

test(
  "a worker sleeps past its lease and returns: its jobs finished elsewhere, and nothing that it says is taken any more",
  async () => {
    const setup = await setUp();
    await setup.put(...sampleNames());
    const sleeper = await startWorker(environment(setup, FOREVER));
    const other = await startWorker(environment(setup, "20ms"));
    await untilHolds(setup, sleeper, 2);

    await putToSleep(setup, sleeper);
    const held = await heldBy(setup, sleeper);
    expect(held.length).toBeGreaterThanOrEqual(2);
    await untilAllFinished(setup);
    expect(isStopped(sleeper.pid)).toBe(true);
    expect(other.lines("worker.rescue").map((line) => line["lost"])).toEqual([sleeper.session]);
    const before = await everything(setup);

    sleeper.kill("SIGCONT");
    sleeper.kill("SIGTERM");
    expect(await sleeper.ended).toEqual([0, null]);
    const [farewell] = sleeper.lines("worker.shutdown");
    expect(farewell?.["refused"]).toBeGreaterThan(0);
    expect(await everything(setup)).toEqual(before);
    for (const job of held) expect((await rescueOf(setup, job)).data.charged).toBe(false);
  },
  LIMIT_MS * 2,
);

/** Every job with all its events. */
async function everything(setup: Setup): Promise<readonly unknown[]> {
  const jobs = await setup.jobs("");
  expect(jobs).toHaveLength(COMPLETED + 1);
  expect(jobs.find((job) => job.state === "dead")?.payload).toContain(BROKEN);
  return Promise.all(jobs.map(async (job) => ({ job, events: await setup.yard.board.events(job) })));
}

/** Outside of any write: the locks that it holds then would stop everybody else too, for as long as the sleep lasts. */
async function putToSleep(setup: Setup, worker: WorkerProcess): Promise<void> {
  await until("it sleeps, and holds no lock", async () => {
    worker.kill("SIGSTOP");
    await until("it stands still", () => isStopped(worker.pid));
    if (await isFree(setup)) return true;
    worker.kill("SIGCONT");
    return false;
  });
}
