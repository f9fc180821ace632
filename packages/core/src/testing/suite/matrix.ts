/**
 * Every state with every move. What `MOVES` does not allow must change nothing: job and events are the same
 * before and after. What it allows must be made. States are reached by legal moves only, listed as data.
 *
 * `blocked` is missing, with the moves that leave it: nothing in the interface makes a job wait for another yet.
 */

import { expect } from "vitest";
import type { Decision, Lease, Settlement } from "../../contract/adapter.ts";
import type { Job, JobEvent, JobRef } from "../../nouns/job.ts";
import { type Move, mayMove, ruleOf, type State } from "../../nouns/lifecycle.ts";
import {
  BURY,
  type Chapter,
  COMPLETE,
  LEASE_MS,
  only,
  refOf,
  releaseFor,
  rescueTo,
  retryIn,
  STOP,
  type Stage,
} from "./stage.ts";

const HOUR_MS = 3_600_000;
const SUBJECT = refOf("subject");

type MakeableMove = Exclude<Move, "unblock" | "fail-dependency">;
type Step = MakeableMove | "rescue to stale" | "rescue to dead";

/** Where each route leads; `removed` is where no job is, but one was. */
const ROUTES: Readonly<Record<Exclude<State, "blocked"> | "removed", readonly (readonly Step[])[]>> = {
  waiting: [
    ["enqueue"],
    ["enqueue", "claim", "retry"],
    ["enqueue", "claim", "release"],
    ["enqueue", "claim", "rescue"],
    ["enqueue", "claim", "bury", "requeue"],
    ["enqueue", "park", "requeue"],
    ["enqueue", "remove", "restore"],
  ],
  active: [
    ["enqueue", "claim"],
    ["enqueue", "claim", "retry", "claim"],
    ["enqueue", "claim", "release", "claim"],
    ["enqueue", "claim", "rescue", "claim"],
    ["enqueue", "claim", "bury", "requeue", "claim"],
  ],
  stale: [
    ["enqueue", "park"],
    ["enqueue", "claim", "rescue to stale"],
  ],
  completed: [["enqueue", "claim", "complete"]],
  dead: [
    ["enqueue", "claim", "bury"],
    ["enqueue", "claim", "rescue to dead"],
    ["enqueue", "claim", "bury", "requeue", "revert"],
  ],
  cancelled: [
    ["enqueue", "cancel"],
    ["enqueue", "claim", "stop"],
    ["enqueue", "claim", "yield"],
    ["enqueue", "expire"],
    ["enqueue", "replace"],
  ],
  removed: [
    ["enqueue", "remove"],
    ["enqueue", "claim", "complete", "remove"],
  ],
};

export const matrixChapter: Chapter = (test) => {
  for (const [state, routes] of Object.entries(ROUTES))
    for (const route of routes)
      for (const move of Object.keys(WAYS) as MakeableMove[]) {
        const allowed = isAllowed(move, state as keyof typeof ROUTES, route);
        test(`${route.join(" → ")} (${state}): ${move} is ${allowed ? "made" : "not"}`, async (stage) => {
          const subject = new Subject(stage);
          for (const step of route) await STEPS[step](subject);
          const before = await subject.snapshot();
          expect(before.job?.state ?? "removed").toBe(state);
          await WAYS[move](subject);
          const after = await subject.snapshot();
          if (allowed) expectMade(move, after);
          else expect(after).toEqual(before);
        });
      }
};

/** What the table says, and for three moves what they need besides. */
function isAllowed(move: Move, state: keyof typeof ROUTES, route: readonly Step[]): boolean {
  if (state === "removed") return ruleOf(move).from.length === 0;
  // A stale job comes back by a person's requeue only, which is refused instead of yielding.
  if (move === "yield") return state === "active";
  if (move === "revert") return route.at(-1) === "requeue";
  // A requeue lifts the time limit.
  if (move === "expire" && route.includes("requeue")) return false;
  return mayMove(move, state);
}

