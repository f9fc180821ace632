import "server-only";

/**
 * Moves that take more than a moment: they run here, not in a browser's request, and can be watched and stopped.
 *
 * Kept in memory: what was moved stays moved when the process ends, and the rest is left as it was.
 */

import type { Board, BulkProgress, OperatorMove, Query } from "@jobyard/core";
import { type Failure, failureOf, logUnknown } from "@/server/failure";

export interface Operation extends BulkProgress {
  readonly id: string;
  readonly move: OperatorMove;
  /** Who started it. */
  readonly by: string;
  /** About how many there are to do, from the preview. */
  readonly expected: number;
  readonly state: "running" | "done" | "aborted" | "failed";
  readonly failure: Failure | null;
}

export interface OperationRequest {
  readonly move: OperatorMove;
  readonly query: Query;
  /** From the preview: jobs enqueued later are not touched. */
  readonly upTo: number;
  readonly expected: number;
  readonly by: string;
}

export interface Operations {
  start(board: Board, request: OperationRequest): Operation;
  get(id: string): Operation | null;
  /** Takes effect after the page of jobs that is under way. False if it was not running. */
  abort(id: string): boolean;
}

/** Finished ones are forgotten beyond this many, oldest first. */
const KEPT = 100;

export function createOperations(newId: () => string): Operations {
  const known = new Map<string, { operation: Operation; readonly controller: AbortController }>();

  const change = (id: string, part: Partial<Operation>): void => {
    const entry = known.get(id);
    if (entry) entry.operation = { ...entry.operation, ...part };
  };
  const run = async (
    board: Board,
    { id }: Operation,
    request: OperationRequest,
    signal: AbortSignal,
  ): Promise<void> => {
    try {
      const { reachedEnd, ...progress } = await board.moveMatching(request.move, request.query, {
        actor: request.by,
        opId: id,
        upTo: request.upTo,
        signal,
        onProgress: (now) => change(id, now),
      });
      change(id, { ...progress, state: reachedEnd ? "done" : "aborted" });
    } catch (error) {
      logUnknown(error, `operation ${id}`);
      change(id, { state: "failed", failure: failureOf(error) });
    }
  };

  return {
    start(board, request) {
      const { move, by, expected } = request;
      const operation: Operation = {
        id: newId(),
        move,
        by,
        expected,
        state: "running",
        failure: null,
        seen: 0,
        done: 0,
        skipped: {},
      };
      const controller = new AbortController();
      known.set(operation.id, { operation, controller });
      for (const [id, entry] of known) {
        if (known.size <= KEPT) break;
        if (entry.operation.state !== "running") known.delete(id);
      }
      void run(board, operation, request, controller.signal);
      return operation;
    },
    get: (id) => known.get(id)?.operation ?? null,
    abort(id) {
      const entry = known.get(id);
      if (entry?.operation.state !== "running") return false;
      entry.controller.abort();
      return true;
    },
  };
}
