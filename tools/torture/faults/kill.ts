/** SIGKILL: at any moment, or exactly at a named point. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Crew } from "../crew/crew.ts";
import type { Deaths } from "../crew/deaths.ts";
import type { Point } from "../plan/faults.ts";
import type { Ground } from "./ground.ts";

export async function killNow(crew: Crew, deaths: Deaths, victim: number): Promise<boolean> {
  const member = await crew.borrow(victim);
  if (member === null) return false;
  member.killed = true;
  member.child.kill("SIGKILL");
  await member.child.gone;
  return deaths.of(member.child.name)?.cause === "kill";
}

/** In leases: some points are passed only when somebody else has died. */
const PATIENCE = 3;

export async function killAt(crew: Crew, { deaths, leaseMs }: Ground, victim: number, point: Point): Promise<boolean> {
  const member = await crew.borrow(victim);
  if (member === null) return false;
  const { child } = member;
  child.tell({ do: "arm", point });
  const over = new AbortController();
  const patience = sleep(PATIENCE * leaseMs, undefined, { signal: over.signal }).catch(() => {});
  await Promise.race([child.gone, patience]);
  over.abort();
  if (child.isGone) return deaths.of(child.name)?.cause === point;
  child.tell({ do: "arm", point: null });
  crew.giveBack(member);
  return false;
}
