/**
 * An adapter that writes down what it is asked and what it answers, and kills the process at the named point that it
 * was told. Engine and store do not notice.
 */

import type { Adapter, JobLeaser, JobWriter, Receipt, Settled, Settlement } from "@jobyard/core/adapter";
import type { AskedSettlement, EnqueueAnswer, JobRole, SettleAnswer } from "@jobyard/core/testing";
import type { Points } from "../processes/points.ts";
import { nameOf } from "./errors.ts";
import type { Holdings } from "./holdings.ts";
import type { HistoryWriter } from "./writer.ts";

export interface Recorder {
  readonly history: HistoryWriter;
  readonly points: Points;
  readonly holdings: Holdings;
  /** What jobs of this type are made to do. */
  readonly roleOf: (type: string) => JobRole;
  /** Settlements in transactions of handlers, which count once those are committed; by job id. */
  readonly uncommitted: Map<string, () => void>;
}

export function recording(adapter: Adapter, recorder: Recorder): Adapter {
  const { name, capabilities, schema, reader, operator, sweeper, records } = adapter;
  return {
    name,
    capabilities,
    schema,
    writer: recordingWriter(adapter.writer, recorder),
    leaser: recordingLeaser(adapter.leaser, recorder),
    reader,
    operator,
    sweeper,
    records,
    examine: () => adapter.examine(),
    close: () => adapter.close(),
  };
}

function recordingWriter(writer: JobWriter, { history, points, roleOf }: Recorder): JobWriter {
  return {
    enqueue: async (jobs, options) => {
      const call = history.nextCall();
      const asked = jobs.map(({ queue, id, name }) => ({ queue, id, role: roleOf(name) }));
      history.write({ kind: "enqueue", call, jobs: asked });
      points.pass("before-enqueue");
      const receipts = await answered(writer.enqueue(jobs, options), (error) =>
        history.write({ kind: "enqueued", call, error }),
      );
      points.pass("after-enqueue");
      history.write({ kind: "enqueued", call, answers: receipts.map(enqueueAnswer) });
      return receipts;
    },
  };
}

function recordingLeaser(leaser: JobLeaser, recorder: Recorder): JobLeaser {
  const { history, points, holdings } = recorder;
  return {
    claim: async (request) => {
      const claim = await leaser.claim(request);
      if (claim.jobs.length === 0) return claim;
      holdings.take(claim.jobs);
      history.write({
        kind: "claimed",
        session: request.session,
        token: request.token,
        jobs: claim.jobs.map(({ lease, attempt, heldLimit }) => ({
          ...lease.ref,
          epoch: lease.epoch,
          attempt,
          heldLimit,
        })),
      });
      points.pass("after-claim");
      return claim;
    },
    settle: (settlements, options) => settle(leaser, recorder, settlements, options),
    extend: async (session, leases, leaseMs) => {
      const extended = await leaser.extend(session, leases, leaseMs);
      points.pass("in-heartbeat");
      history.write({
        kind: "heartbeat",
        session,
        leases: leases.map(({ ref, epoch, token }, index) => ({
          ...ref,
          epoch,
          token,
          standing: extended.leases[index] ?? "lost",
        })),
      });
      return extended;
    },
    append: async (entries) => {
      const written = await leaser.append(entries);
      history.write({
        kind: "appended",
        lines: entries.map(({ lease: { ref, epoch, token } }, index) => ({
          ...ref,
          epoch,
          token,
          written: written[index] === true,
        })),
      });
      return written;
    },
    expired: (limit) => leaser.expired(limit),
    retire: (session) => leaser.retire(session),
  };
}

async function settle(
  leaser: JobLeaser,
  { history, points, holdings, roleOf, uncommitted }: Recorder,
  settlements: readonly Settlement[],
  options?: { readonly tx?: unknown },
): Promise<readonly Settled[]> {
  const call = history.nextCall();
  const isRescue = settlements.some(({ guard }) => guard === "expired");
  const inTransaction = options?.tx !== undefined;
  history.write({ kind: "settle", call, settlements: settlements.map((one) => asked(one, roleOf)) });
  if (isRescue) points.pass("in-rescue");
  else if (!inTransaction) points.pass("before-settle");
  const answers = await answered(leaser.settle(settlements, options), (error) =>
    history.write({ kind: "settled", call, error }),
  );
  const note = (): void => history.write({ kind: "settled", call, answers: answers.map(settleAnswer) });
  if (inTransaction && answers.every(({ ok }) => ok)) {
    for (const { lease } of settlements) uncommitted.set(lease.ref.id, note);
    return answers;
  }
  note();
  if (!isRescue) for (const { lease } of settlements) holdings.drop(lease.ref, lease.token);
  if (!isRescue) points.pass("after-settle");
  return answers;
}

const asked = (
  { lease, guard, decision, followUps = [] }: Settlement,
  roleOf: (type: string) => JobRole,
): AskedSettlement => ({
  ...lease.ref,
  epoch: lease.epoch,
  token: lease.token,
  move: decision.move,
  guard,
  ...(decision.move === "rescue" && { charged: decision.charged }),
  ...(followUps.length > 0 && {
    followUps: followUps.map(({ queue, id, name }) => ({ queue, id, role: roleOf(name) })),
  }),
});

const settleAnswer = (settled: Settled): SettleAnswer =>
  settled.ok ? { outcome: "ok", state: settled.state } : { outcome: settled.now };

const enqueueAnswer = (receipt: Receipt): EnqueueAnswer =>
  receipt.outcome === "duplicate" ? `duplicate-${receipt.by}` : receipt.outcome;

/** Also what failed is written down, and still fails. */
async function answered<T>(call: Promise<T>, onError: (error: string) => void): Promise<T> {
  try {
    return await call;
  } catch (error) {
    onError(nameOf(error));
    throw error;
  }
}
