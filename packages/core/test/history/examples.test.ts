/** Histories written by hand, to the letter: what the checker counts, finds, proves and refuses. */

import { expect, test } from "vitest";
import { isQueueError } from "../../src/nouns/errors.ts";
import type { JobEvent } from "../../src/nouns/job.ts";
import { checkHistory } from "../../src/testing/history/check-history.ts";
import type { Dump, DumpedJob, HistoryEntry } from "../../src/testing/history/entry.ts";
import { formatReport } from "../../src/testing/history/format-report.ts";

const REF = { queue: "mail", id: "a" };
const T0 = 1_767_225_600_000;
type Unstamped<T> = T extends unknown ? Omit<T, "at" | "process"> : never;

const line = (ms: number, process: string, entry: Unstamped<HistoryEntry>): HistoryEntry =>
  ({ at: T0 + ms, process, ...entry }) as HistoryEntry;

const lease = (epoch: number) => ({ ...REF, epoch, token: `t${epoch}` });
const claimed = (ms: number, worker: string, epoch: number): HistoryEntry =>
  line(ms, worker, {
    kind: "claimed",
    session: worker,
    token: `t${epoch}`,
    jobs: [{ ...REF, epoch, attempt: 1, heldLimit: null }],
  });

/** One worker dies over a job, a second completes it; the first was only stopped, comes back and is refused. */
const ENTRIES: readonly HistoryEntry[] = [
  line(0, "producer", { kind: "enqueue", call: 1, jobs: [REF] }),
  line(1, "producer", { kind: "enqueued", call: 1, answers: ["accepted"] }),
  line(1, "producer", { kind: "enqueue", call: 2, jobs: [{ queue: "mail", id: "b" }] }),
  claimed(10, "w1", 0),
  line(11, "w1", { kind: "started", ...REF, epoch: 0 }),
  line(12, "keeper", { kind: "fault", fault: "stop", target: "w1", forMs: null, proof: "state T" }),
  line(900, "w2", {
    kind: "settle",
    call: 1,
    settlements: [{ ...lease(0), move: "rescue", guard: "expired", charged: false }],
  }),
  line(901, "w2", { kind: "settled", call: 1, answers: [{ outcome: "ok", state: "waiting" }] }),
  claimed(910, "w2", 1),
  line(911, "w2", { kind: "started", ...REF, epoch: 1 }),
  line(912, "w2", { kind: "effect", ...REF, epoch: 1 }),
  line(913, "w2", { kind: "settle", call: 2, settlements: [{ ...lease(1), move: "complete", guard: "held" }] }),
  line(914, "w2", { kind: "settled", call: 2, answers: [{ outcome: "ok", state: "completed" }] }),
  line(950, "w1", { kind: "effect", ...REF, epoch: 0 }),
  line(951, "w1", { kind: "settle", call: 1, settlements: [{ ...lease(0), move: "complete", guard: "held" }] }),
  line(952, "w1", { kind: "settled", call: 1, answers: [{ outcome: "lost" }] }),
];

const JOB: DumpedJob = {
  ...REF,
  state: "completed",
  reason: null,
  attempt: 1,
  maxAttempts: 3,
  rescues: 1,
  heldLimit: null,
  epoch: 1,
  seq: 5,
  events: [
    { seq: 1, at: T0, kind: "enqueue", data: null },
    { seq: 2, at: T0 + 10, kind: "claim", data: '{"worker":"w1","attempt":1}' },
    { seq: 3, at: T0 + 900, kind: "rescue", data: '{"to":"waiting","charged":false,"heldLimit":1}' },
    { seq: 4, at: T0 + 910, kind: "claim", data: '{"worker":"w2","attempt":1}' },
    { seq: 5, at: T0 + 913, kind: "complete", data: null },
  ],
};
const DUMP: Dump = { jobs: [JOB], queues: [{ queue: "mail", depth: 0 }] };

