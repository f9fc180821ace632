/** The records that people look at: who works, and who did what. */

import type { Records, StoredRecord } from "../../contract/adapter.ts";
import { AUDIT_KIND, type AuditLine } from "../../contract/entries.ts";
import { WORKER_KIND, type WorkerInfo } from "../../nouns/worker-info.ts";

const PAGE = 500;

/** Workers whose record has not expired, by name. */
export async function readWorkers(records: Records): Promise<readonly WorkerInfo[]> {
  const workers: WorkerInfo[] = [];
  for await (const page of pages(records, WORKER_KIND))
    workers.push(...page.map(({ doc }) => JSON.parse(doc) as WorkerInfo));
  return workers.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.startedAt - b.startedAt));
}

/** Newest first, at most `limit`: their ids sort by time. */
export async function readAudit(records: Records, limit: number): Promise<readonly AuditLine[]> {
  const newest = await records.list(AUDIT_KIND, null, limit, "down");
  return newest.map(({ doc }) => JSON.parse(doc) as AuditLine);
}

async function* pages(records: Records, kind: string): AsyncGenerator<readonly StoredRecord[]> {
  let after: string | null = null;
  for (;;) {
    const page: readonly StoredRecord[] = await records.list(kind, after, PAGE);
    yield page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.id;
  }
}
