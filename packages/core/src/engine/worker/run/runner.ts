/** Runs one job after another: payload in, handler, result out, settlement. Nothing it is given makes it throw. */

import type { NewJob, Settled, Settlement } from "../../../contract/adapter.ts";
import type { Outcome } from "../../../decisions/decide.ts";
import { QueueError } from "../../../nouns/errors.ts";
import { readPayload } from "../../yard/payload.ts";
import { isThenable } from "../hooks.ts";
import type { Shift } from "../shift.ts";
import type { Turn } from "../turn.ts";
import { completeInTx, wasCommitted } from "./complete-in-tx.ts";
import { type ContextTools, TurnContext, toRunningJob } from "./context.ts";
import { createDeadlines } from "./deadlines.ts";
import type { EntryWriter } from "./entry-writer.ts";
import { followUpJobs } from "./follow-ups.ts";
import { decideTurn, failed, outcomeOfError, resultText } from "./outcome.ts";
import type { Settler } from "./settler.ts";
import { tellSettled } from "./tell.ts";

export interface Runner {
  start(turn: Turn): void;
  /** The first outcome holds; a later one is ignored. */
  finish(turn: Turn, outcome: Outcome): void;
  close(): void;
}

export interface RunnerParts {
  readonly settler: Settler;
  readonly entries: EntryWriter;
  /** A slot has become free. */
  readonly onFree: (turn: Turn) => void;
  /** The store has answered; the session no longer holds the job. */
  readonly onSettled: (turn: Turn) => void;
}

export function createRunner(shift: Shift, { settler, entries, onFree, onSettled }: RunnerParts): Runner {
  const { ports, report } = shift;
  const tools: ContextTools = { entries, complete: (turn, result, tx) => completeInTx(shift, turn, result, tx) };

  const deadlines = createDeadlines<Turn>(ports, (turn) => {
    const error = new QueueError("HANDLER_TIMEOUT", `${turn.leased.timeoutMs} ms`);
    turn.abort("timeout", error);
    // The stack of a timer tells nothing.
    const outcome = failed(turn, error, report);
    finish(turn, { ...outcome, failure: { ...outcome.failure, stack: null } });
  });

  const finish = (turn: Turn, outcome: Outcome, followUps: readonly NewJob[] = NONE): void => {
    if (turn.stage === "over") return;
    end(turn);
    const settlement: Settlement = {
      lease: turn.leased.lease,
      guard: "held",
      decision: decideTurn(turn.leased, outcome, ports),
      ...(followUps.length > 0 && { followUps }),
    };
    if (turn.lastEntry === null) settle(turn, settlement);
    else void turn.lastEntry.then(() => settle(turn, settlement));
  };

  const end = (turn: Turn): void => {
    const ran = turn.stage === "running";
    turn.stage = "over";
    if (!ran) return;
    const tookMs = ports.monotonic() - turn.startedAt;
    turn.tookMs = Math.round(tookMs * 1_000) / 1_000;
    turn.line.running -= 1;
    turn.line.ran(tookMs);
    if (turn.leased.timeoutMs !== null) deadlines.drop(turn);
    onFree(turn);
  };

  const settle = (turn: Turn, settlement: Settlement): void => {
    settler.push({
      settlement,
      done: (settled, final) => settledAs(turn, settled, final),
      instead: (error) => ({
        lease: settlement.lease,
        guard: "held",
        decision: decideTurn(turn.leased, failed(turn, error, report), ports),
      }),
    });
  };

  const settledAs = (turn: Turn, settled: Settled, settlement: Settlement): void => {
    shift.held.delete(turn);
    tellSettled(shift, turn, settled, settlement);
    onSettled(turn);
  };

  const run = async (turn: Turn): Promise<void> => {
    try {
      const read = readPayload(turn.leased, turn.bound.definition.payload);
      const payload = read instanceof Promise ? await read : read;
      if (!payload.ok) return finish(turn, failed(turn, payload.error, report, true));
      turn.job = toRunningJob(turn.leased, payload.value);
      const answer = turn.bound.run(turn.job, new TurnContext(turn, tools));
      const result = isThenable(answer) ? await answer : answer;
      if (turn.stage === "over") return;
      if (turn.asked !== null) return finish(turn, turn.asked);
      if (turn.completedInTx !== null) return await afterTx(turn, new Error(NOT_COMMITTED));
      const text = resultText(turn, result);
      const followUps = turn.bound.followUps === null ? NONE : await followUpJobs(turn, result, shift.maxPayloadBytes);
      finish(turn, { kind: "completed", result: text }, followUps);
    } catch (error) {
      if (turn.stage === "over") return;
      if (turn.completedInTx !== null) return await afterTx(turn, error);
      finish(turn, outcomeOfError(turn, error, report));
    }
  };

  /** The handler had completed its job in its own transaction, and is over. */
  const afterTx = async (turn: Turn, error: unknown): Promise<void> => {
    if (!(await wasCommitted(shift, turn))) return finish(turn, outcomeOfError(turn, error, report));
    if (turn.stage === "over") return;
    end(turn);
    const decision = { move: "complete", result: turn.completedInTx?.result ?? null } as const;
    settledAs(turn, COMPLETED, { lease: turn.leased.lease, guard: "held", decision });
  };

  return {
    start: (turn) => {
      turn.stage = "running";
      turn.startedAt = ports.monotonic();
      turn.line.running += 1;
      const { timeoutMs } = turn.leased;
      if (timeoutMs !== null) deadlines.add(turn, turn.startedAt + timeoutMs);
      const { onJobStart } = shift.hooks.hooks;
      if (onJobStart !== undefined) shift.hooks.call("onJobStart", () => onJobStart(turn.toHookJob()), turn);
      void run(turn);
    },
    finish: (turn, outcome) => finish(turn, outcome),
    close: () => deadlines.close(),
  };
}

const NOT_COMMITTED = "The transaction that completed this job was not committed.";
const NONE: readonly NewJob[] = [];
const COMPLETED: Settled = { ok: true, state: "completed", reason: null, followUps: [] };
