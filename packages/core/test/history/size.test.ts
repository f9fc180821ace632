/** A history that is made as it is read: the checker keeps jobs, not entries. */

import { expect, test } from "vitest";
import { checkHistory } from "../../src/testing/history/check-history.ts";
import type { DumpedJob, HistoryEntry } from "../../src/testing/history/entry.ts";

const JOBS = 20_000;
/** Of each job: so many leases that were given back before the one that completed it. */
const RELEASES = 3;

/** Read from the start as often as anybody asks, and never held. */
const again = <T>(read: () => Iterable<T>): Iterable<T> => ({ [Symbol.iterator]: () => read()[Symbol.iterator]() });

function* entries(): Iterable<HistoryEntry> {
  for (let n = 0; n < JOBS; n += 1) {
    const ref = { queue: "mail", id: `job-${n}` };
    const stamp = { at: n, process: `p${n % 4}` };
    yield { ...stamp, kind: "enqueue", call: n * 10, jobs: [ref] };
    yield { ...stamp, kind: "enqueued", call: n * 10, answers: ["accepted"] };
    for (let epoch = 0; epoch <= RELEASES; epoch += 1) {
      const token = `${n}-${epoch}`;
      const move = epoch < RELEASES ? "release" : "complete";
      const call = n * 10 + 1 + epoch;
      yield { ...stamp, kind: "claimed", session: "s", token, jobs: [{ ...ref, epoch, attempt: 1, heldLimit: null }] };
      yield { ...stamp, kind: "started", ...ref, epoch };
      yield { ...stamp, kind: "effect", ...ref, epoch };
      yield { ...stamp, kind: "settle", call, settlements: [{ ...ref, epoch, token, move, guard: "held" }] };
      const state = epoch < RELEASES ? "waiting" : "completed";
      yield { ...stamp, kind: "settled", call, answers: [{ outcome: "ok", state }] };
    }
  }
}

function* jobs(): Iterable<DumpedJob> {
  for (let n = 0; n < JOBS; n += 1) {
    const events = [{ seq: 1, at: n, kind: "enqueue", data: null as string | null }];
    for (let epoch = 0; epoch <= RELEASES; epoch += 1) {
      const seq = events.length + 1;
      events.push({ seq, at: n, kind: "claim", data: '{"worker":"s","attempt":1}' });
      const kind = epoch < RELEASES ? "release" : "complete";
      events.push({ seq: seq + 1, at: n, kind, data: kind === "release" ? '{"runAt":1}' : null });
    }
    yield {
      ...{ queue: "mail", id: `job-${n}`, state: "completed", reason: null, attempt: 1, maxAttempts: 1 },
      ...{ rescues: 0, heldLimit: null, epoch: RELEASES, seq: events.length, events },
    };
  }
}

test("20,000 jobs with 9 events each", () => {
  const before = process.cpuUsage();
  const report = checkHistory(again(entries), { jobs: again(jobs), queues: [{ queue: "mail", depth: 0 }] });
  const { user } = process.cpuUsage(before);
  console.info(`${report.entries} entries, ${JOBS} jobs: ${Math.round(user / 1_000)} ms of CPU`);
  expect(report.results.filter(({ broken }) => broken > 0)).toEqual([]);
  expect(report.entries).toBe(JOBS * (2 + (RELEASES + 1) * 5));
  expect(report.jobs.ok).toBe(JOBS);
});