const brokenIn = (entries: Iterable<HistoryEntry>, dump: Dump): readonly string[] =>
  checkHistory(entries, dump).results.flatMap(({ id, broken }) => (broken > 0 ? [id] : []));

test("a rescue and a zombie that is refused break nothing, and are counted", () => {
  const report = checkHistory(ENTRIES, DUMP, { atLeast: { staleWritesRefused: 1, rescues: 1, "fault.stop": 1 } });
  expect(report.ok).toBe(true);
  expect(report.jobs).toEqual({
    attempted: 2,
    acknowledged: 1,
    ok: 1,
    lost: 0,
    unexpected: 0,
    duplicated: 0,
    recovered: 0,
    absent: 1,
    refused: 0,
  });
  expect(report.figures).toMatchObject({
    staleWritesRefused: 1,
    rescues: 1,
    rescuesGivenBack: 1,
    duplicateEffects: 1,
    starts: 2,
    unanswered: 1,
    mostHeldAtADeath: 0,
  });
  expect(report.latencies).toEqual({ rescue: null, finish: null });
});

test("an enqueue whose answer was lost may have arrived: recovered", () => {
  const late = {
    ...JOB,
    id: "b",
    rescues: 0,
    epoch: 0,
    attempt: 0,
    state: "cancelled",
    reason: "user",
    seq: 2,
  } as const;
  const events = [JOB.events[0], { seq: 2, at: T0 + 5, kind: "cancel", data: "{}" }] as DumpedJob["events"];
  const { ok, jobs } = checkHistory(ENTRIES, { ...DUMP, jobs: [JOB, { ...late, events }] });
  expect(ok).toBe(true);
  expect(jobs).toMatchObject({ recovered: 1, absent: 0, unexpected: 0 });
});

test("the order of the files means nothing", () => {
  const byProcess = Map.groupBy(ENTRIES, ({ process }) => process);
  const turned = [...byProcess.values()].reverse().flat();
  expect(turned).not.toEqual(ENTRIES);
  expect(checkHistory(turned, DUMP)).toEqual(checkHistory(ENTRIES, DUMP));
});

test("had the zombie's completion been accepted, two things prove it", () => {
  const accepted = ENTRIES.with(
    -1,
    line(952, "w1", { kind: "settled", call: 1, answers: [{ outcome: "ok", state: "completed" }] }),
  );
  const report = checkHistory(accepted, DUMP);
  const fenced = report.results.find(({ id }) => id === "I6");
  expect(fenced?.broken).toBe(1);
  expect(fenced?.sample[0]).toMatchObject({
    job: REF,
    says: "complete of epoch 0 was answered with ok, and that lease did not end so",
  });
  const kinds = fenced?.sample[0]?.evidence.map(({ process, kind }) => `${process} ${kind}`);
  expect(kinds).toContain("w1 settle");
  expect(kinds).toContain("store record");
  expect(report.figures["staleWritesAccepted"]).toBe(1);
});

test("a death is measured to the rescue and to the end, less the time in which nobody could write", () => {
  const died = line(20, "keeper", { kind: "died", session: "w1", proof: "pid 7: SIGKILL" });
  const lock = line(500, "keeper", { kind: "fault", fault: "lock", target: null, forMs: 300, proof: "3 calls waited" });
  const { latencies, figures } = checkHistory([...ENTRIES, died, lock], DUMP);
  expect(latencies.rescue).toEqual({ n: 1, p50Ms: 580, p99Ms: 580, maxMs: 580 });
  expect(latencies.finish).toEqual({ n: 1, p50Ms: 593, p99Ms: 593, maxMs: 593 });
  expect(figures["mostHeldAtADeath"]).toBe(1);
  const late = checkHistory([...ENTRIES, died, lock], DUMP, { rescueWithinMs: 579 });
  expect(late.results.filter(({ broken }) => broken > 0).map(({ id }) => id)).toEqual(["I15"]);
  expect(checkHistory([...ENTRIES, died, lock], DUMP, { rescueWithinMs: 580 }).ok).toBe(true);
});

