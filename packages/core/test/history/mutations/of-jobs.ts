/** Mutations of what there is in the end, and of what was asked for: I1 to I3, I16 to I18. */

import { DEPTH_STATES, isFinal } from "../../../src/nouns/lifecycle.ts";
import { addJob, type Draft, enqueueAnswers, type Job, type Mutation, pick, plainJobs } from "./draft.ts";

const isOf = (job: Job, ref: { readonly queue: string; readonly id: string }): boolean =>
  job.queue === ref.queue && job.id === ref.id;

/** Ids of which exactly one enqueue is in the history, and that one was accepted. */
function acceptedOnce(draft: Draft): ReturnType<typeof enqueueAnswers> {
  const asked = draft.entries.flatMap((entry) => {
    if (entry.kind === "enqueue") return entry.jobs;
    return entry.kind === "settle" ? entry.settlements.flatMap(({ followUps = [] }) => followUps) : [];
  });
  const jobs = plainJobs(draft);
  return enqueueAnswers(draft).filter(
    (one) =>
      one.answers[one.index] === "accepted" &&
      asked.filter(({ queue, id }) => queue === one.asked.queue && id === one.asked.id).length === 1 &&
      jobs.some((job) => isOf(job, one.asked)),
  );
}

const removeFrom = <T>(list: T[], item: T): void => {
  list.splice(list.indexOf(item), 1);
};

export const OF_JOBS: readonly Mutation[] = [
  {
    breaks: "I1",
    how: "an accepted job is gone",
    apply: (draft, n) => {
      const one = pick(acceptedOnce(draft), n);
      const job = one && draft.jobs.find((it) => isOf(it, one.asked));
      if (job === undefined || job.queue === "ledger") return false;
      removeFrom(draft.jobs, job);
      return true;
    },
  },
  {
    breaks: "I1",
    how: "a job that was said to be there already is not",
    apply: (draft) => {
      const at = draft.entries[0]?.at ?? 0;
      const jobs = [{ queue: "work", id: "ghost" }];
      draft.entries.push({ at, process: "p", kind: "enqueue", call: 1, jobs });
      draft.entries.push({ at, process: "p", kind: "enqueued", call: 1, answers: ["duplicate-id"] });
      return true;
    },
  },
  {
    breaks: "I2",
    how: "a job is there that nobody asked for",
    apply: (draft, n) => {
      const job = pick(
        draft.jobs.filter(({ state }) => state === "cancelled"),
        n,
      );
      if (job) draft.jobs.push({ ...structuredClone(job), id: "nobody" });
      return job !== undefined;
    },
  },
  {
    breaks: "I2",
    how: "a job is there twice",
    apply: (draft, n) => {
      const job = pick(plainJobs(draft), n);
      if (job) draft.jobs.push(structuredClone(job));
      return job !== undefined;
    },
  },
  {
    breaks: "I2",
    how: "a job that was refused is there",
    apply: (draft, n) => {
      const one = pick(acceptedOnce(draft), n);
      if (one) one.answers[one.index] = n % 2 ? "full" : "duplicate-key";
      return one !== undefined;
    },
  },
  {
    breaks: "I2",
    how: "an id is accepted twice",
    apply: (draft, n) => {
      const jobs = plainJobs(draft);
      const accepted = enqueueAnswers(draft).filter((one) => one.answers[one.index] === "accepted");
      const again = pick(
        enqueueAnswers(draft).filter(
          ({ asked, answers, index }) =>
            answers[index] === "duplicate-id" &&
            asked.dedupe === undefined &&
            jobs.some((job) => isOf(job, asked)) &&
            accepted.some((one) => one.asked.queue === asked.queue && one.asked.id === asked.id),
        ),
        n,
      );
      if (again) again.answers[again.index] = "accepted";
      return again !== undefined;
    },
  },
  {
    breaks: "I3",
    how: "a job still waits",
    apply: (draft) => {
      const queue = draft.queues.find((one) => one.queue === "work");
      if (queue === undefined) return false;
      queue.depth += 1;
      addJob(draft, "forgotten", [["enqueue", null]]);
      return DEPTH_STATES.includes("waiting");
    },
  },
  {
    breaks: "I3",
    how: "a job is still active",
    apply: (draft) => {
      const queue = draft.queues.find((one) => one.queue === "work");
      if (queue === undefined) return false;
      queue.depth += 1;
      const claim = ["claim", { worker: "w", attempt: 1 }] as const;
      addJob(draft, "forgotten", [["enqueue", null], claim], { state: "active", attempt: 1 });
      return true;
    },
  },
  {
    breaks: "I16",
    how: "a row is missing",
    apply: (draft, n) => {
      const row = pick(
        draft.rows.filter((ref) => plainJobs(draft).some((job) => isOf(job, ref))),
        n,
      );
      if (row) removeFrom(draft.rows, row);
      return row !== undefined;
    },
  },
  {
    breaks: "I16",
    how: "a row stands twice",
    apply: (draft, n) => {
      const row = pick(
        draft.rows.filter((ref) => plainJobs(draft).some((job) => isOf(job, ref))),
        n,
      );
      if (row) draft.rows.push({ ...row });
      return row !== undefined;
    },
  },
  {
    breaks: "I16",
    how: "a row of a job that was not completed",
    apply: (draft, n) => {
      const job = pick(
        plainJobs(draft).filter(({ queue, state }) => queue === "ledger" && isFinal(state) && state !== "completed"),
        n,
      );
      if (job) draft.rows.push({ queue: job.queue, id: job.id });
      return job !== undefined;
    },
  },
  {
    breaks: "I17",
    how: "a healthy job is buried",
    apply: (draft) => {
      addJob(draft, "innocent", BURIED, { state: "dead", attempt: 1 });
      return true;
    },
  },
  {
    breaks: "I18",
    how: "a pill is buried without a charge",
    apply: (draft) => {
      const failed = [1, 2].flatMap((attempt) => [
        ["claim", { worker: "w", attempt }] as const,
        ["retry", null] as const,
      ]);
      const events = [["enqueue", null] as const, ...failed, ["claim", { worker: "w", attempt: 3 }] as const];
      const record = { state: "dead", attempt: 3, epoch: 2 } as const;
      addJob(draft, "pill", [...events, ["bury", null]], record, { role: "pill" });
      return true;
    },
  },
  {
    breaks: "I18",
    how: "a pill is buried one charge too early",
    apply: (draft) => {
      const again = { error: { code: "LEASE_EXPIRED" }, to: "waiting", charged: true, heldLimit: null };
      const events = [
        ["enqueue", null],
        ["claim", { worker: "w", attempt: 1 }],
        ["rescue", again],
        ["claim", { worker: "w", attempt: 2 }],
        ["rescue", { ...again, to: "dead" }],
      ] as const;
      addJob(draft, "pill", events, { state: "dead", attempt: 2, rescues: 2, epoch: 1 }, { role: "pill" });
      return true;
    },
  },
];

const BURIED = [
  ["enqueue", null],
  ["claim", { worker: "w", attempt: 1 }],
  ["bury", null],
] as const;
