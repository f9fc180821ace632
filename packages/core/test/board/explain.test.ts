import { describe, expect, test } from "vitest";
import type { Capabilities, ExplainFacts, QueueInfo } from "../../src/contract/adapter.ts";
import { explain } from "../../src/decisions/explain.ts";
import { DEFAULTS } from "../../src/nouns/defaults.ts";
import type { Job } from "../../src/nouns/job.ts";
import { isFinal, PHASES, type Phase, STATES } from "../../src/nouns/lifecycle.ts";
import type { WorkerInfo } from "../../src/nouns/worker-info.ts";
import { job, NOW } from "../query/jobs.ts";
import { served, workerInfo } from "../worker-info.ts";

const MINUTE = 60_000;
const QUEUE: QueueInfo = {
  queue: "mail",
  paused: null,
  counts: Object.fromEntries(PHASES.map((phase) => [phase, { n: 0, exact: true }])) as Record<
    Phase,
    { n: number; exact: boolean }
  >,
  depth: 0,
  oldestDueAt: null,
  settings: { maxSize: null, retention: DEFAULTS.retention },
};
const DUE: Partial<Job> = {
  state: "waiting",
  attempt: 0,
  errors: [],
  runAt: NOW - 1_000,
  startedAt: null,
  finishedAt: null,
};

interface Case {
  readonly is: Partial<Job>;
  readonly facts?: Partial<ExplainFacts>;
  readonly paused?: QueueInfo["paused"];
  readonly workers?: readonly WorkerInfo[];
  readonly coworkers?: Capabilities["coworkers"];
}

const worker = (over: Parameters<typeof served>[2] = {}): WorkerInfo =>
  workerInfo({
    name: "mail-3",
    host: "h1",
    startedAt: NOW - 60 * MINUTE,
    seenAt: NOW,
    queues: [served("mail", [], { running: 2, types: [{ name: "email.send", maxVersion: 2 }], ...over })],
  });

const ask = ({ is, facts, paused = null, workers = [worker()], coworkers = "none" }: Case) =>
  explain(
    { now: NOW, job: job(is), queue: { ...QUEUE, paused }, ahead: { n: 0, exact: true }, keyHolder: null, ...facts },
    workers,
    coworkers,
  );

const active: Partial<Job> = {
  state: "active",
  startedAt: NOW - 41 * MINUTE,
  finishedAt: null,
  leaseUntil: NOW + 20_000,
};
const paused = { at: NOW - 125 * MINUTE, by: "ana", reason: "deploy" };

describe("every reason, as people read it", () => {
  test.each<[string, Case, readonly string[], string]>([
    ["completed", { is: { state: "completed", attempt: 1 } }, ["FINISHED"], "Completed in attempt 1 of 3, 30 min ago."],
    [
      "dead",
      { is: {} },
      ["FINISHED"],
      "Dead after attempt 3 of 3, 30 min ago. Last error: ECONNREFUSED: connect to 10.0.0.1:443",
    ],
    [
      "expired",
      { is: { state: "cancelled", reason: "expired" } },
      ["FINISHED"],
      "Cancelled because no worker started it before it expired, 30 min ago.",
    ],
    ["running", { is: active }, ["RUNNING"], "With worker mail-3 for 41 min, attempt 3 of 3."],
    [
      "running with a worker that is unknown",
      { is: active, workers: [] },
      ["RUNNING"],
      "With worker session-1 for 41 min, attempt 3 of 3.",
    ],
    [
      "cancel requested",
      { is: { ...active, cancelRequested: true } },
      ["RUNNING", "CANCEL_REQUESTED"],
      "With worker mail-3 for 41 min, attempt 3 of 3.",
    ],
    [
      "lease over",
      { is: { ...active, leaseUntil: NOW - 2_000 } },
      ["LEASE_OVER"],
      "Its worker stopped sending heartbeats; the lease ended 2 s ago. The next sweep of any worker takes it back.",
    ],
    [
      "lease over, nobody there",
      { is: { ...active, leaseUntil: NOW }, workers: [] },
      ["LEASE_OVER"],
      "Its worker stopped sending heartbeats; the lease ended under 1 s ago, and no worker is alive to take it back.",
    ],
    [
      "lease over and cancel requested",
      { is: { ...active, leaseUntil: NOW - 2_000, cancelRequested: true } },
      ["LEASE_OVER", "CANCEL_REQUESTED"],
      "Its worker stopped sending heartbeats; the lease ended 2 s ago. The next sweep of any worker takes it back.",
    ],
    [
      "stale by a rescue",
      { is: { state: "stale", finishedAt: null } },
      ["STALE"],
      "Held for a person: its worker vanished in attempt 3 of 3. Last error: ECONNREFUSED: connect to 10.0.0.1:443",
    ],
    [
      "stale by a restart",
      { is: { ...DUE, state: "stale" } },
      ["STALE"],
      "Held for a person: it was waiting when the workers of its queue were restarted.",
    ],
    ["blocked", { is: { state: "blocked", finishedAt: null } }, ["BLOCKED"], "It waits for other jobs to complete."],
    ["paused", { is: DUE, paused }, ["PAUSED"], "Queue mail was paused by ana 2 h 5 min ago: deploy"],
    [
      "paused without a reason",
      { is: DUE, paused: { ...paused, reason: null } },
      ["PAUSED"],
      "Queue mail was paused by ana 2 h 5 min ago.",
    ],
    ["scheduled", { is: { ...DUE, runAt: NOW + 3 * MINUTE } }, ["SCHEDULED"], "Scheduled: due in 3 min."],
    [
      "retrying",
      { is: { state: "waiting", finishedAt: null, runAt: NOW + 90_000, attempt: 1 } },
      ["RETRYING"],
      "Waits for its next attempt, due in 1 min 30 s, after attempt 1 of 3. Last error: ECONNREFUSED: connect to 10.0.0.1:443",
    ],
    ["no worker", { is: DUE, workers: [worker({ queue: "docs" })] }, ["NO_WORKER"], "No worker serves queue mail."],
    [
      "no handler",
      { is: DUE, workers: [worker({ types: [] })] },
      ["NO_HANDLER"],
      "No worker of queue mail has a handler for email.send.",
    ],
    [
      "an older handler",
      { is: DUE, workers: [worker({ types: [{ name: "email.send", maxVersion: 1 }] })] },
      ["NO_HANDLER"],
      "No worker of queue mail knows version 2 of email.send; the newest known is 1.",
    ],
    [
      "held",
      { is: { ...DUE, heldLimit: 4 } },
      ["HELD"],
      "It was there when a worker crashed, so it runs only in an exclusive batch of at most 4, once a worker holds nothing else.",
    ],
    [
      "busy",
      { is: DUE, workers: [worker({ running: 10 }), worker({ running: 11 })] },
      ["SLOTS_BUSY"],
      "All 20 slots of the workers that can run it are busy.",
    ],
    [
      "one worker of two is free",
      { is: DUE, workers: [worker({ running: 10 }), worker()] },
      ["NEXT"],
      "Next in line: nothing stands in its way.",
    ],
    [
      "only a worker that cannot run it is free",
      { is: DUE, workers: [worker({ running: 10 }), worker({ types: [] })] },
      ["SLOTS_BUSY"],
      "All 10 slots of the workers that can run it are busy.",
    ],
    [
      "one ahead",
      { is: DUE, facts: { ahead: { n: 1, exact: true } } },
      ["AHEAD"],
      "1 job of its queue comes before it.",
    ],
    [
      "very many ahead",
      { is: DUE, facts: { ahead: { n: 10_000, exact: false } } },
      ["AHEAD"],
      "10,000+ jobs of its queue come before it.",
    ],
    ["next", { is: DUE }, ["NEXT"], "Next in line: nothing stands in its way."],
  ])("%s", (_name, asked, codes, headline) => {
    const findings = ask(asked);
    expect(findings.map((finding) => finding.code)).toEqual(codes);
    expect(findings[0]?.text).toBe(headline);
  });
});

