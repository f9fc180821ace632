import { renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BoundJob, EnqueueReceipt, Job } from "@jobyard/core";
import { describe, expect, test } from "vitest";
import { jobOf } from "../src/definitions.ts";
import { createIntake } from "../src/inbox/intake.ts";
import { STAGES, type StageName, workerQueues } from "../src/stage-table.ts";
import { BROKEN, NOTE, sampleNames } from "./samples.ts";
import { until } from "./until.ts";
import { drainWithRetries, type Setup, setUp } from "./yard.ts";

const HANDBOOK = "kiln-handbook.md";
const GOOD = sampleNames().filter((name) => name !== BROKEN);

const only = (jobs: readonly Job[]): Job => {
  expect(jobs).toHaveLength(1);
  return jobs[0] as Job;
};
const resultOf = (job: Job): unknown => JSON.parse(job.result ?? "null");
const states = (jobs: readonly Job[]): readonly string[] => jobs.map((job) => job.state);

/** Claims one extract job for another process, which is never heard of again. */
async function claimElsewhere({ yard }: Setup, leaseMs: number): Promise<void> {
  const { jobs } = await yard.adapter.leaser.claim({
    session: "elsewhere",
    token: "token",
    leaseMs,
    max: 1,
    queues: [{ queue: "extract", max: 1, types: [{ name: jobOf.extract.name, maxVersion: 1 }] }],
    waitMs: 0,
    held: false,
  });
  expect(jobs).toHaveLength(1);
}

describe("the whole pipeline", () => {
  test("every sample goes through every stage; the broken one is dead after three attempts and says why", async () => {
    const setup = await setUp();
    await setup.put(...sampleNames());
    await drainWithRetries(setup, setup.worker());

    expect(await setup.yard.board.phases("")).toMatchObject({
      completed: { n: GOOD.length * STAGES.length },
      dead: { n: 1 },
      waiting: { n: 0 },
      active: { n: 0 },
      cancelled: { n: 0 },
    });
    const dead = only(await setup.jobs("state:dead"));
    expect(dead).toMatchObject({ queue: "extract", attempt: 3, maxAttempts: 3 });
    expect(dead.errors.map((error) => [error.attempt, error.code])).toEqual(
      [1, 2, 3].map((at) => [at, "DOCUMENT_DAMAGED"]),
    );
    expect(dead.errors[2]?.message).toMatch(
      /^quarterly-figures\.pdf cannot be read as a PDF: it is cut off .* this job can be removed\.$/,
    );

    for (const outcome of setup.store.outcomes().filter(({ name }) => name !== BROKEN)) {
      expect(outcome.label, outcome.name).not.toBeNull();
      expect(outcome.summary, outcome.name).not.toBe("");
      expect(outcome.embedder, outcome.name).toBe("hashing-256-v1");
      expect(outcome.chunks, outcome.name).toBeGreaterThan(0);
      expect(outcome.preview !== null, outcome.name).toBe(outcome.name !== NOTE);
    }
  });

  test("extract leads to classify and preview; classify to summarize, embed and chunk", async () => {
    const setup = await setUp();
    await setup.put(HANDBOOK);
    await setup.worker().drain();
    const children = async (stage: StageName): Promise<readonly string[]> => {
      const parent = only(await setup.jobs(`queue:${stage}`));
      const all = await setup.jobs("");
      return all
        .filter((job) => job.parent?.id === parent.id)
        .map((job) => job.queue)
        .toSorted();
    };
    expect(await children("extract")).toEqual(["classify", "preview"]);
    expect(await children("classify")).toEqual(["chunk", "embed", "summarize"]);
    expect(await setup.jobs("")).toHaveLength(STAGES.length);
  });

  test("notes skip extract and preview, and still the next stages follow", async () => {
    const setup = await setUp();
    await setup.put(NOTE);
    await setup.worker().drain();
    const results = Object.fromEntries((await setup.jobs("")).map((job) => [job.queue, resultOf(job)]));
    expect(results).toMatchObject({
      extract: { skipped: "notes" },
      preview: { skipped: "notes" },
      classify: { label: "note" },
      chunk: { chunks: 1 },
    });
    expect(Object.keys(results)).toHaveLength(STAGES.length);
    expect(setup.store.outcomes()[0]).toMatchObject({ title: "Call with Marta, Tuesday", preview: null });
  });

  test("progress, log and an event of its own can be seen in a job's history", async () => {
    const setup = await setUp();
    await setup.put("annual-report-2025.pdf");
    await setup.worker().drain();
    const extract = only(await setup.jobs("queue:extract"));
    const events = await setup.yard.board.events(extract);
    const data = (kind: string): readonly unknown[] =>
      (events ?? []).filter((event) => event.kind === kind).map((event) => JSON.parse(event.data ?? "null"));
    expect(data("progress")).toEqual([0, 1, 2, 3].map((done) => ({ done, total: 3 })));
    expect(data("log")).toHaveLength(1);
    expect(data("document.extracted")).toEqual([{ sections: 4, pages: 4, words: expect.any(Number) }]);
  });

  test("a document that runs again leaves what it left the first time", async () => {
    const setup = await setUp();
    await setup.put(HANDBOOK);
    await setup.worker().drain();
    const first = setup.store.outcomes();
    const extract = only(await setup.jobs("queue:extract"));
    await setup.yard.enqueue(jobOf.extract, JSON.parse(extract.payload));
    await setup.worker().drain();
    expect(await setup.jobs("state:completed")).toHaveLength(2 * STAGES.length);
    expect(setup.store.outcomes()).toEqual(first);
  });
});

