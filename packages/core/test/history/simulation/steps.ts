/** The steps of a run, by name: what happens to whom is picked by two numbers, so that every step fits everywhere. */

import type { JobRef, NewJob } from "../../../src/adapter.ts";
import { OPERATOR_MOVES, type OperatorMove, type State } from "../../../src/nouns/lifecycle.ts";
import { newJob } from "../../../src/testing/plain-calls.ts";
import { claim, enqueue, type Fate, heartbeat, note, release, rescue, run } from "./working.ts";
import { die, LEDGER, QUEUES, roleOf, SWEEP_MS, type Worker, type World } from "./world.ts";

export type Step = (world: World, a: number, b: number) => Promise<void>;

const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % list.length];
const queueOf = (n: number): string => pick(QUEUES, n) ?? LEDGER;

/** A worker that is not stopped, if there is one. */
const awake = ({ workers }: World, n: number): Worker | undefined =>
  pick(
    workers.filter(({ stopped }) => !stopped),
    n,
  );

const FATES: readonly Fate[] = ["answered", "answered", "answered", "answered", "lost", "never", "failed"];

const withWorker =
  (act: (world: World, worker: Worker, b: number) => Promise<void>): Step =>
  async (world, a, b) => {
    const worker = awake(world, a);
    if (worker) await act(world, worker, b);
  };

/** Each with how often it comes. */
export const STEPS: Readonly<Record<string, { readonly weight: number; readonly act: Step }>> = {
  enqueue: {
    weight: 14,
    act: async (world, a, b) => {
      const jobs = Array.from({ length: 1 + (b % 3) }, (_, index) => draft((a + index) % 60, b + index));
      await enqueue(world, jobs, pick(FATES, a + b) ?? "answered");
    },
  },
  claim: { weight: 14, act: withWorker((world, worker, b) => claim(world, worker, 1 + (b % 8), b % 3 > 0)) },
  run: { weight: 22, act: withWorker((world, worker, b) => run(world, worker, b)) },
  release: { weight: 4, act: withWorker((world, worker) => release(world, worker)) },
  note: { weight: 5, act: withWorker((world, worker, b) => note(world, worker, b % 2 ? "progress" : "page-done")) },
  heartbeat: { weight: 8, act: withWorker((world, worker, b) => heartbeat(world, worker, b % 2 === 0)) },
  time: { weight: 12, act: (world, a) => pass(world, 1 + (a % SWEEP_MS)) },
  kill: { weight: 2, act: withWorker(async (world, worker) => die(world, worker, "kill")) },
  "kill in a claim": {
    weight: 1,
    act: withWorker(async (world, worker) => {
      world.recorder.write(worker.name, { kind: "point", point: "after-claim" });
      await claim(world, worker, 3, false, false);
    }),
  },
  "kill in a settle": {
    weight: 2,
    act: withWorker((world, worker, b) => run(world, worker, b, pick<Fate>(["lost", "never", "failed"], b) ?? "lost")),
  },
  stop: {
    weight: 2,
    act: withWorker(async ({ recorder }, worker) => {
      worker.stopped = true;
      recorder.write("keeper", { kind: "fault", fault: "stop", target: worker.name, forMs: null, proof: "state T" });
    }),
  },
  cont: {
    weight: 3,
    act: async ({ workers, recorder }, a) => {
      const worker = pick(
        workers.filter(({ stopped }) => stopped),
        a,
      );
      if (worker === undefined) return;
      worker.stopped = false;
      recorder.write("keeper", { kind: "fault", fault: "cont", target: worker.name, forMs: null, proof: "state S" });
    },
  },
  lock: {
    weight: 1,
    act: async ({ ports, recorder }, a) => {
      const forMs = 300 + (a % 900);
      ports.advance(forMs);
      recorder.write("keeper", { kind: "fault", fault: "lock", target: null, forMs, proof: "5 calls waited" });
    },
  },
  move: { weight: 8, act: (world, a, b) => move(world, pick([...world.refs.values()], a), pick(OPERATOR_MOVES, b), b) },
  requeue: {
    weight: 3,
    act: async (world, a, b) => {
      const ref = await refIn(world, ["dead", "cancelled", "stale"], a);
      await move(world, ref, "requeue", b);
      if (b % 3 === 0) await move(world, ref, "revert", b);
    },
  },
  remove: {
    weight: 1,
    act: async (world, a, b) => {
      const ref = await refIn(world, ["waiting", "completed", "dead"], a);
      await move(world, ref, "remove", b);
      if (b % 2 === 0) await move(world, ref, "restore", b);
    },
  },
  pause: {
    weight: 2,
    act: async ({ adapter, recorder }, a) => {
      await adapter.operator.pause(queueOf(a), { actor: "test" });
      recorder.write("keeper", { kind: "paused", queue: queueOf(a), now: await adapter.reader.now() });
    },
  },
  resume: { weight: 4, act: (world, a) => resume(world, queueOf(a)) },
  bound: {
    weight: 1,
    act: async ({ adapter }, a, b) => {
      const [info] = await adapter.reader.queues(queueOf(a));
      const maxSize = b % 2 ? null : Math.max(info?.depth ?? 0, 3 + (b % 20));
      await adapter.operator.configure(queueOf(a), { maxSize }, { actor: "test" });
    },
  },
  depth: { weight: 4, act: (world, a) => sample(world, queueOf(a)) },
  read: {
    weight: 5,
    act: async ({ adapter, recorder, refs }, a, b) => {
      const ref = pick([...refs.values()], a);
      const after = b % 3;
      const events = ref && (await adapter.reader.events(ref, after, 1 + (b % 9)));
      if (!ref || !events) return;
      const told = events.map(({ seq, kind }) => ({ seq, kind }));
      recorder.write("reader", { kind: "read", ...ref, after, events: told });
    },
  },
  expire: {
    weight: 1,
    act: async ({ adapter }) => {
      await adapter.sweeper.expire(100);
    },
  },
};