test("a fault without proof is none", () => {
  const kill = line(1, "keeper", { kind: "fault", fault: "kill", target: "w1", forMs: null, proof: "" });
  const report = checkHistory([...ENTRIES, kill], DUMP, { atLeast: { "fault.kill": 1 } });
  expect(report.figures).toMatchObject({ unprovenFaults: 1 });
  expect(report.required).toEqual([{ figure: "fault.kill", atLeast: 1, was: 0 }]);
  expect(report.ok).toBe(false);
});

test("suspects of two queues are no batch", () => {
  const suspect = (queue: string) => ({ queue, id: "x", epoch: 0, attempt: 1, heldLimit: 5 });
  const jobs = [suspect("mail"), suspect("post")];
  const batch = line(0, "w3", { kind: "claimed", session: "w3", token: "t", jobs });
  expect(brokenIn([...ENTRIES, batch], DUMP)).toEqual(["I19"]);
});

test("a release that met a cancel leaves the mark of a suspect, and says only that it stopped", () => {
  const [enqueue, claim, rescue, again] = JOB.events as [JobEvent, JobEvent, JobEvent, JobEvent];
  const cancel = { seq: 5, at: T0 + 911, kind: "cancel", data: "{}" };
  const stop = { seq: 6, at: T0 + 912, kind: "stop", data: '{"reason":"user"}' };
  const record = { state: "cancelled", reason: "user", heldLimit: 1, seq: 6 } as const;
  const job = { ...JOB, ...record, events: [enqueue, claim, rescue, again, cancel, stop] };
  expect(brokenIn(ENTRIES.slice(0, 9), { ...DUMP, jobs: [job] })).toEqual([]);
  expect(brokenIn(ENTRIES.slice(0, 9), { ...DUMP, jobs: [{ ...job, attempt: 0 }] })).toEqual(["I9"]);
});

test("what was never requeued cannot be reverted", () => {
  const events = [...JOB.events.slice(0, 1), { seq: 2, at: T0 + 5, kind: "revert", data: "{}" }];
  const record = { state: "waiting", attempt: 0, rescues: 0, epoch: 0, seq: 2 } as const;
  const dump: Dump = { jobs: [{ ...JOB, ...record, events }], queues: [{ queue: "mail", depth: 1 }] };
  const { results } = checkHistory(ENTRIES.slice(0, 3), dump, { drained: false });
  const [broken, ...others] = results.filter((result) => result.broken > 0);
  expect(others).toEqual([]);
  expect(broken?.sample[0]?.says).toBe("event 2 (revert) of a job that was waiting");
});

test("what a zombie lost before it was killed does not count as left behind by its death", () => {
  const died = line(2_000, "keeper", { kind: "died", session: "w1", proof: "pid 7: SIGKILL" });
  const { latencies, figures } = checkHistory([...ENTRIES, died], DUMP);
  expect(latencies.rescue).toBeNull();
  expect(figures).toMatchObject({ deaths: 1, mostHeldAtADeath: 0 });
});

test("a pill has company from four healthy jobs on", () => {
  const events = [...JOB.events.slice(0, 3)];
  const record = { state: "waiting", attempt: 0, heldLimit: 1, seq: 3 } as const;
  const pillsInCompany = (healthy: number): number | undefined => {
    const ids = ["pill", ...Array.from({ length: healthy }, (_, n) => `healthy-${n}`)];
    const asked = ids.map((id) => ({ queue: "mail", id, role: id === "pill" ? "pill" : "healthy" }) as const);
    const jobs = ids.map((id) => ({ ...JOB, ...record, id, events }));
    const entries = [
      line(0, "p", { kind: "enqueue", call: 1, jobs: asked }),
      line(20, "keeper", { kind: "died", session: "w1", proof: "pid 7: SIGKILL" }),
    ];
    const dump: Dump = { jobs, queues: [{ queue: "mail", depth: ids.length }] };
    const report = checkHistory(entries, dump, { drained: false });
    expect(report.ok).toBe(true);
    return report.figures["pillsInCompany"];
  };
  expect(pillsInCompany(3)).toBe(0);
  expect(pillsInCompany(4)).toBe(1);
});

