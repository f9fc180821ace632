import { expect, test } from "vitest";
import { eventJson, jobJson, jobSummaryJson, queueJson } from "../../src/engine/board/job-json.ts";
import { job, NOW } from "../query/jobs.ts";
import { setup } from "./bench.ts";

const PAYLOAD = '{ "z":1, "a" : 9007199254740993, "u":"\\u0000\\ud800" }';

test("a job has the fields of the product, in its order, and what was written stays byte for byte", () => {
  const text = jobJson(job({ payload: PAYLOAD, result: "[1.0]", progress: ' {"done":3}' }), NOW);
  expect(text).toContain(`"payload":${PAYLOAD},"result":[1.0],"progress": {"done":3},`);
  expect(Object.keys(JSON.parse(text) as object)).toEqual([
    ...["id", "queue", "name", "state", "phase", "payload", "result", "progress", "priority", "attempt", "maxAttempts"],
    ...[
      "runAt",
      "createdAt",
      "startedAt",
      "finishedAt",
      "leaseUntil",
      "worker",
      "errors",
      "tags",
      "group",
      "dedupeKey",
      "reason",
    ],
  ]);
  expect(JSON.parse(text)).toMatchObject({ state: "dead", phase: "dead", errors: job().errors, reason: null });
});

test("the phase is the one at the given time, and what is not there is null", () => {
  const waiting = job({ state: "waiting", attempt: 0, runAt: NOW });
  expect(JSON.parse(jobJson(waiting, NOW - 1))).toMatchObject({ phase: "scheduled", result: null, progress: null });
  expect(JSON.parse(jobJson(waiting, NOW))).toMatchObject({ phase: "waiting" });
});

test("a row of a list has the last error instead of all, and no payload", () => {
  const { payload: _payload, result: _result, errors, backoff: _backoff, ...rest } = job({ progress: "[3]" });
  const row = JSON.parse(jobSummaryJson({ ...rest, lastError: errors.at(-1) ?? null }, NOW)) as object;
  expect(row).toMatchObject({ phase: "dead", progress: [3], lastError: errors.at(-1) });
  expect(Object.keys(row)).not.toContain("payload");
});

test("an event carries its data as it was written", () => {
  expect(eventJson({ seq: 2, at: 5, kind: "progress", data: '{"n": 1.0}' })).toBe(
    '{"seq":2,"at":5,"kind":"progress","data":{"n": 1.0}}',
  );
  expect(eventJson({ seq: 1, at: 5, kind: "enqueue", data: null })).toBe(
    '{"seq":1,"at":5,"kind":"enqueue","data":null}',
  );
});

test("a queue shows its settings beside its counts", async () => {
  const { board, enqueue } = setup();
  await enqueue({});
  expect(JSON.parse(queueJson(await board.queue("mail")))).toMatchObject({
    queue: "mail",
    paused: null,
    depth: 1,
    maxSize: null,
    counts: { waiting: { n: 1, exact: true } },
    retention: { dead: { ageMs: null, count: null, bytes: null } },
  });
});