describe("batch sizes", () => {
  test("are those of the stages, in the words of JOBYARD_QUEUES", () => {
    expect(workerQueues()).toBe("extract:5,preview:2,classify:3,summarize:3,embed:1,chunk:1");
  });

  test("no stage ever has more documents in hand, and each fills its batch", async () => {
    const setup = await setUp();
    await setup.put(...Array.from({ length: 12 }, (_, at) => [`n${at}.txt`, `Text number ${at}.`] as const));
    const inHand = new Map<string, number>();
    const most = new Map<string, number>();
    const count = (queue: string, change: 1 | -1): void => {
      inHand.set(queue, (inHand.get(queue) ?? 0) + change);
      most.set(queue, Math.max(most.get(queue) ?? 0, inHand.get(queue) ?? 0));
    };
    const counted = ({ run, ...job }: BoundJob): BoundJob => ({
      ...job,
      run: async (running, ctx) => {
        count(running.queue, 1);
        try {
          return await run(running, ctx);
        } finally {
          count(running.queue, -1);
        }
      },
    });
    await setup.worker({}, { jobs: setup.pipeline({ paceMs: 25 }).map(counted) }).drain();
    expect(Object.fromEntries(most)).toEqual(
      Object.fromEntries(STAGES.map(({ name, batchSize }) => [name, batchSize])),
    );
  });
});

describe("one job per document and stage", () => {
  test("a second one while the first waits is a duplicate; while it runs, it is another job", async () => {
    const setup = await setUp();
    await setup.put(HANDBOOK);
    const first = only(await setup.jobs("queue:extract"));
    const again = (): Promise<EnqueueReceipt> => setup.yard.enqueue(jobOf.extract, JSON.parse(first.payload));
    expect(await again()).toMatchObject({ duplicate: true, id: first.id });
    await claimElsewhere(setup, 60_000);
    expect(await again()).toMatchObject({ duplicate: false });
  });

  test("a follow-up that meets one that waits already is dropped, and the stage before completes all the same", async () => {
    const setup = await setUp();
    await setup.put(HANDBOOK);
    const extract = only(await setup.jobs("queue:extract"));
    const waiting = await setup.yard.enqueue(jobOf.classify, JSON.parse(extract.payload), { delay: "1h" });
    await setup.worker().drain();
    expect(await setup.yard.board.job(extract)).toMatchObject({ state: "completed" });
    expect(only(await setup.jobs("queue:classify"))).toMatchObject({ id: waiting.id, state: "waiting" });
  });
});

describe("a job whose worker vanished", () => {
  test("waits again, and is processed", async () => {
    const setup = await setUp();
    await setup.put(HANDBOOK);
    await claimElsewhere(setup, 20);
    const worker = setup.worker({}, { sweep: "50ms" });
    await worker.start();
    await until("all stages", async () => (await setup.jobs("state:completed")).length === STAGES.length);
    const extract = only(await setup.jobs("queue:extract"));
    expect(extract).toMatchObject({ state: "completed", attempt: 2, rescues: 1 });
    expect(extract.errors.map((error) => error.code)).toEqual(["LEASE_EXPIRED"]);
    await worker.stop();
  });

  test("is dropped if another one waits for the same document and stage", async () => {
    const setup = await setUp();
    await setup.put(HANDBOOK);
    const lost = only(await setup.jobs("queue:extract"));
    await claimElsewhere(setup, 20);
    await setup.yard.board.pause("extract", { actor: "test" }); // so that the other one is still waiting at the rescue
    const other = await setup.yard.enqueue(jobOf.extract, JSON.parse(lost.payload));
    expect(other.duplicate).toBe(false);
    const worker = setup.worker({}, { sweep: "50ms" });
    await worker.start();
    const dropped = await until("the rescue", async () => {
      const job = await setup.yard.board.job(lost);
      return job?.state === "cancelled" && job;
    });
    expect(dropped).toMatchObject({ reason: "duplicate", errors: [{ code: "LEASE_EXPIRED" }] });
    await setup.yard.board.resume("extract", { actor: "test" });
    await until("the other one", async () => (await setup.yard.board.job(other))?.state === "completed");
    await worker.stop();
  });
});