function expectMade(move: Move, { job, events }: Snapshot): void {
  if (move === "remove") {
    expect(job).toBeNull();
  } else {
    expect(ruleOf(move).to).toContain(job?.state);
    expect(events?.at(-1)?.kind).toBe(move);
  }
}

interface Snapshot {
  readonly job: Job | null;
  readonly events: readonly JobEvent[] | null;
}

/** The job under test, and the leases that were held on it. */
class Subject {
  readonly stage: Stage;
  readonly ref: JobRef = SUBJECT;
  readonly #held: Lease[] = [];

  constructor(stage: Stage) {
    this.stage = stage;
  }

  async snapshot(): Promise<Snapshot> {
    const { reader } = this.stage.adapter;
    return { job: only(await reader.get([this.ref])), events: await reader.events(this.ref, 0, 100) };
  }

  async claim(): Promise<void> {
    for (const { lease } of await this.stage.take({ max: 1 })) this.#held.push(lease);
  }

  /** Tries the latest lease that was held, and one that would be right if the job were active. */
  async settle(decision: Decision, guard: Settlement["guard"] = "held"): Promise<void> {
    const { job } = await this.snapshot();
    const last = this.#held.at(-1) ?? { ref: this.ref, epoch: 0, token: "never given", session: "w1" };
    for (const lease of [last, { ...last, epoch: job?.epoch ?? last.epoch }])
      await this.stage.settle(lease, decision, { guard });
  }
}

type Way = (subject: Subject) => Promise<unknown>;

const keyed = (onConflict: "skip" | "replace") =>
  ({ dedupe: { key: "subject's", while: "waiting", onConflict } }) as const;

const rescue =
  (to: "waiting" | "stale" | "dead"): Way =>
  async (subject) => {
    await subject.stage.bench.advance(LEASE_MS);
    await subject.settle(rescueTo(to), "expired");
  };

/** How each move is made, or tried. */
const WAYS: Readonly<Record<MakeableMove, Way>> = {
  enqueue: ({ stage }) => stage.enqueue({ ...SUBJECT, expiresInMs: HOUR_MS, ...keyed("skip") }),
  claim: (subject) => subject.claim(),
  complete: (subject) => subject.settle(COMPLETE),
  retry: (subject) => subject.settle(retryIn(0)),
  bury: (subject) => subject.settle(BURY),
  stop: (subject) => subject.settle(STOP),
  release: (subject) => subject.settle(releaseFor(0)),
  rescue: rescue("waiting"),
  yield: async (subject) => {
    await subject.stage.enqueue({ id: "twin", ...keyed("skip") });
    await subject.settle(retryIn(0));
    await subject.stage.apply("remove", refOf("twin"));
  },
  expire: async ({ stage }) => {
    await stage.bench.advance(HOUR_MS);
    await stage.adapter.sweeper.expire(100);
  },
  replace: async ({ stage }) => {
    await stage.enqueue({ id: "replacement", ...keyed("replace") });
    await stage.apply("remove", refOf("replacement"));
  },
  cancel: ({ stage, ref }) => stage.apply("cancel", ref),
  park: ({ stage, ref }) => stage.apply("park", ref),
  requeue: ({ stage, ref }) => stage.apply("requeue", ref, { opId: "op-1" }),
  promote: async ({ stage, ref }) => {
    await stage.apply("reschedule", ref, { delayMs: HOUR_MS });
    await stage.apply("promote", ref);
  },
  reschedule: ({ stage, ref }) => stage.apply("reschedule", ref, { delayMs: 1_000 }),
  reprioritise: ({ stage, ref }) => stage.apply("reprioritise", ref, { priority: 3 }),
  edit: ({ stage, ref }) => stage.apply("edit", ref, { payload: '"edited"' }),
  revert: ({ stage, ref }) => stage.apply("revert", ref, { opId: "op-1" }),
  remove: ({ stage, ref }) => stage.apply("remove", ref),
  restore: ({ stage, ref }) => stage.apply("restore", ref),
};

const STEPS: Readonly<Record<Step, Way>> = {
  ...WAYS,
  "rescue to stale": rescue("stale"),
  "rescue to dead": rescue("dead"),
};
