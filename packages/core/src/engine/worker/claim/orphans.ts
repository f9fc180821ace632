/**
 * Jobs that a claim took without us hearing of it: the store committed, and the answer was lost.
 *
 * They are active under our session, so no rescue would free them as long as we live. After a claim that failed we
 * therefore look for jobs of our session that we do not hold, and release those that carry the token of that claim.
 */

import type { LeasedJob, Settlement } from "../../../contract/adapter.ts";
import type { Filter } from "../../../nouns/filter.ts";
import type { JobSummary } from "../../../nouns/job.ts";
import type { Shift } from "../shift.ts";

export interface Orphans {
  /** The outcome of the claim with this token is not known. */
  suspect(token: string): void;
  /** Does nothing unless a claim is under suspicion. A suspicion ends after one lease: the store has long decided. */
  look(): Promise<void>;
}

const PAGE = 200;
/** That often during a suspicion: the statement of a claim may outlive the connection that it came by. */
const LOOKS = 10;

export function createOrphans({ adapter, held, ports, session, settings }: Shift): Orphans {
  const suspects = new Map<string, number>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  const ours: Filter = [
    { not: false, field: "state", any: ["active"] },
    { not: false, field: "worker", any: [{ text: session, glob: false }] },
  ];

  const release = async (jobs: readonly JobSummary[]): Promise<void> => {
    const known = new Set([...held].map(({ leased }) => refText(leased.lease.ref)));
    const lost = jobs.filter((job) => !known.has(refText(job)));
    const settlements = lost.flatMap((job) => [...suspects.keys()].map((token) => releaseOf(job, token, session)));
    if (settlements.length > 0) await adapter.leaser.settle(settlements);
  };

  return {
    suspect: (token) => {
      suspects.set(token, ports.monotonic() + settings.leaseMs);
      lookedAt = Number.NEGATIVE_INFINITY;
    },
    look: async () => {
      const from = ports.monotonic();
      if (suspects.size === 0 || from < lookedAt + settings.leaseMs / LOOKS) return;
      lookedAt = from;
      for (let cursor: string | null = null; ; ) {
        const page = await adapter.reader.list({ filter: ours, limit: PAGE, cursor });
        await release(page.items);
        cursor = page.next;
        if (cursor === null) break;
      }
      for (const [token, until] of suspects) if (until <= from) suspects.delete(token);
    },
  };
}

const refText = ({ queue, id }: LeasedJob["lease"]["ref"]): string => `${queue}/${id}`;

/** Refused by the fence if the token is another claim's. */
const releaseOf = ({ queue, id, epoch }: JobSummary, token: string, session: string): Settlement => ({
  lease: { ref: { queue, id }, epoch, token, session },
  guard: "held",
  decision: { move: "release", delayMs: 0 },
});
