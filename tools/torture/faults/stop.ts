/** A zombie: stopped for longer than its lease, then continued, with everything that it believed to hold. */

import { setTimeout as sleep } from "node:timers/promises";
import { type Ground, longerThanLease } from "./ground.ts";
import { stateOf } from "./process-state.ts";

export async function stop(ground: Ground, victim: number): Promise<boolean> {
  const member = await ground.workers.borrow(victim);
  if (member === null) return false;
  const { child } = member;
  child.kill("SIGSTOP");
  const from = performance.now();
  if (!(await hasStopped(child.pid))) {
    ground.workers.giveBack(member);
    return false;
  }
  const proof = `pid ${child.pid}: state T`;
  ground.history.write({ kind: "fault", fault: "stop", target: child.name, forMs: null, proof });
  await sleep(longerThanLease(ground));
  const forMs = Math.round(performance.now() - from);
  const stillStopped = stateOf(child.pid) === "T";
  child.kill("SIGCONT");
  const isZombie = stillStopped && (await hasContinued(child.pid));
  if (isZombie) {
    const text = `pid ${child.pid}: state T for ${forMs} ms, then state ${stateOf(child.pid) ?? "gone"}`;
    ground.history.write({ kind: "fault", fault: "cont", target: child.name, forMs, proof: text });
  }
  ground.workers.giveBack(member);
  return isZombie;
}

const LOOKS = 200;
const LOOK_EVERY_MS = 5;

const hasStopped = (pid: number): Promise<boolean> => comesTo(pid, (state) => state === "T");
const hasContinued = (pid: number): Promise<boolean> => comesTo(pid, (state) => state !== "T");

async function comesTo(pid: number, isWanted: (state: string | null) => boolean): Promise<boolean> {
  for (let looks = 0; looks < LOOKS; looks++) {
    if (isWanted(stateOf(pid))) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}
