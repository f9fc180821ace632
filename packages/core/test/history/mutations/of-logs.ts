/** Mutations of events, of what readers saw, of queues and of times: I9, I11 to I15. */

import { keyOf } from "../../../src/testing/history/facts.ts";
import { addJob, entriesOf, type Job, type Mutation, pick, plainJobs } from "./draft.ts";

/** Changes one plain job that fits; false if there is none. */
const withJob =
  (fits: (job: Job) => boolean, change: (job: Job) => void): Mutation["apply"] =>
  (draft, n) => {
    const job = pick(plainJobs(draft).filter(fits), n);
    if (job) change(job);
    return job !== undefined;
  };

const any = (): boolean => true;
const has = (job: Job, kind: string): boolean => job.events.some((event) => event.kind === kind);

function renumber(job: Job): void {
  for (const [index, event] of job.events.entries()) event.seq = index + 1;
  job.seq = job.events.length;
}

/** Takes out the first event of that kind and closes the gap. */
function forget(job: Job, kind: string): void {
  job.events.splice(
    job.events.findIndex((event) => event.kind === kind),
    1,
  );
  renumber(job);
}

const reads = (draft: Parameters<Mutation["apply"]>[0]) => {
  const plain = new Set(plainJobs(draft).map(keyOf));
  return entriesOf(draft, "read").filter((read) => plain.has(keyOf(read)) && read.events.length > 1);
};

