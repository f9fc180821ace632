/**
 * A zombie: stopped for longer than its lease, then continued, with everything that it believed to hold. At any moment,
 * or at work: then it is not continued before others have its job, and what it has to say about it comes too late.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "../crew/child.ts";
import { type Run, unsaidRun, wasRefused } from "../history/last-word.ts";
import { type Ground, longerThanLease } from "./ground.ts";
import { stateOf } from "./process-state.ts";

export async function stop(ground: Ground, victim: number, atWork: boolean): Promise<boolean> {
  const member = await ground.workers.borrow(victim);
  if (member === null) return false;
  const { child } = member;
  const isZombie = await (atWork ? stopAtWork(ground, child) : stopNow(ground, child));
  ground.workers.giveBack(member);
  return isZombie;
}

const stopNow = async (ground: Ground, child: Child): Promise<boolean> =>
  (await halt(child)) && (await haunt(ground, child, Promise.resolve()));

async function stopAtWork(ground: Ground, child: Child): Promise<boolean> {
  const run = await haltAtWork(ground, child);
  if (run === null) return false;
  const isRefused = (): boolean => wasRefused(ground.entriesOf(child.name), run);
  const taken = comesTrue(PATIENCE * ground.leaseMs, () => ground.isTaken(run));
  const isZombie = await haunt(ground, child, taken);
  await comesTrue(PATIENCE * ground.leaseMs, () => child.isGone || isRefused());
  return isZombie && isRefused();
}

/** In leases, how long a step may take: that it has work, that others have that work, and that it is refused. */
const PATIENCE = 3;
/** How long it runs on before the next try. */
const RUNS_MS = 50;

/** Stops it again and again, until that was amid a handler. */
async function haltAtWork(ground: Ground, child: Child): Promise<Run | null> {
  const end = performance.now() + PATIENCE * ground.leaseMs;
  for (; performance.now() < end && !child.isGone; await sleep(RUNS_MS)) {
    if (!(await halt(child))) continue;
    const run = unsaidRun(ground.entriesOf(child.name));
    if (run !== null) return run;
    await proceed(child);
    ground.release();
  }
  return null;
}

/** From being stopped to being continued: for longer than a lease, and until that has happened. */
async function haunt(ground: Ground, child: Child, happened: Promise<unknown>): Promise<boolean> {
  const { history } = ground;
  const from = performance.now();
  const fault = { kind: "fault", target: child.name } as const;
  history.write({ ...fault, fault: "stop", forMs: null, proof: `pid ${child.pid}: state T` });
  await Promise.all([sleep(longerThanLease(ground)), happened]);
  const forMs = Math.round(performance.now() - from);
  const stillStopped = stateOf(child.pid) === "T";
  if (!(await proceed(child)) || !stillStopped) return false;
  const proof = `pid ${child.pid}: state T for ${forMs} ms, then state ${stateOf(child.pid) ?? "gone"}`;
  history.write({ ...fault, fault: "cont", forMs, proof });
  return true;
}

async function halt(child: Child): Promise<boolean> {
  child.kill("SIGSTOP");
  const isStopped = await comesTrue(STATE_MS, () => stateOf(child.pid) === "T");
  // It would stop yet, and nobody would continue it.
  if (!isStopped) child.kill("SIGCONT");
  return isStopped;
}

function proceed(child: Child): Promise<boolean> {
  child.kill("SIGCONT");
  return comesTrue(STATE_MS, () => stateOf(child.pid) !== "T");
}

/** How long a signal takes, at most. */
const STATE_MS = 1_000;
const LOOK_EVERY_MS = 5;

/** Looks until it is true. False if it is not within this time. */
async function comesTrue(withinMs: number, isTrue: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + withinMs; performance.now() < end; await sleep(LOOK_EVERY_MS))
    if (await isTrue()) return true;
  return false;
}
