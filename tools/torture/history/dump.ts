/** Everything that the store holds in the end, read as any caller would. */

import type { Adapter, JobEvent, JobRef } from "@jobyard/core/adapter";
import type { Dump, DumpedJob } from "@jobyard/core/testing";
import { LEDGER_QUEUE } from "../plan/jobs.ts";

const PAGE = 200;
const EVENTS = 500;

/** @param rows - ids of jobs that left a row in their own transaction; `null` if the store has none */
export async function dump({ reader }: Adapter, rows: readonly string[] | null): Promise<Dump> {
  const upTo = await reader.now();
  const jobs: DumpedJob[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: { readonly items: readonly JobRef[]; readonly next: string | null } = await reader.scan(
      [],
      upTo,
      cursor,
      PAGE,
    );
    const records = await reader.get(page.items);
    const found = records.filter((record) => record !== null);
    jobs.push(...(await Promise.all(found.map(async (job) => ({ ...job, events: await eventsOf(reader, job) })))));
    cursor = page.next;
    if (cursor === null) break;
  }
  const queues = (await reader.queues()).map(({ queue, depth }) => ({ queue, depth }));
  return {
    jobs,
    queues,
    ...(rows !== null && {
      effectRows: { queues: [LEDGER_QUEUE], rows: rows.map((id) => ({ queue: LEDGER_QUEUE, id })) },
    }),
  };
}

async function eventsOf(reader: Adapter["reader"], ref: JobRef): Promise<readonly JobEvent[]> {
  const all: JobEvent[] = [];
  for (;;) {
    const page: readonly JobEvent[] = (await reader.events(ref, all.at(-1)?.seq ?? 0, EVENTS)) ?? [];
    all.push(...page);
    if (page.length < EVENTS) return all;
  }
}