export const OF_LOGS: readonly Mutation[] = [
  {
    breaks: "I9",
    how: "an event is missing",
    apply: withJob(
      ({ events }) => events.length > 2,
      ({ events }) => events.splice(1, 1),
    ),
  },
  { breaks: "I9", how: "the last event is missing", apply: withJob(any, ({ events }) => events.pop()) },
  { breaks: "I9", how: "an event was counted that is not there", apply: withJob(any, (job) => (job.seq += 1)) },
  { breaks: "I9", how: "there are no events", apply: withJob(any, ({ events }) => events.splice(0)) },
  {
    breaks: "I9",
    how: "two events have one number",
    apply: withJob(
      ({ events }) => events.length > 1,
      ({ events }) => {
        if (events[1]) events[1].seq = 1;
      },
    ),
  },
  {
    breaks: "I9",
    how: "two events have changed places",
    apply: withJob(
      ({ events }) => events.length > 2,
      (job) => {
        job.events.splice(1, 0, ...job.events.splice(2, 1));
      },
    ),
  },
  {
    breaks: "I9",
    how: "a lease has no end before the next claim",
    apply: withJob(
      (job) => has(job, "rescue") && !has(job, "cancel"),
      (job) => forget(job, "rescue"),
    ),
  },
  {
    breaks: "I9",
    how: "the enqueue is missing, and nothing shows it",
    apply: withJob(any, (job) => forget(job, "enqueue")),
  },
  { breaks: "I9", how: "the attempts differ", apply: withJob(isKnown, (job) => (job.attempt += 1)) },
  { breaks: "I9", how: "the rescues differ", apply: withJob(isKnown, (job) => (job.rescues += 1)) },
  { breaks: "I9", how: "the epoch differs", apply: withJob(any, (job) => (job.epoch += 1)) },
  {
    breaks: "I9",
    how: "the reason differs",
    apply: withJob(
      ({ reason }) => reason === "user",
      (job) => {
        job.reason = "expired";
      },
    ),
  },
  {
    breaks: "I9",
    how: "the state differs",
    apply: withJob(
      ({ queue, state }) => queue === "work" && state === "completed",
      (job) => {
        job.state = "stale";
      },
    ),
  },
  {
    breaks: "I9",
    how: "the mark of a suspect was not cleared",
    apply: withJob(
      ({ state }) => state === "completed",
      (job) => {
        job.heldLimit = 2;
      },
    ),
  },
  {
    breaks: "I9",
    how: "a claim tells another attempt",
    apply: withJob(
      (job) => has(job, "claim") && !has(job, "yield"),
      ({ events }) => {
        const claim = events.findLast(({ kind }) => kind === "claim");
        if (claim) claim.data = '{"worker":"w","attempt":40}';
      },
    ),
  },
  {
    breaks: "I9",
    how: "an event's data is cut",
    apply: withJob(
      (job) => has(job, "claim"),
      ({ events }) => {
        for (const event of events) if (event.kind === "claim") event.data = '{"worker"';
      },
    ),
  },
  {
    breaks: "I11",
    how: "a depth is not what is open",
    apply: (draft, n) => {
      const sample = pick(entriesOf(draft, "depth"), n);
      if (sample) sample.depth += 1;
      return sample !== undefined;
    },
  },
  {
    breaks: "I11",
    how: "a queue is fuller than it may be",
    apply: (draft, n) => {
      const sample = pick(
        entriesOf(draft, "depth").filter(({ maxSize }) => maxSize !== null),
        n,
      );
      if (sample) sample.open = sample.depth = 10_000;
      return sample !== undefined;
    },
  },
  {
    breaks: "I11",
    how: "the depth in the end is not what is open",
    apply: ({ queues }, n) => {
      const queue = pick(queues, n);
      if (queue) queue.depth += 1;
      return queue !== undefined;
    },
  },
  {
    breaks: "I12",
    how: "two jobs hold one key",
    apply: (draft) => {
      const at = draft.entries[0]?.at ?? 0;
      const cancelled = [
        ["enqueue", null],
        ["cancel", { by: "x" }],
      ] as const;
      const record = { state: "cancelled", reason: "user" } as const;
      const dedupe = { key: "own", while: "open" } as const;
      addJob(draft, "one", cancelled, record, { dedupe, at: [at, at + 20] });
      addJob(draft, "two", cancelled, record, { dedupe, at: [at + 19, at + 40] });
      return true;
    },
  },
  {
    breaks: "I13",
    how: "a job is claimed while its queue is paused",
    apply: (draft, n) => {
      const job = pick(
        plainJobs(draft).filter((one) => has(one, "claim")),
        n,
      );
      const at = job?.events.find(({ kind }) => kind === "claim")?.at;
      if (job === undefined || at === undefined) return false;
      draft.entries.unshift(
        { at, process: "p", kind: "paused", queue: job.queue, now: at - 1 },
        { at, process: "p", kind: "resume", queue: job.queue, now: at + 1 },
      );
      return true;
    },
  },
  {
    breaks: "I14",
    how: "a reader misses an event",
    apply: (draft, n) => {
      const read = pick(reads(draft), n);
      read?.events.shift();
      return read !== undefined;
    },
  },
  {
    breaks: "I14",
    how: "a reader sees an event twice",
    apply: (draft, n) => {
      const read = pick(reads(draft), n);
      if (read?.events[0]) read.events.unshift({ ...read.events[0] });
      return read !== undefined;
    },
  },
  {
    breaks: "I14",
    how: "a reader sees an event that is another now",
    apply: (draft, n) => {
      const read = pick(reads(draft), n);
      if (read?.events[1]) read.events[1].kind = "edit";
      return read !== undefined && read.events[1] !== undefined && isNoEdit(draft, read);
    },
  },
  {
    breaks: "I15",
    how: "a death was long before its rescue",
    apply: (draft, n) => {
      const plain = plainJobs(draft);
      const deaths = entriesOf(draft, "died").filter(({ session }) =>
        plain.some(({ events }) => wasRescuedFrom(events, session)),
      );
      const died = pick(deaths, n);
      if (died) died.at -= 600_000;
      return died !== undefined;
    },
  },
];

/** A `yield` leaves open what it gave back. */
function isKnown(job: Job): boolean {
  return !has(job, "yield");
}

function wasRescuedFrom(events: Job["events"], session: string): boolean {
  return events.some(
    ({ kind, data }, index) =>
      kind === "claim" && data?.includes(`"${session}"`) === true && events[index + 1]?.kind === "rescue",
  );
}

function isNoEdit(draft: Parameters<Mutation["apply"]>[0], read: ReturnType<typeof reads>[number]): boolean {
  const job = draft.jobs.find((one) => keyOf(one) === keyOf(read));
  return job?.events[read.after + 1]?.kind !== "edit";
}
