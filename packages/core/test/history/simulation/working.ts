/** What producers, workers and the rescuer do in the simulated run, each with the entries that it leaves. */

import type { LeasedJob, NewJob, Settlement } from "../../../src/adapter.ts";
import { decide, decideRescue, type Outcome } from "../../../src/decisions/decide.ts";
import { keyOf } from "../../../src/testing/history/facts.ts";
import { claimRequest, newJob } from "../../../src/testing/plain-calls.ts";
import { askedSettlement, enqueueAnswer, settleAnswer } from "./recorder.ts";
import { die, LEASE_MS, LEDGER, QUEUES, roleOfRef, type Worker, type World } from "./world.ts";

/** `lost`: the store did it, and the answer never came. `never`: the call did not reach the store. */
export type Fate = "answered" | "lost" | "never" | "failed";

export async function enqueue(world: World, jobs: readonly NewJob[], fate: Fate): Promise<void> {
  const { adapter, recorder, refs } = world;
  const call = recorder.nextCall();
  const asked = jobs.map((job) => ({
    queue: job.queue,
    id: job.id,
    role: roleOfRef(job),
    ...(job.dedupe && { dedupe: { key: job.dedupe.key, while: job.dedupe.while } }),
  }));
  for (const { queue, id } of asked) refs.set(keyOf({ queue, id }), { queue, id });
  recorder.write("producer", { kind: "enqueue", call, jobs: asked });
  if (fate === "failed") recorder.write("producer", { kind: "enqueued", call, error: "STORE_FULL" });
  if (fate === "failed" || fate === "never") return;
  const receipts = await adapter.writer.enqueue(jobs);
  if (fate === "answered") recorder.write("producer", { kind: "enqueued", call, answers: receipts.map(enqueueAnswer) });
}

/** @param answered - false: it dies before it sees what it was given */
export async function claim(world: World, worker: Worker, max: number, held: boolean, answered = true): Promise<void> {
  const { adapter, recorder } = world;
  worker.claims += 1;
  const token = `${worker.name}-${worker.claims}`;
  const queues = QUEUES.map((queue) => ({ queue, max, types: [{ name: "greet", maxVersion: 1 }] }));
  const { jobs } = await adapter.leaser.claim(
    claimRequest(token, { session: worker.name, leaseMs: LEASE_MS, max, queues, held }),
  );
  if (!answered) return die(world, worker, "kill");
  if (jobs.length === 0) return;
  worker.held.push(...jobs);
  recorder.write(worker.name, {
    kind: "claimed",
    session: worker.name,
    token,
    jobs: jobs.map(({ lease, attempt, heldLimit }) => ({ ...lease.ref, epoch: lease.epoch, attempt, heldLimit })),
  });
}

/** Runs the job that it has held longest, as the job's role wants it. */
export async function run(world: World, worker: Worker, seed: number, fate: Fate = "answered"): Promise<void> {
  const job = worker.held.shift();
  if (job === undefined) return;
  const { ref, epoch } = job.lease;
  world.recorder.write(worker.name, { kind: "started", ...ref, epoch });
  const role = roleOfRef(ref);
  if (role === "pill") return die(world, worker, "pill");
  if (role === "failing") return await end(world, worker, job, FAILED, fate);
  world.recorder.write(worker.name, { kind: "effect", ...ref, epoch });
  const following = seed % 6 === 0 && !ref.id.includes("next") ? [newJob(`${ref.id}-next-${epoch}`, ref)] : [];
  const followUps = following.map((one) => ({ ...one, id: `${ref.id}-next-${epoch}`, maxAttempts: 50 }));
  await end(world, worker, job, { kind: "completed", result: null }, fate, followUps);
}

const FAILED: Outcome = {
  kind: "failed",
  failure: { code: "BROKEN", message: "it always fails", stack: null },
  final: false,
  delayMs: 100,
};

/** Gives back what it has held longest, without a start. */
export async function release(world: World, worker: Worker, fate: Fate = "answered"): Promise<void> {
  const job = worker.held.shift();
  if (job) await end(world, worker, job, { kind: "unstarted" }, fate);
}

async function end(
  world: World,
  worker: Worker,
  job: LeasedJob,
  outcome: Outcome,
  fate: Fate,
  followUps: readonly NewJob[] = [],
): Promise<void> {
  const decision = decide(job, outcome, 0.5);
  for (const { queue, id } of followUps) world.refs.set(keyOf({ queue, id }), { queue, id });
  await settle(world, worker.name, [{ lease: job.lease, guard: "held", decision, followUps }], fate);
  if (fate !== "answered") die(world, worker, "kill");
}

async function settle(world: World, process: string, settlements: readonly Settlement[], fate: Fate): Promise<void> {
  const { adapter, recorder, ledger } = world;
  const call = recorder.nextCall();
  recorder.write(process, { kind: "settle", call, settlements: settlements.map(askedSettlement) });
  if (fate === "failed") recorder.write(process, { kind: "settled", call, error: "STORE_BUSY" });
  if (fate === "failed" || fate === "never") return;
  const answers = await adapter.leaser.settle(settlements);
  for (const [index, { lease }] of settlements.entries()) {
    const answer = answers[index];
    if (answer?.ok && answer.state === "completed" && lease.ref.queue === LEDGER) ledger.push(lease.ref);
  }
  if (fate === "answered") recorder.write(process, { kind: "settled", call, answers: answers.map(settleAnswer) });
}

/** What every worker does each sweep, and here one process for all. */
export async function rescue(world: World): Promise<void> {
  for (const { session, alone, jobs } of await world.adapter.leaser.expired(1_000)) {
    const settlements = jobs.map(
      ({ lease, facts }): Settlement => ({
        lease,
        guard: "expired",
        decision: decideRescue(facts, { alone, unsettled: jobs.length }, 0.5),
      }),
    );
    await settle(world, "rescuer", settlements, "answered");
    // Another has read the same list, and comes too late.
    if (jobs.length % 3 === 0) await settle(world, `late rescuer of ${session}`, settlements, "answered");
  }
}

/** @param forget - what it has lost it puts aside; else it works on, as one does that does not listen */
export async function heartbeat({ adapter, recorder }: World, worker: Worker, forget: boolean): Promise<void> {
  const leases = worker.held.map(({ lease }) => lease);
  const answer = await adapter.leaser.extend(worker.name, leases, LEASE_MS);
  recorder.write(worker.name, {
    kind: "heartbeat",
    session: worker.name,
    leases: leases.map(({ ref, epoch, token }, index) => ({
      ...ref,
      epoch,
      token,
      standing: answer.leases[index] ?? "lost",
    })),
  });
  if (forget) {
    const kept = worker.held.filter((_, index) => answer.leases[index] !== "lost");
    worker.held.splice(0, worker.held.length, ...kept);
  }
}

export async function note({ adapter, recorder }: World, worker: Worker, kind: string): Promise<void> {
  const [job] = worker.held;
  if (job === undefined) return;
  const { lease } = job;
  const [written = false] = await adapter.leaser.append([{ lease, kind, data: '"half"' }]);
  recorder.write(worker.name, {
    kind: "appended",
    lines: [{ ...lease.ref, epoch: lease.epoch, token: lease.token, written }],
  });
}
