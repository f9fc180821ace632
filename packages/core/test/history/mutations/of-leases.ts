/** Mutations of what workers were given and what was taken from them: I4 to I8, I10, I19. */

import { isFinal, type Move, type State } from "../../../src/nouns/lifecycle.ts";
import type { LeaseName } from "../../../src/testing/history/entry.ts";
import { keyOf } from "../../../src/testing/history/facts.ts";
import {
  type Draft,
  type EntryOf,
  entriesOf,
  type Job,
  type Mutation,
  pick,
  plainJobs,
  settleAnswers,
} from "./draft.ts";

const keysOf = (jobs: readonly Job[]): ReadonlySet<string> => new Set(jobs.map(keyOf));

/** Settlements of jobs that kept their id, with that outcome. */
const settledOf = (draft: Draft, outcome: "ok" | "lost"): ReturnType<typeof settleAnswers> => {
  const plain = keysOf(plainJobs(draft));
  return settleAnswers(draft).filter(
    ({ asked, answers, index }) => plain.has(keyOf(asked)) && answers[index]?.outcome === outcome,
  );
};

const STATE_AFTER: Readonly<Partial<Record<string, State>>> = {
  complete: "completed",
  retry: "waiting",
  bury: "dead",
  release: "waiting",
};

/** Ends the history of the job with an event of a worker that it had not. */
function appendEvent(job: Job, kind: string): void {
  job.seq += 1;
  job.events.push({ seq: job.seq, at: job.events.at(-1)?.at ?? 0, kind, data: null });
}

const claimsOf = (draft: Draft): { entry: EntryOf<"claimed">; index: number }[] => {
  const plain = keysOf(plainJobs(draft));
  return entriesOf(draft, "claimed").flatMap((entry) =>
    entry.jobs.flatMap((job, index) => (plain.has(keyOf(job)) ? [{ entry, index }] : [])),
  );
};

/** Says of a lease that ended that it was ended once more, by another process. */
function endAgain(
  draft: Draft,
  one: ReturnType<typeof settleAnswers>[number] | undefined,
  move: Move,
  state: State,
): boolean {
  const at = draft.entries[0]?.at ?? 0;
  if (one === undefined) return false;
  const { queue, id, epoch, token, guard } = one.asked;
  const settlements = [{ queue, id, epoch, token, guard, move }];
  draft.entries.push({ at, process: "twin", kind: "settle", call: 1, settlements });
  draft.entries.push({ at, process: "twin", kind: "settled", call: 1, answers: [{ outcome: "ok", state }] });
  return true;
}

/** The accepted ends that were final, or those that were not. */
const endsOf = (draft: Draft, final: boolean): ReturnType<typeof settleAnswers> =>
  settledOf(draft, "ok").filter(({ answers, index }) => {
    const answer = answers[index];
    return answer?.outcome === "ok" && isFinal(answer.state) === final;
  });

