/** Operator's moves: each job judged by itself, one audit line for the call, all in one step. */

import {
  type ApplyOptions,
  DEFAULTS,
  type JobRef,
  type MoveResult,
  type OperatorMove,
  operatorData,
  ruleOf,
  type State,
} from "@jobyard/core/adapter";
import { auditFrame } from "./audit.ts";
import { auditScript } from "./lua/audit.lua.ts";
import { moveScript } from "./lua/moves.lua.ts";
import { type Packable, packed } from "./packed.ts";
import type { Scripts } from "./scripts.ts";

/** A script holds the server up for as long as it runs: longer lists go in portions, each with an audit line. */
const MOST_AT_ONCE = 500;

/**
 * Makes a move whose consequences only BullMQ's own scripts know: of a job in a flow, of a schedule's next job. What it
 * does is a step of its own, and so is its audit line.
 */
export type MoveStock = (move: OperatorMove, ref: JobRef, options: ApplyOptions) => Promise<MoveResult>;

export async function apply(
  scripts: Scripts,
  stock: MoveStock,
  newId: () => string,
  move: OperatorMove,
  refs: readonly JobRef[],
  options: ApplyOptions,
): Promise<readonly MoveResult[]> {
  const results: MoveResult[] = [];
  for (let from = 0; from < refs.length; from += MOST_AT_ONCE) {
    const portion = refs.slice(from, from + MOST_AT_ONCE);
    const ask = { ...callOf(move, portion, options), audit: auditFrame(newId(), move, options) };
    const answers = (await scripts.run(moveScript, packed(ask))) as readonly Answer[];
    for (const [index, ref] of portion.entries()) {
      const [outcome, state] = answers[index] ?? ["missing", null];
      results.push(outcome === "stock" ? await applyStock(ref) : { ref, outcome, state });
    }
  }
  return results;

  async function applyStock(ref: JobRef): Promise<MoveResult> {
    const result = await stock(move, ref, options);
    if (result.outcome === "done") {
      const audit = auditFrame(newId(), move, options);
      await scripts.run(auditScript, packed({ audit, refs: [[ref.queue, ref.id]] }));
    }
    return result;
  }
}

/** What the script is asked for; see there. */
function callOf(move: OperatorMove, refs: readonly JobRef[], options: ApplyOptions): Record<string, Packable> {
  return {
    move,
    from: Object.fromEntries(ruleOf(move).from.map((state) => [state, true])),
    refs: refs.map(({ queue, id }) => [queue, id]),
    data: operatorData(move, options, null),
    opId: options.opId ?? null,
    expectEpoch: options.expectEpoch ?? null,
    payload: options.payload ?? null,
    delayMs: options.delayMs ?? 0,
    priority: options.priority ?? null,
    trashMs: DEFAULTS.trashMs,
  };
}

type Answer = readonly [outcome: MoveResult["outcome"] | "stock", state: State | null];