describe("failures", () => {
  test("of one stage stop no other stage and no other document", async () => {
    const setup = await setUp();
    await setup.put(HANDBOOK, "glaze-guide.html");
    const embedder = {
      name: "away",
      dimensions: 1,
      embed: () => {
        throw new Error("model server away");
      },
    };
    await drainWithRetries(setup, setup.worker({ embedder }));
    expect(await setup.jobs("state:dead")).toHaveLength(2);
    expect(new Set((await setup.jobs("state:dead")).map((job) => job.queue))).toEqual(new Set(["embed"]));
    expect(await setup.jobs("state:completed")).toHaveLength(2 * (STAGES.length - 1));
  });

  test.each([
    ["its message", new TypeError("no such thing"), "no such thing"],
    ["else how it prints", new TypeError(""), "TypeError"],
    ["else how it prints, also if it is no error", { status: 503 }, '{"status":503}'],
    ["at most 500 characters", new Error("x".repeat(900)), `${"x".repeat(499)}…`],
  ])("keep the error's text: %s", async (_what, thrown, text) => {
    const setup = await setUp();
    await setup.put(HANDBOOK);
    const failing = (): never => {
      throw thrown;
    };
    await drainWithRetries(setup, setup.worker({ store: failing }));
    expect(only(await setup.jobs("state:dead")).errors.map((error) => error.message)).toEqual([text, text, text]);
  });

  test("a file that is gone before it is read: a clear error, and requeue after it is back", async () => {
    const setup = await setUp();
    await setup.put(HANDBOOK);
    const path = join(setup.inbox, HANDBOOK);
    renameSync(path, `${path}.away`);
    await drainWithRetries(setup, setup.worker());
    const dead = only(await setup.jobs("state:dead"));
    expect(dead.errors[0]).toMatchObject({
      code: "FILE_GONE",
      message: expect.stringContaining("Put it back under this name"),
    });
    renameSync(`${path}.away`, path);
    await setup.yard.board.move("requeue", [dead], { actor: "test" });
    await setup.worker().drain();
    expect(states(await setup.jobs(""))).toEqual(STAGES.map(() => "completed"));
  });

  test("a file that changed since is another document: the old job is cancelled, the new one runs", async () => {
    const setup = await setUp();
    await setup.put(["letter.txt", "Dear reader, this is the first version."]);
    await setup.put(["letter.txt", "Dear reader, this is the second version."]);
    await setup.worker().drain();
    const [old, current] = await setup.jobs("queue:extract");
    expect(old).toMatchObject({ state: "cancelled", reason: "handler" });
    expect(current).toMatchObject({ state: "completed" });
  });
});

describe("taking in files", () => {
  test("a file seen again unchanged is not enqueued twice, also by another process", async () => {
    const setup = await setUp();
    await setup.put(HANDBOOK);
    expect(await setup.intake.take(HANDBOOK)).toBe("known");
    await setup.worker().drain();
    expect(await createIntake(setup.inbox, setup.store, setup.yard).take(HANDBOOK)).toBe("known");
    expect(await setup.jobs("queue:extract")).toHaveLength(1);
  });

  test("a name in NFC and in NFD is one document", async () => {
    const setup = await setUp();
    const [nfc, nfd] = [`Küche.txt`.normalize("NFC"), `Küche.txt`.normalize("NFD")];
    writeFileSync(join(setup.inbox, nfd), "Soup of the day.");
    expect(await setup.intake.take(nfd)).toBe("queued");
    unlinkSync(join(setup.inbox, nfd));
    writeFileSync(join(setup.inbox, nfc), "Soup of the day.");
    expect(await setup.intake.take(nfc)).toBe("known");
    await setup.worker().drain();
    expect(setup.store.outcomes()).toMatchObject([{ name: nfc, chunks: 1 }]);
  });

  test("an extension that nobody reads makes no job", async () => {
    const setup = await setUp();
    writeFileSync(join(setup.inbox, "film.mkv"), "x");
    expect(await setup.intake.take("film.mkv")).toBe("unsupported");
    expect(await setup.jobs("")).toEqual([]);
  });

  test("a document whose enqueue failed is enqueued when it is seen again, or at the next start", async () => {
    const setup = await setUp();
    writeFileSync(join(setup.inbox, "a.txt"), "a");
    writeFileSync(join(setup.inbox, "b.txt"), "b");
    const away = createIntake(setup.inbox, setup.store, { enqueue: () => Promise.reject(new Error("database away")) });
    await expect(away.take("a.txt")).rejects.toThrow("database away");
    await expect(away.take("b.txt")).rejects.toThrow("database away");
    expect(await setup.intake.take("a.txt")).toBe("queued");
    expect(await setup.intake.resume()).toBe(1);
    expect(await setup.intake.resume()).toBe(0);
    expect(await setup.jobs("queue:extract")).toHaveLength(2);
  });
});
