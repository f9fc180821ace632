/**
 * Claims for all queues of a worker: one claim on its way at a time, which waits in the store while there is no
 * work. It is called back when a slot becomes free in a queue that it does not ask for.
 */

import type { Claim, ClaimRequest, LeasedJob } from "../../../contract/adapter.ts";
import { QueueError } from "../../../nouns/errors.ts";
import type { Line } from "../line.ts";
import { storeRetryMs } from "../retry.ts";
import type { Settler } from "../run/settler.ts";
import type { Shift } from "../shift.ts";
import { Turn } from "../turn.ts";
import type { Exclusive } from "./exclusive.ts";
import type { Orphans } from "./orphans.ts";

export interface Claimer {
  /** Something has changed that may allow a claim. Cheap; looks at the end of this turn of the event loop. */
  refill(): void;
  /** Resolves when a claim for every queue found nothing while nothing was held and no hook ran; or once stopped. */
  drained(): Promise<void>;
  /** No further claim; resolves when the one on its way is back, and what a failed one took has been given back. */
  stop(): Promise<void>;
}

export interface ClaimerParts {
  readonly lines: readonly Line[];
  readonly settler: Settler;
  readonly exclusive: Exclusive;
  readonly orphans: Orphans;
  /** Called with what was claimed, also after `stop`. */
  readonly onTurns: (turns: readonly Turn[]) => void;
}

/** Jobs per claim: large enough to be cheap, small enough to block nobody for long. */
const MAX_CLAIM = 1_000;
/** That many empty answers, each within {@link QUICK_MS}, mean that the store does not wait; then we do. */
const EMPTY_IN_A_ROW = 10;
const QUICK_MS = 1;

interface Purpose {
  /** It asks for the jobs that this session has emptied itself for, and is the last that needs the reservation. */
  readonly isForReserved: boolean;
  /** Nothing was held, no hook ran, and every queue is asked for: an empty answer ends a drain. */
  readonly endsDrain: boolean;
}

interface Flight {
  readonly request: ClaimRequest;
  readonly landed: Promise<void>;
}

