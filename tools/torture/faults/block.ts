/** An event loop that stands still for longer than the lease: no heartbeat, and then everything at once. */

import type { Word } from "../processes/messages.ts";
import { type Ground, longerThanLease } from "./ground.ts";

export async function block(ground: Ground, victim: number): Promise<boolean> {
  const member = await ground.workers.borrow(victim);
  if (member === null) return false;
  const { child } = member;
  const { promise: blocked, resolve } = Promise.withResolvers<number | null>();
  const unlisten = child.onWord((word: Word) => {
    if (word.say === "blocked") resolve(word.forMs);
  });
  void child.gone.then(() => resolve(null));
  child.tell({ do: "block", forMs: longerThanLease(ground) });
  const forMs = await blocked;
  unlisten();
  if (forMs === null) return false;
  const proof = `pid ${child.pid}: measured ${forMs} ms between two turns of its event loop`;
  ground.history.write({ kind: "fault", fault: "block", target: child.name, forMs, proof });
  ground.workers.giveBack(member);
  return forMs > ground.leaseMs;
}
