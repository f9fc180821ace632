/** The server ends the connections of a worker that is at work: those that listen, and those in a transaction. */

import type { Ground } from "./ground.ts";

export async function disconnect({ workers, store }: Ground, victim: number): Promise<boolean> {
  const member = await workers.borrow(victim);
  if (member === null) return false;
  const isDone = await store.disconnect(member.child.name);
  workers.giveBack(member);
  return isDone;
}
