/**
 * `onRestart: "hold"`: a worker that begins to serve a queue which no other live session serves first puts aside, for
 * a person, what it finds there: waiting jobs become stale at once, active ones when their dead session's lease is over.
 *
 * Until it is certain that nobody serves the queue it does not begin. A session is dead if its registration is gone or
 * its process on this host is; it lives if its registration is refreshed; else we wait until one of these shows.
 */

import type { Filter } from "../../../nouns/filter.ts";
import type { JobRef } from "../../../nouns/job.ts";
import type { Line } from "../line.ts";
import { storeRetryMs } from "../retry.ts";
import type { Shift } from "../shift.ts";
import { isGoneProcess, readWorker } from "./registry.ts";
import { rescue } from "./rescuer.ts";
import { RESTART_KIND, type RestartDoc, type RestartRecord, readRestart } from "./restart-record.ts";

/**
 * Resolves when every queue is served. A store that is away is tried again.
 *
 * @param signal - gives up
 * @param onOpen - one more queue is served
 */
export async function openHoldQueues(
  shift: Shift,
  lines: readonly Line[],
  signal: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  const { ports, report } = shift;
  const open = async (line: Line): Promise<void> => {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await begin(shift, line.queue, signal);
        line.open = true;
        return onOpen();
      } catch (error) {
        report(error, "restart");
        await ports.sleep(storeRetryMs(failures, ports), signal);
      }
    }
  };
  await Promise.all(lines.filter((line) => !line.open).map(open));
}

async function begin(shift: Shift, queue: string, signal: AbortSignal): Promise<void> {
  const firstSeen: FirstSeen = new Map();
  while (!signal.aborted) {
    const record = await readRestart(shift.adapter, queue);
    const { serving, parking } = record.doc;
    if (serving.includes(shift.session) && parking !== shift.session) return;
    const alive = await livingOf(shift, serving, firstSeen, signal);
    if (parking !== null && alive.includes(parking)) {
      await shift.ports.sleep(shift.settings.pollMs, signal);
    } else if (alive.length > 0) {
      if (await write(shift, queue, record, { ...record.doc, serving: [...alive, shift.session] })) return;
    } else if (await beginAnew(shift, queue, record)) return;
  }
}

async function beginAnew(shift: Shift, queue: string, record: RestartRecord): Promise<boolean> {
  const { adapter, session } = shift;
  const upTo = await adapter.reader.now();
  const dead = await holdersOf(shift, queue);
  if (!(await write(shift, queue, record, { serving: [session], parking: session, dead }))) return false;
  const gone = await retireGone(shift, dead);
  await parkWaiting(shift, queue, upTo);
  if (gone > 0) await rescue(shift);
  return parked(shift, queue);
}

/** Leases of processes that are certainly gone need not run out first. */
async function retireGone({ adapter }: Shift, sessions: readonly string[]): Promise<number> {
  let gone = 0;
  for (const session of sessions) {
    const worker = await readWorker(adapter, session);
    if (worker === null || !isGoneProcess(worker.info)) continue;
    await adapter.leaser.retire(session);
    gone += 1;
  }
  return gone;
}

/** Others may have asked to join meanwhile; only our own mark goes. */
async function parked(shift: Shift, queue: string): Promise<boolean> {
  for (;;) {
    const record = await readRestart(shift.adapter, queue);
    if (record.doc.parking !== shift.session) return false;
    if (await write(shift, queue, record, { ...record.doc, parking: null })) return true;
  }
}

async function write({ adapter }: Shift, queue: string, { version }: RestartRecord, doc: RestartDoc): Promise<boolean> {
  return (await adapter.records.put(RESTART_KIND, queue, JSON.stringify(doc), { ifVersion: version })) !== null;
}

const PAGE = 200;

async function parkWaiting({ adapter, settings }: Shift, queue: string, upTo: number): Promise<void> {
  const options = { actor: settings.name, reason: "restart" };
  const filter = jobsOf(queue, ["waiting", "scheduled", "retrying"]);
  for (let cursor: string | null = null; ; ) {
    const page: { readonly items: readonly JobRef[]; readonly next: string | null } = await adapter.reader.scan(
      filter,
      upTo,
      cursor,
      PAGE,
    );
    if (page.items.length > 0) await adapter.operator.apply("park", page.items, options);
    cursor = page.next;
    if (cursor === null) return;
  }
}

/** Sessions that hold jobs of the queue. Nobody serves it, so they are dead. */
async function holdersOf({ adapter }: Shift, queue: string): Promise<readonly string[]> {
  const sessions = new Set<string>();
  for (let cursor: string | null = null; ; ) {
    const page = await adapter.reader.list({ filter: jobsOf(queue, ["active"]), limit: PAGE, cursor });
    for (const { worker } of page.items) if (worker !== null) sessions.add(worker);
    cursor = page.next;
    if (cursor === null) return [...sessions];
  }
}

const jobsOf = (queue: string, states: Extract<Filter[number], { readonly field: "state" }>["any"]): Filter => [
  { not: false, field: "state", any: states },
  { not: false, field: "queue", any: [{ text: queue, glob: false }] },
];

/** Versions of registrations at first sight: one that has gone up since was refreshed by a living worker. */
type FirstSeen = Map<string, number>;

async function livingOf(
  shift: Shift,
  serving: readonly string[],
  firstSeen: FirstSeen,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const sessions = serving.filter((session) => session !== shift.session);
  const living = await Promise.all(sessions.map((session) => lives(shift, session, firstSeen, signal)));
  return sessions.filter((_, index) => living[index]);
}

async function lives(shift: Shift, session: string, firstSeen: FirstSeen, signal: AbortSignal): Promise<boolean> {
  const { adapter, ports, settings } = shift;
  while (!signal.aborted) {
    const worker = await readWorker(adapter, session);
    if (worker === null || isGoneProcess(worker.info)) return false;
    const first = firstSeen.get(session) ?? worker.version;
    if (worker.version !== first) return true;
    firstSeen.set(session, first);
    await ports.sleep(Math.min(settings.pollMs, settings.leaseMs / 12), signal);
  }
  return true;
}