describe("several reasons", () => {
  test("are all told, the table's order decides the headline", () => {
    const findings = ask({
      is: { ...DUE, heldLimit: 2 },
      paused,
      facts: { ahead: { n: 7, exact: true } },
      workers: [],
    });
    expect(findings.map(({ code }) => code)).toEqual(["PAUSED", "NO_WORKER", "HELD", "AHEAD"]);
  });

  test("what holds only for due jobs is not told of one whose time is ahead", () => {
    const busy = [worker({ running: 10 })];
    const findings = ask({ is: { ...DUE, runAt: NOW + 1 }, facts: { ahead: { n: 7, exact: true } }, workers: busy });
    expect(findings.map(({ code }) => code)).toEqual(["SCHEDULED"]);
  });
});

describe("what a person can do with it", () => {
  test("until is the instant at which the reason ends by itself", () => {
    expect(ask({ is: { ...DUE, runAt: NOW + 5 } })[0]?.until).toBe(NOW + 5);
    expect(ask({ is: { ...active, leaseUntil: NOW - 2_000 } })[0]?.until).toBe(NOW + 3_000);
    expect(ask({ is: { ...active, leaseUntil: NOW - 60_000 } })[0]).not.toHaveProperty("until");
    expect(ask({ is: DUE, paused })[0]).not.toHaveProperty("until");
  });

  test("facts and a way out stand beside the text", () => {
    expect(ask({ is: DUE, paused })[0]).toMatchObject({ evidence: paused, fix: "Resume queue mail." });
    expect(ask({ is: DUE, workers: [] })[0]).toMatchObject({
      evidence: { queue: "mail" },
      fix: "Start a worker for queue mail.",
    });
    expect(ask({ is: active })[0]?.evidence).toMatchObject({ host: "h1", leaseUntil: NOW + 20_000 });
  });

  test("a dead job whose key another holds says that a requeue is refused until then", () => {
    const [finding] = ask({ is: {}, facts: { keyHolder: { queue: "mail", id: "j2" } } });
    expect(finding?.evidence).toMatchObject({ keyHolder: "mail/j2" });
    expect(finding?.fix).toContain("cannot be requeued while mail/j2 holds its dedupe key order-4711");
  });

  test("a code that only says that something was thrown is left out", () => {
    const errors = [{ at: NOW, attempt: 3, code: "Error", message: "no such customer", stack: null }];
    expect(ask({ is: { state: "dead", errors } })[0]?.text).toContain("Last error: no such customer");
  });

  test("beside programs that are not ours it says of whom it speaks, as long as the job is not finished", () => {
    for (const state of STATES) {
      const codes = ask({ is: { state }, coworkers: "stock" }).map(({ code }) => code);
      expect(codes.includes("COWORKERS")).toBe(!isFinal(state));
      expect(codes[0]).not.toBe("COWORKERS");
      expect(ask({ is: { state } }).map(({ code }) => code)).not.toContain("COWORKERS");
    }
  });

  test("no state is without an answer", () => {
    for (const state of STATES) expect(ask({ is: { state } })).not.toHaveLength(0);
  });
});