export function createClaimer(shift: Shift, { lines, settler, exclusive, orphans, onTurns }: ClaimerParts): Claimer {
  const { adapter, clock, held, hooks, ports, session, settings, report } = shift;
  const byQueue = new Map(lines.map((line) => [line.queue, line]));
  const stopping = new AbortController();
  let wait = new AbortController();
  let flight: Flight | null = null;
  let scheduled = false;
  let holdsExclusive = false;
  let failures = 0;
  let empties = 0;
  let awaitsHooks = false;
  let drains: (() => void)[] = [];

  const refill = (): void => {
    if (scheduled || stopping.signal.aborted) return;
    scheduled = true;
    setImmediate(look);
  };

  const look = (): void => {
    scheduled = false;
    if (stopping.signal.aborted) return;
    if (held.size === 0) holdsExclusive = false;
    const asked = queuesToAsk();
    if (flight !== null) {
      if (shouldReturn(flight.request, asked)) wait.abort();
      return;
    }
    if (asked.length > 0) fly(asked);
  };

  /** For a drain: hooks may still enqueue what it has to run. */
  const nothingHappens = (): boolean => {
    if (drains.length === 0 || held.size > 0) return false;
    if (hooks.pending > 0 && !awaitsHooks) {
      awaitsHooks = true;
      void hooks.idle().then(() => {
        awaitsHooks = false;
        refill();
      });
    }
    return hooks.pending === 0;
  };

  /** A claim that waits must come back if another one should be made in its place. */
  const shouldReturn = ({ queues, waitMs }: ClaimRequest, asked: ClaimRequest["queues"]): boolean =>
    waitMs > 0 &&
    (exclusive.reserved !== null ||
      nothingHappens() ||
      asked.some(({ queue }) => !queues.some((one) => one.queue === queue)));

  const queuesToAsk = (): ClaimRequest["queues"] => {
    const { reserved } = exclusive;
    if (holdsExclusive || (reserved !== null && held.size > 0)) return [];
    return lines
      .filter((line) => reserved === null || line.queue === reserved)
      .map((line) => ({ queue: line.queue, max: Math.min(line.wanted(), MAX_CLAIM), types: settings.types }))
      .filter(({ max }) => max > 0);
  };

  const fly = (queues: ClaimRequest["queues"]): void => {
    wait = new AbortController();
    const isLastLook = nothingHappens();
    const isForReserved = exclusive.reserved !== null;
    const request: ClaimRequest = {
      session,
      token: ports.newId(),
      leaseMs: settings.leaseMs,
      max: Math.min(
        MAX_CLAIM,
        queues.reduce((sum, { max }) => sum + max, 0),
      ),
      queues,
      waitMs: isLastLook || isForReserved ? 0 : Math.ceil(Math.min(settings.pollMs, settings.leaseMs / 3)),
      signal: wait.signal,
      held: held.size === 0,
    };
    const purpose = { isForReserved, endsDrain: isLastLook && queues.length === lines.length };
    flight = { request, landed: send(request, purpose) };
  };

  const send = async (request: ClaimRequest, purpose: Purpose): Promise<void> => {
    let pauseMs = 0;
    try {
      await orphans.look();
      const sentAt = ports.monotonic();
      landed(request, await adapter.leaser.claim(request), sentAt, purpose);
      failures = 0;
      pauseMs = idlePauseMs();
    } catch (error) {
      report(error, "claim");
      orphans.suspect(request.token);
      failures += 1;
      pauseMs = storeRetryMs(failures, ports);
    }
    if (pauseMs > 0) await ports.sleep(pauseMs, stopping.signal);
    flight = null;
    refill();
  };

  const idlePauseMs = (): number => (empties < EMPTY_IN_A_ROW ? 0 : settings.pollMs);

  const landed = (request: ClaimRequest, claim: Claim, sentAt: number, purpose: Purpose): void => {
    clock.contact(claim.now);
    const wasWaiting = request.waitMs > 0 && request.signal?.aborted !== true;
    const isQuickEmpty = claim.jobs.length === 0 && wasWaiting && ports.monotonic() - sentAt < QUICK_MS;
    empties = isQuickEmpty ? empties + 1 : 0;
    if (purpose.isForReserved) void exclusive.release();
    else exclusive.note(claim.held);
    if (claim.jobs.length > 0) take(claim.jobs, sentAt);
    else if (purpose.endsDrain && held.size === 0) for (const resolve of drains.splice(0)) resolve();
  };

  const take = (jobs: readonly LeasedJob[], sentAt: number): void => {
    clock.renewed(sentAt);
    shift.counts.claimed += jobs.length;
    const turns: Turn[] = [];
    for (const job of jobs) {
      const turn = toTurn(job);
      if (turn === null) continue;
      if (job.heldLimit !== null) holdsExclusive = true;
      held.add(turn);
      turns.push(turn);
    }
    onTurns(turns);
  };

  /** A job that we did not ask for is a fault of the store; it goes back. */
  const toTurn = (job: LeasedJob): Turn | null => {
    const bound = settings.jobs.get(job.name);
    const line = byQueue.get(job.lease.ref.queue);
    if (bound !== undefined && line !== undefined) return new Turn(job, bound, line);
    report(new QueueError("HANDLER_MISSING", `${job.lease.ref.queue}: ${job.name}`), "claim");
    settler.push({
      settlement: { lease: job.lease, guard: "held", decision: { move: "release", delayMs: settings.leaseMs } },
      done: () => {},
    });
    return null;
  };

  return {
    refill,
    drained: () =>
      new Promise((resolve) => {
        if (stopping.signal.aborted) return resolve();
        drains = [...drains, resolve];
        refill();
      }),
    stop: async () => {
      stopping.abort();
      wait.abort();
      await flight?.landed;
      for (const resolve of drains.splice(0)) resolve();
      await orphans.look().catch((error: unknown) => report(error, "claim"));
    },
  };
}
