/** A process that is not ours holds the write lock for longer than a lease: nobody can renew, settle or enqueue. */

import { type Ground, longerThanLease } from "./ground.ts";

export async function lock(ground: Ground): Promise<boolean> {
  const forMs = await ground.lockFor(longerThanLease(ground));
  const proof = `another process had the write lock for ${forMs} ms`;
  ground.history.write({ kind: "fault", fault: "lock", target: null, forMs, proof });
  return forMs > ground.leaseMs;
}
