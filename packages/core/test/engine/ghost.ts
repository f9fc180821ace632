/** A worker process that dies: it claims, and is never heard of again. */

import type { Adapter, Claim } from "../../src/contract/adapter.ts";

export interface Ghost {
  readonly session: string;
  readonly lease?: number;
  readonly queue?: string;
  readonly name?: string;
  readonly held?: boolean;
}

export const ghostClaims = (
  { leaser }: Adapter,
  max: number,
  { session, lease = 30_000, queue = "default", name = "any", held = false }: Ghost,
): Promise<Claim> =>
  leaser.claim({
    session,
    token: `${session}-token`,
    leaseMs: lease,
    max,
    queues: [{ queue, max, types: [{ name, maxVersion: 1 }] }],
    waitMs: 0,
    held,
  });
