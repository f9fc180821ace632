/** Jobs by their address, and their events. */

import { claimData, type Instant, type Job, type JobEvent, type JobRef } from "@jobyard/core/adapter";
import { unwrittenOf } from "../job-fields.ts";
import { eventsScript, locateScript } from "../lua/read/look.lua.ts";
import { packed } from "../packed.ts";
import { look, SLICE, WHOLE } from "./look.ts";
import type { Readable } from "./store.ts";

export async function get(store: Readable, refs: readonly JobRef[]): Promise<readonly (Job | null)[]> {
  return (await look(store, refs, WHOLE)).map((job) => job?.toJob() ?? null);
}

/** @param queues - all there are */
export async function locate(store: Readable, queues: readonly string[], id: string): Promise<readonly JobRef[]> {
  const found: string[] = [];
  for (let from = 0; from < queues.length; from += SLICE) {
    const asked = packed([id, ...queues.slice(from, from + SLICE)]);
    found.push(...((await store.run(locateScript, asked)) as readonly string[]));
  }
  return found.sort().map((queue) => ({ queue, id }));
}

/** As the script answers. */
type EventsRow = readonly [
  place: string,
  written: number,
  timestamp: string,
  finishedOn: string | null,
  processedOn: string | null,
  ats: string | null,
  pb: string | null,
  atm: string | null,
  stc: string | null,
  yc: string | null,
  ...texts: string[],
];

export async function events(
  store: Readable,
  { queue, id }: JobRef,
  after: number,
  limit: number,
): Promise<readonly JobEvent[] | null> {
  const row = (await store.run(eventsScript, packed([queue, id, after, limit]))) as EventsRow | null;
  if (row === null) return null;
  const [, written, timestamp, , , , , , , , ...texts] = row;
  const enqueued: JobEvent = { seq: 1, at: instantIn(timestamp), kind: "enqueue", data: null };
  const first = Math.max(2, after + 1);
  const all = [
    ...(after < 1 ? [enqueued] : []),
    ...texts.map((text, index) => eventIn(text, first + index)),
    ...happyPath(row).map((event, index) => ({ ...event, seq: written + 2 + index })),
  ];
  return all.filter(({ seq }) => seq > after).slice(0, limit);
}

function eventIn(text: string, seq: number): JobEvent {
  const [, at = "", kind = "", data = ""] = /^([^\n]*)\n([^\n]*)\n(.*)$/s.exec(text) ?? [];
  return { seq, at: instantIn(at), kind, data: data === "" ? null : data };
}

/** The events that are not written. */
function happyPath(row: EventsRow): readonly Omit<JobEvent, "seq">[] {
  const [place, , , finishedOn, processedOn, ats, pb, atm, stc, yc] = row;
  const startedAt = processedOn === null ? null : instantIn(processedOn);
  const attempt = Number(atm ?? 0) + Number(stc ?? 0) + (place === "active" ? 1 : 0);
  const claims = { ats: Number(ats ?? 0), written: yc, startedAt };
  return unwrittenOf(claims, place === "completed").map((kind) =>
    kind === "claim"
      ? { at: startedAt ?? 0, kind, data: claimData(pb ?? "", attempt) }
      : { at: instantIn(finishedOn ?? ""), kind, data: null },
  );
}

const instantIn = (text: string): Instant => Math.floor(Number(text));
