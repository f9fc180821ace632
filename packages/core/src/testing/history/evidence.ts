/** What a history and a store have to say about one job, queue or session: the proof of a violation. */

import type { Occurrence } from "./calls.ts";
import { occurrences } from "./calls.ts";
import type { Finding } from "./cases.ts";
import type { Dump, DumpedJob, HistoryEntry } from "./entry.ts";
import { keyOf } from "./facts.ts";

/** One line of proof: who saw what, when by its own clock. Events bear the store's clock, and `store` as process. */
export interface Evidence {
  readonly at: number | null;
  readonly process: string;
  readonly kind: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A violation with the lines that prove it, in the order of the history; the last of them are left out if there are many. */
export interface Violation extends Finding {
  readonly evidence: readonly Evidence[];
  /** How many lines were left out. */
  readonly more: number;
}

const MOST_LINES = 60;

/** Reads history and dump once more, for what was found only. */
export function withEvidence(
  findings: readonly Finding[],
  entries: Iterable<HistoryEntry>,
  dump: Dump,
): ReadonlyMap<Finding, Violation> {
  const folders = new Map<string, Folder>();
  for (const subject of findings.flatMap(subjectsOf)) folders.set(subject, { lines: [], more: 0 });
  if (folders.size > 0) {
    for (const occurrence of occurrences(entries))
      for (const [subject, line] of linesOf(occurrence)) file(folders, subject, line);
    for (const job of dump.jobs)
      if (folders.has(keyOf(job))) for (const line of recordOf(job)) file(folders, keyOf(job), line);
  }
  return new Map(findings.map((finding) => [finding, violation(finding, folders)]));
}

interface Folder {
  readonly lines: Evidence[];
  more: number;
}

function file(folders: ReadonlyMap<string, Folder>, subject: string, line: Evidence): void {
  const folder = folders.get(subject);
  if (folder === undefined) return;
  if (folder.lines.length < MOST_LINES) folder.lines.push(line);
  else folder.more += 1;
}

function violation(finding: Finding, folders: ReadonlyMap<string, Folder>): Violation {
  const own = subjectsOf(finding).flatMap((subject) => folders.get(subject) ?? []);
  return {
    ...finding,
    evidence: own.flatMap(({ lines }) => lines),
    more: own.reduce((sum, { more }) => sum + more, 0),
  };
}

const queueSubject = (queue: string): string => `queue ${queue}`;
const sessionSubject = (session: string): string => `session ${session}`;

const subjectsOf = ({ job, queue, session }: Finding): readonly string[] => [
  ...(job ? [keyOf(job)] : []),
  ...(queue === undefined ? [] : [queueSubject(queue)]),
  ...(session === undefined ? [] : [sessionSubject(session)]),
];

/** What the occurrence says, to each that it is about. */
function linesOf(it: Occurrence): readonly (readonly [string, Evidence])[] {
  const { at, process, kind } = it;
  const line = (facts: Evidence["facts"]): Evidence => ({ at, process, kind, facts });
  switch (it.kind) {
    case "enqueue":
      return it.pairs.map(([job, answer]) => [keyOf(job), line({ answer: answer ?? it.outcome })]);
    case "settle":
      return it.pairs.map(([{ queue, id, followUps, ...asked }, answer]) => [
        keyOf({ queue, id }),
        line({ ...asked, answer: answer ?? it.outcome }),
      ]);
    case "move":
      return it.pairs.map(([ref, answer]) => [keyOf(ref), line({ move: it.move, answer: answer ?? it.outcome })]);
    case "claimed":
      return it.jobs.map(({ queue, id, ...own }) => [
        keyOf({ queue, id }),
        line({ ...own, token: it.token, session: it.session, together: it.jobs.length }),
      ]);
    case "started":
    case "effect":
      return [[keyOf(it), line({ epoch: it.epoch })]];
    case "heartbeat":
      // That a lease is held is told every third of it, and says nothing.
      return it.leases.flatMap(({ queue, id, ...own }) =>
        own.standing === "held" ? [] : [[keyOf({ queue, id }), line(own)] as const],
      );
    case "appended":
      return it.lines.map(({ queue, id, ...own }) => [keyOf({ queue, id }), line(own)]);
    case "read":
      return [[keyOf(it), line({ after: it.after, events: it.events })]];
    case "depth":
      return [[queueSubject(it.queue), line({ depth: it.depth, open: it.open, maxSize: it.maxSize })]];
    case "paused":
    case "resume":
      return [[queueSubject(it.queue), line({ now: it.now })]];
    case "died":
      return [[sessionSubject(it.session), line({ proof: it.proof })]];
    default:
      return [];
  }
}

function recordOf(job: DumpedJob): readonly Evidence[] {
  const { state, reason, attempt, maxAttempts, rescues, heldLimit, epoch, seq } = job;
  const record = { state, reason, attempt, maxAttempts, rescues, heldLimit, epoch, seq };
  return [
    { at: null, process: "store", kind: "record", facts: record },
    ...job.events.map(({ at, ...event }) => ({ at, process: "store", kind: "event", facts: event })),
  ];
}