export const OF_LEASES: readonly Mutation[] = [
  {
    breaks: "I4",
    how: "a final end is accepted twice",
    apply: (draft, n) => {
      const one = pick(endsOf(draft, true), n);
      const answer = one?.answers[one.index];
      return answer?.outcome === "ok" && endAgain(draft, one, one?.asked.move ?? "complete", answer.state);
    },
  },
  {
    breaks: "I4",
    how: "a completed job is completed again",
    apply: (draft, n) => {
      const job = pick(
        plainJobs(draft).filter(({ state }) => state === "completed"),
        n,
      );
      if (job) appendEvent(job, "complete");
      return job !== undefined;
    },
  },
  {
    breaks: "I5",
    how: "the completing lease did nothing",
    apply: (draft, n) => {
      const done = settledOf(draft, "ok").filter(({ asked }) => asked.move === "complete");
      const { asked } = pick(done, n) ?? {};
      if (asked === undefined) return false;
      const rest = draft.entries.filter(
        (entry) => !(entry.kind === "effect" && keyOf(entry) === keyOf(asked) && entry.epoch === asked.epoch),
      );
      draft.entries.splice(0, draft.entries.length, ...rest);
      return true;
    },
  },
  {
    breaks: "I6",
    how: "a stale end is answered with ok",
    apply: (draft, n) => {
      const superseded = ({ asked }: { readonly asked: LeaseName }): boolean =>
        draft.jobs.some((job) => keyOf(job) === keyOf(asked) && asked.epoch < job.epoch);
      const stale = settledOf(draft, "lost").filter((one) => STATE_AFTER[one.asked.move] && superseded(one));
      const one = pick(stale, n);
      const state = one && STATE_AFTER[one.asked.move];
      if (one && state) one.answers[one.index] = { outcome: "ok", state };
      return state !== undefined;
    },
  },
  {
    breaks: "I6",
    how: "a lease is given back twice",
    apply: (draft, n) => {
      const one = pick(endsOf(draft, false), n);
      return endAgain(draft, one, one?.asked.move ?? "release", "waiting");
    },
  },
  {
    breaks: "I6",
    how: "a lease that has ended for good is given back",
    apply: (draft, n) => endAgain(draft, pick(endsOf(draft, true), n), "release", "waiting"),
  },
  {
    breaks: "I6",
    how: "an end is answered with a state that it did not lead to",
    apply: (draft, n) => {
      const one = pick(endsOf(draft, true), n);
      if (one) one.answers[one.index] = { outcome: "ok", state: "blocked" };
      return one !== undefined;
    },
  },
  {
    breaks: "I6",
    how: "an end is accepted with a token that nobody was given",
    apply: (draft, n) => {
      const one = pick(
        settledOf(draft, "ok").filter(({ asked }) => isEveryClaimTold(draft, asked)),
        n,
      );
      if (one) one.asked.token = "forged";
      return one !== undefined;
    },
  },
  {
    breaks: "I6",
    how: "a stale note is accepted",
    apply: (draft, n) => {
      const plain = keysOf(plainJobs(draft));
      const refused = entriesOf(draft, "appended").flatMap(({ lines }) =>
        lines.filter((line) => !line.written && plain.has(keyOf(line))),
      );
      const line = pick(refused, n);
      if (line) line.written = true;
      return line !== undefined;
    },
  },
  {
    breaks: "I6",
    how: "a note stands behind the end",
    apply: (draft, n) => {
      const job = pick(plainJobs(draft), n);
      if (job) appendEvent(job, n % 2 ? "progress" : "page-done");
      return job !== undefined;
    },
  },
  {
    breaks: "I6",
    how: "a job that was parked is completed",
    apply: (draft, n) => {
      const job = pick(
        plainJobs(draft).filter(({ state }) => state === "stale"),
        n,
      );
      if (job) appendEvent(job, "complete");
      return job !== undefined;
    },
  },
  {
    breaks: "I7",
    how: "two processes are given one lease",
    apply: (draft, n) => {
      const claim = pick(claimsOf(draft), n);
      const job = claim?.entry.jobs[claim.index];
      if (claim === undefined || job === undefined) return false;
      const jobs = [{ ...job, heldLimit: null }];
      draft.entries.push({ ...claim.entry, process: "other", session: "other", token: "other-1", jobs });
      const told = draft.jobs.find((one) => keyOf(one) === keyOf(job));
      // After a requeue an epoch may come again, and one more answer may be that of a process that died over it.
      return told?.events.some(({ kind }) => kind === "requeue") === false && isEveryClaimTold(draft, job);
    },
  },
  {
    breaks: "I8",
    how: "a process is given an earlier epoch after a later one",
    apply: (draft, n) => {
      const claims = claimsOf(draft);
      const pairs = claims.flatMap((one) =>
        claims.flatMap((two) => {
          const [a, b] = [one.entry.jobs[one.index], two.entry.jobs[two.index]];
          const same = a && b && keyOf(a) === keyOf(b) && one.entry.process === two.entry.process && a.epoch < b.epoch;
          return same ? [[one.entry, two.entry] as const] : [];
        }),
      );
      const pair = pick(pairs, n);
      if (pair === undefined) return false;
      const [i, j] = pair.map((entry) => draft.entries.indexOf(entry)) as [number, number];
      [draft.entries[i], draft.entries[j]] = [pair[1], pair[0]];
      return true;
    },
  },
  {
    breaks: "I8",
    how: "a lease has an epoch that the job never reached",
    apply: (draft, n) => {
      const claim = pick(claimsOf(draft), n);
      const job = claim?.entry.jobs[claim.index];
      if (claim === undefined || job === undefined) return false;
      const jobs = [{ ...job, epoch: job.epoch + 100, heldLimit: null }];
      draft.entries.push({ ...claim.entry, process: "other", session: "other", token: "other-1", jobs });
      return true;
    },
  },
  {
    breaks: "I10",
    how: "a handler begins twice under one lease",
    apply: (draft, n) => {
      const plain = keysOf(plainJobs(draft));
      const start = pick(
        entriesOf(draft, "started").filter((entry) => plain.has(keyOf(entry))),
        n,
      );
      const told = start && draft.jobs.find((one) => keyOf(one) === keyOf(start));
      if (start === undefined || told?.events.some(({ kind }) => kind === "requeue") !== false) return false;
      draft.entries.push({ ...start });
      return true;
    },
  },
  {
    breaks: "I10",
    how: "a job is claimed more often than its attempts allow",
    apply: (draft, n) => {
      const often = plainJobs(draft).filter(
        ({ id, maxAttempts, events }) =>
          maxAttempts === 50 &&
          !id.includes("next") &&
          events.some(({ kind, data }) => kind === "claim" && isSecond(data)),
      );
      const job = pick(often, n);
      if (job) job.maxAttempts = 1;
      return job !== undefined;
    },
  },
  {
    breaks: "I19",
    how: "a claim of suspects is larger than one of them allows",
    apply: (draft, n) => {
      const claim = pick(
        entriesOf(draft, "claimed").filter(({ jobs }) => jobs.length > 1 && jobs[0]?.heldLimit !== null),
        n,
      );
      if (claim?.jobs[0]) claim.jobs[0].heldLimit = 1;
      return claim !== undefined;
    },
  },
  {
    breaks: "I19",
    how: "a claim of suspects has a stranger in it",
    apply: (draft, n) => {
      const claim = pick(
        entriesOf(draft, "claimed").filter(({ jobs }) => jobs.length > 1 && jobs[0]?.heldLimit !== null),
        n,
      );
      if (claim?.jobs[0]) claim.jobs[0].heldLimit = null;
      return claim !== undefined;
    },
  },
];

const isSecond = (data: string | null): boolean =>
  data !== null && (JSON.parse(data) as { attempt: number }).attempt > 1;

/** True if no process died over the answer of a claim of that job. */
const isEveryClaimTold = (draft: Draft, ref: { readonly queue: string; readonly id: string }): boolean =>
  draft.jobs.find((one) => keyOf(one) === keyOf(ref))?.events.filter(({ kind }) => kind === "claim").length ===
  entriesOf(draft, "claimed").flatMap(({ jobs, process }) =>
    process === "other" ? [] : jobs.filter((one) => keyOf(one) === keyOf(ref)),
  ).length;