test("a follow-up may pass a full queue's bound, an enqueue may not", () => {
  const sample = line(5, "reader", { kind: "depth", queue: "mail", depth: 3, open: 3, maxSize: 2 });
  const followUps = [{ queue: "mail", id: "next" }];
  const completion = { ...lease(1), move: "complete", guard: "held", followUps } as const;
  const settles = line(913, "w2", { kind: "settle", call: 2, settlements: [completion] });
  expect(brokenIn([...ENTRIES, sample], DUMP)).toEqual(["I11"]);
  expect(brokenIn([...ENTRIES.with(11, settles), sample], DUMP)).toEqual([]);
});

test("jobs that a run leaves open on purpose are not stuck", () => {
  const open = {
    ...JOB,
    id: "b",
    state: "waiting",
    attempt: 0,
    rescues: 0,
    epoch: 0,
    seq: 1,
    events: JOB.events.slice(0, 1),
  } as const;
  const dump: Dump = { jobs: [JOB, open], queues: [{ queue: "mail", depth: 1 }] };
  expect(brokenIn(ENTRIES, dump)).toEqual(["I3"]);
  expect(checkHistory(ENTRIES, dump, { drained: false }).ok).toBe(true);
});

test("of many violations a few are shown and all are counted", () => {
  const refs = Array.from({ length: 30 }, (_, n) => ({ queue: "mail", id: `gone-${n}` }));
  const lost = [
    line(0, "p2", { kind: "enqueue", call: 1, jobs: refs }),
    line(1, "p2", { kind: "enqueued", call: 1, answers: refs.map(() => "accepted" as const) }),
  ];
  const [first] = checkHistory([...ENTRIES, ...lost], DUMP, { sample: 2 }).results;
  expect(first).toMatchObject({ id: "I1", judged: 31, broken: 30 });
  expect(first?.sample.map(({ job }) => job?.id)).toEqual(["gone-0", "gone-1"]);
});

test("a history that is no history is refused", () => {
  const answer = line(0, "p", { kind: "enqueued", call: 9, answers: [] });
  const half = line(1, "p", { kind: "settled", call: 2, answers: [] });
  const ask = line(0, "p", { kind: "settle", call: 2, settlements: [{ ...lease(0), move: "retry", guard: "held" }] });
  const refused = (entries: Iterable<HistoryEntry>): unknown => {
    try {
      return checkHistory(entries, DUMP);
    } catch (error) {
      return isQueueError(error, "BAD_OPTION") && error.detail;
    }
  };
  expect(refused([answer])).toBe('p: "enqueued" of call 9 answers nothing');
  expect(refused([ask, half])).toBe("p: 0 answers to 1 questions");
  expect(refused([ask, half].values())).toBe("entries: must be readable twice, as an array is");
});

test("the report as people read it", () => {
  const died = line(20, "keeper", { kind: "died", session: "w1", proof: "pid 7: SIGKILL" });
  const entries = [...ENTRIES.with(-1, line(952, "w1", { kind: "settled", call: 1, error: "STORE_BUSY" })), died];
  const jobs = [{ ...JOB, attempt: 2 }];
  const text = formatReport(
    checkHistory(entries, { ...DUMP, jobs }, { atLeast: { staleWritesRefused: 1, starts: 2 } }),
  );
  expect(text).toMatchSnapshot();
});

test("a report can be written as JSON and read again", () => {
  const report = checkHistory(ENTRIES, DUMP, { atLeast: { rescues: 1 } });
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});
