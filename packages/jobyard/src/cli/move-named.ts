/** A move of the jobs that are named. All are found before the first is touched, so a typo in one of them changes nothing. */

import {
  type ApplyOptions,
  type ErrorCode,
  type JobRef,
  type MoveResult,
  mayMove,
  type OperatorMove,
  QueueError,
} from "@jobyard/core";

import type { MoveOptions, MoveSpec } from "./move-spec.ts";
import type { Output } from "./output.ts";
import type { Session } from "./session.ts";
import { oneLine } from "./text.ts";

export async function moveNamed(
  { board, out }: Session,
  spec: MoveSpec,
  ids: readonly string[],
  { dryRun }: MoveOptions,
  apply: ApplyOptions,
): Promise<void> {
  // A job may be named twice, also in two ways; it is moved once.
  const found = new Map<string, JobRef>();
  for (const id of ids) {
    const ref = await board.locate(id);
    found.set(JSON.stringify([ref.queue, ref.id]), ref);
  }
  const refs = [...found.values()];
  const results = dryRun
    ? await Promise.all(refs.map(async (ref) => foreseen(spec.move, ref, (await board.job(ref))?.state ?? null)))
    : await board.move(spec.move, refs, apply);
  for (const result of results) printResult(result, spec, dryRun === true, out);
}

const foreseen = (move: OperatorMove, ref: JobRef, state: MoveResult["state"]): MoveResult => {
  if (state === null) return { ref, outcome: "missing", state };
  if (mayMove(move, state))
    return { ref, outcome: move === "cancel" && state === "active" ? "requested" : "done", state };
  return { ref, outcome: move === "remove" && state === "active" ? "busy" : "refused", state };
};

function printResult(result: MoveResult, spec: MoveSpec, dryRun: boolean, out: Output): void {
  const { ref, outcome, state } = result;
  const name = oneLine(`${ref.queue}/${ref.id}`);
  const would = dryRun ? "would be " : "";
  if (out.json) out.line(JSON.stringify(dryRun ? { ...result, dryRun } : result));
  else if (outcome === "done") out.line(`${name} ${would}${spec.done}`);
  else if (outcome === "requested") out.line(`${name} ${would}asked to stop: it is running`);
  if (outcome !== "done" && outcome !== "requested")
    out.fail(new QueueError(...refusal(outcome, name, state, spec.move)));
}

type Refused = Exclude<MoveResult["outcome"], "done" | "requested">;

function refusal(
  outcome: Refused,
  name: string,
  state: MoveResult["state"],
  move: OperatorMove,
): [code: ErrorCode, detail: string] {
  switch (outcome) {
    case "missing":
      return ["JOB_NOT_FOUND", name];
    case "busy":
      return ["JOB_ACTIVE", name];
    case "held":
      return ["MOVE_REFUSED", `${name}: ${move}, while another job holds its dedupe key`];
    case "changed":
      return ["MOVE_REFUSED", `${name}: ${move}, but it changed meanwhile and is ${state ?? "gone"}`];
    case "refused":
      return ["MOVE_REFUSED", `${name}: ${move}, but it is ${state ?? "gone"}`];
  }
}
