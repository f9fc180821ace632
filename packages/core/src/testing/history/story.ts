/**
 * The life of one job as its events tell it: replayed move by move, and compared with the record.
 *
 * The replay stops at the first event that cannot have been. A story that breaks off proves nothing
 * but its own fault.
 */

import type { Instant, JobEvent } from "../../nouns/job.ts";
import { isFinal, MOVES, type Move, mayMove, ruleOf, type State } from "../../nouns/lifecycle.ts";
import type { DumpedJob } from "./entry.ts";
import { afterMove, dataOf, type EventData, newborn, type Picture } from "./picture.ts";

export interface Story {
  readonly turns: readonly Turn[];
  readonly spans: readonly Span[];
  /** Charged rescues since the enqueue or the last requeue. */
  readonly charged: number;
  readonly fault: Fault | null;
}

/** One lease: from the claim to its end. */
export interface Turn {
  readonly epoch: number;
  readonly session: string;
  readonly attempt: number;
  readonly claimedAt: Instant;
  /** How many events the handler wrote: progress, logs, its own. */
  notes: number;
  end: TurnEnd | null;
}

export interface TurnEnd {
  readonly move: Move;
  readonly state: State;
  readonly at: Instant;
  /** Of a rescue: whether the attempt was paid for. */
  readonly charged: boolean | null;
}

/** A time in which the job was in a state. `to: null`: it still is. */
export interface Span {
  readonly state: State;
  readonly from: Instant;
  to: Instant | null;
}

/**
 * `hole`: the numbers are not 1, 2, 3 …. `again`: a job that was final ended once more. `unfenced`: a worker's write
 * without a lease. `impossible`: another move that cannot be. `differs`: the record is not what the events say.
 */
export interface Fault {
  readonly kind: "hole" | "again" | "unfenced" | "impossible" | "differs";
  readonly says: string;
}

export function storyOf(job: DumpedJob): Story {
  const teller: Teller = { picture: null, turns: [], spans: [] };
  let fault: Fault | null = null;
  for (const [index, event] of job.events.entries()) {
    fault =
      event.seq === index + 1 ? tell(teller, event, job) : hole(`event ${event.seq} stands at place ${index + 1}`);
    if (fault !== null) break;
  }
  fault ??= compare(teller.picture, job);
  return { turns: teller.turns, spans: teller.spans, charged: teller.picture?.charged ?? 0, fault };
}

interface Teller {
  picture: Picture | null;
  readonly turns: Turn[];
  readonly spans: Span[];
}

const hole = (says: string): Fault => ({ kind: "hole", says });

/** Takes one event into the story; what is wrong with it, if anything. */
function tell(teller: Teller, event: JobEvent, job: DumpedJob): Fault | null {
  const before = teller.picture;
  if (!isMove(event.kind)) return note(teller, event);
  const data = readData(event);
  if (data === null) return { kind: "impossible", says: `${name(event)}: its data is not JSON` };
  const fault = before === null ? firstFault(event) : moveFault(before, event, event.kind, data);
  if (fault !== null) return fault;
  const after = before === null ? newborn(firstState(job)) : afterMove(before, event.kind, data);
  teller.picture = after;
  keepTurns(teller, event, event.kind, data, before);
  if (before === null || before.state !== after.state || before.removed !== after.removed) keepSpans(teller, event);
  return null;
}

const isMove = (kind: string): kind is Move => Object.hasOwn(MOVES, kind);
const name = ({ seq, kind }: JobEvent): string => `event ${seq} (${kind})`;

function readData(event: JobEvent): EventData | null {
  try {
    return dataOf(event);
  } catch {
    return null;
  }
}

/** A job with dependencies begins blocked; its `enqueue` does not say so, what follows does. */
const firstState = ({ state, events }: DumpedJob): "waiting" | "blocked" =>
  state === "blocked" || events.some(({ kind }) => kind === "unblock" || kind === "fail-dependency")
    ? "blocked"
    : "waiting";

const firstFault = (event: JobEvent): Fault | null =>
  event.kind === "enqueue" ? null : { kind: "impossible", says: `${name(event)} comes before the job was accepted` };

function moveFault(picture: Picture, event: JobEvent, move: Move, data: EventData): Fault | null {
  if (isAllowed(picture, move)) return claimFault(picture, event, move, data);
  const says = `${name(event)} of a job that was ${picture.removed ? "removed" : picture.state}`;
  const rule = ruleOf(move);
  if (rule.from.length === 1 && rule.from[0] === "active")
    return { kind: isFinal(picture.state) && rule.to.every(isFinal) ? "again" : "unfenced", says };
  return { kind: "impossible", says };
}

function isAllowed(picture: Picture, move: Move): boolean {
  if (move === "restore" || picture.removed) return move === "restore" && picture.removed;
  if (move === "revert" && picture.before === null) return false;
  return mayMove(move, picture.state);
}

function claimFault({ attempt }: Picture, event: JobEvent, move: Move, data: EventData): Fault | null {
  if (move !== "claim" || attempt === "unknown" || data.attempt === attempt + 1) return null;
  return { kind: "impossible", says: `${name(event)} calls itself attempt ${data.attempt} after ${attempt}` };
}

function note(teller: Teller, event: JobEvent): Fault | null {
  const turn = teller.turns.at(-1);
  if (turn === undefined || turn.end !== null) return { kind: "unfenced", says: `${name(event)}: no lease was held` };
  turn.notes += 1;
  return null;
}

function keepTurns(teller: Teller, { at }: JobEvent, move: Move, data: EventData, before: Picture | null): void {
  const { picture, turns } = teller;
  if (picture === null) return;
  const turn = turns.at(-1);
  if (move === "claim") {
    const { worker: session = "", attempt = 0 } = data;
    turns.push({ epoch: picture.epoch, session, attempt, claimedAt: at, notes: 0, end: null });
  } else if (turn && before?.state === "active" && picture.state !== "active")
    turn.end = { move, state: picture.state, at, charged: move === "rescue" ? data.charged === true : null };
}

function keepSpans({ picture, spans }: Teller, { at }: JobEvent): void {
  const last = spans.at(-1);
  if (last && last.to === null) last.to = at;
  if (picture && !picture.removed) spans.push({ state: picture.state, from: at, to: null });
}

const COMPARED = ["state", "reason", "attempt", "rescues", "heldLimit", "epoch"] as const;

function compare(picture: Picture | null, job: DumpedJob): Fault | null {
  if (job.events.length !== job.seq) return hole(`seq is ${job.seq}, and there are ${job.events.length} events`);
  if (picture === null || picture.removed) return { kind: "differs", says: "the events say that it is not there" };
  const field = COMPARED.find((one) => picture[one] !== "unknown" && picture[one] !== job[one]);
  if (field === undefined) return null;
  return { kind: "differs", says: `${field} is ${job[field]}, and the events say ${picture[field]}` };
}
