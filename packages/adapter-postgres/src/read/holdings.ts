/** The leases of active jobs, by job. What is stored as waiting and stands in a lease is active. */

import type { Holding } from "@jobyard/core/adapter";
import { leasesOf } from "../sql/read.sql.ts";
import type { View } from "../step.ts";

/** Completed jobs of claims that are still open are among them: their rows say so. */
export async function holdingsOf({ db }: View, pks: readonly number[]): Promise<ReadonlyMap<number, Holding>> {
  if (pks.length === 0) return new Map();
  const rows = await db.all(leasesOf, { pks });
  return new Map(
    rows.map(({ pk, session, token, claimed_at, deadline }) => [
      pk,
      { session, token, claimedAt: claimed_at, deadline },
    ]),
  );
}

/** Of the jobs that are active among these. */
export const holdingsOfRows = (
  view: View,
  rows: readonly { readonly pk: number; readonly state: string }[],
): Promise<ReadonlyMap<number, Holding>> =>
  holdingsOf(
    view,
    rows.filter(({ state }) => state === "waiting").map(({ pk }) => pk),
  );