/** The job of that number: its role and its queue are its own, so that the number may come again. */
function draft(number: number, b: number): NewJob {
  const role = roleOf(number);
  const key = b % 2 ? "k" : "l";
  const keep = pick(["waiting", "open", "open", "waiting", { forMs: 400 }] as const, b) ?? "open";
  return newJob(`job-${number}`, {
    queue: queueOf(number % 5 === 0 ? 1 : 0),
    maxAttempts: role === "healthy" ? 50 : 2,
    payload: b % 17 === 0 ? "1" : "{}",
    start: { delayMs: b % 5 === 0 ? 300 : 0 },
    expiresInMs: role === "healthy" && b % 11 === 0 ? 500 : null,
    dedupe: b % 3 ? null : { key, while: keep, onConflict: b % 7 === 0 ? "replace" : "skip" },
  });
}

async function refIn({ adapter, refs }: World, states: readonly State[], n: number): Promise<JobRef | undefined> {
  const jobs = await adapter.reader.get([...refs.values()]);
  return pick(
    jobs.flatMap((job) => (job && states.includes(job.state) ? [{ queue: job.queue, id: job.id }] : [])),
    n,
  );
}

async function move(world: World, ref: JobRef | undefined, what: OperatorMove | undefined, b: number): Promise<void> {
  if (ref === undefined || what === undefined) return;
  const { adapter, recorder } = world;
  const call = recorder.nextCall();
  recorder.write("keeper", { kind: "move", call, move: what, refs: [ref] });
  const results = await adapter.operator.apply(what, [ref], { actor: "test", opId: "op" });
  if (b % 9 > 0) recorder.write("keeper", { kind: "moved", call, answers: results.map(({ outcome }) => outcome) });
}

/** Time passes, and whoever died long enough ago is rescued from. */
export async function pass(world: World, ms: number): Promise<void> {
  world.ports.advance(ms);
  await rescue(world);
}

export async function resume({ adapter, recorder }: World, queue: string): Promise<void> {
  recorder.write("keeper", { kind: "resume", queue, now: await adapter.reader.now() });
  await adapter.operator.resume(queue, { actor: "test" });
}

async function sample({ adapter, recorder }: World, queue: string): Promise<void> {
  const [info] = await adapter.reader.queues(queue);
  if (info === undefined) return;
  const { waiting, scheduled, retrying, blocked, active } = info.counts;
  const open = [waiting, scheduled, retrying, blocked, active].reduce((sum, { n }) => sum + n, 0);
  const { maxSize } = info.settings;
  recorder.write("reader", { kind: "depth", queue, depth: info.depth, open, maxSize });
}
