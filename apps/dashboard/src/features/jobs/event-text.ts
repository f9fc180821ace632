/** An event as a sentence. What is not known here is shown as it was written. */

import type { JobEvent, MOVES } from "@jobyard/core";

export interface EventText {
  readonly title: string;
  /** What follows in a quieter voice; `null` if the title says all. */
  readonly detail: string | null;
  readonly tone: "good" | "bad" | "plain";
}

const TITLES: Readonly<Record<keyof typeof MOVES, string>> = {
  enqueue: "Enqueued",
  claim: "Claimed",
  complete: "Completed",
  retry: "Failed, will be retried",
  bury: "Failed for good",
  stop: "Stopped",
  release: "Given back",
  rescue: "Rescued from a lost worker",
  yield: "Gave way to a job with the same key",
  unblock: "Unblocked",
  "fail-dependency": "Cancelled with a dependency",
  expire: "Expired",
  replace: "Replaced",
  cancel: "Cancelled",
  park: "Parked",
  requeue: "Requeued",
  promote: "Made due",
  reschedule: "Rescheduled",
  reprioritise: "Priority changed",
  edit: "Edited",
  revert: "Operation taken back",
  remove: "Deleted",
  restore: "Restored",
};
const BAD = new Set(["retry", "bury", "rescue", "expire", "fail-dependency"]);

export function eventText({ kind, data }: JobEvent): EventText {
  const facts = readObject(data);
  if (kind === "log") return { title: "Log", detail: readText(data), tone: "plain" };
  if (kind === "progress") return { title: "Progress", detail: data, tone: "plain" };
  if (!Object.hasOwn(TITLES, kind)) return { title: kind, detail: data, tone: "plain" };
  return {
    title: TITLES[kind as keyof typeof MOVES],
    detail: facts === null ? null : detailOf(kind, facts),
    tone: kind === "complete" ? "good" : BAD.has(kind) ? "bad" : "plain",
  };
}

type Facts = Readonly<Record<string, unknown>>;

function detailOf(kind: string, facts: Facts): string | null {
  const error = facts["error"] as { readonly message?: unknown } | undefined;
  const parts = [
    ...(kind === "claim" ? [`attempt ${facts["attempt"]} by ${facts["worker"]}`] : []),
    ...(facts["by"] !== undefined ? [`by ${facts["by"]}`] : []),
    ...(typeof error?.message === "string" ? [error.message] : []),
    ...(facts["to"] !== undefined ? [`now ${facts["to"]}`] : []),
    ...(facts["reason"] !== undefined ? [`reason: ${facts["reason"]}`] : []),
    ...(facts["previousPayload"] !== undefined ? ["with another payload"] : []),
    ...(facts["priority"] !== undefined ? [`to ${facts["priority"]}`] : []),
  ];
  return parts.length === 0 ? null : parts.join(" · ");
}

function readObject(data: string | null): Facts | null {
  const value: unknown = data === null ? null : JSON.parse(data);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Facts) : null;
}

/** The line of a log, which is a JSON string. */
export function readText(data: string | null): string | null {
  const value: unknown = data === null ? null : JSON.parse(data);
  return typeof value === "string" ? value : data;
}
