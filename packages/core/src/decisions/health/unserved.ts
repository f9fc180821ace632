/** Work that is due and that no live worker can take: the two questions of a health check that compare jobs with workers. */

import type { Diagnosis } from "../../nouns/diagnosis.ts";
import { shellWord } from "../../nouns/shell-word.ts";
import type { WorkerInfo } from "../../nouns/worker-info.ts";
import type { HealthFacts } from "./facts.ts";
import { few, jobsText, total } from "./words.ts";

/** Work that is due for longer than that has no worker that is about to take it. */
const DUE_PATIENCE_MS = 10_000;

/** Queues with work that is due, not paused, in which nothing will happen. */
export function unserved({ queues, workers, now }: HealthFacts): Diagnosis {
  const code = "UNSERVED_QUEUES";
  const left = queues.filter(
    (info) =>
      info.paused === null &&
      info.oldestDueAt !== null &&
      now - info.oldestDueAt > DUE_PATIENCE_MS &&
      typesServed(workers, info.queue).size === 0,
  );
  const waiting = total(left, "waiting");
  const first = left[0]?.queue ?? "";
  const evidence = { queues: left.length, waiting: waiting.n, exact: waiting.exact };
  if (left.length === 0) return { code, level: "ok", text: "No queue has work that is due and no worker.", evidence };
  return {
    code,
    level: "problem",
    text: `${jobsText(waiting)} due in queues that no live worker serves: ${few(left.map(({ queue }) => queue))}.`,
    evidence,
    fix: `Start a worker for ${first}: jobyard work <module> --queue ${shellWord(first)}`,
  };
}

/**
 * Due jobs whose type, or whose version of it, no worker of their queue knows. A queue without any worker is told by
 * {@link unserved}.
 */
export function unknownTypes({ queues, workers, dueTypes }: HealthFacts): Diagnosis {
  const code = "UNKNOWN_TYPES";
  const unknown = queues.flatMap((info) => {
    const known = typesServed(workers, info.queue);
    if (known.size === 0 || info.paused !== null) return [];
    return (dueTypes.get(info.queue) ?? []).flatMap(({ name, newer }) => {
      const version = known.get(name);
      if (version === undefined) return [`${info.queue}: ${name}`];
      return newer ? [`${info.queue}: ${name} above version ${version}`] : [];
    });
  });
  const evidence = { types: unknown.length };
  if (unknown.length === 0)
    return { code, level: "ok", text: "The workers of each queue know the types of its due jobs.", evidence };
  return {
    code,
    level: "problem",
    text: `Jobs wait that no worker of their queue has a handler for: ${few(unknown)}.`,
    evidence,
    fix: "Deploy a worker that has the handler, or move the jobs away: jobyard cancel --filter 'queue:… name:…'.",
  };
}

/** Names of the types that live workers of the queue know, each with its newest version. */
export function typesServed(workers: readonly WorkerInfo[], queue: string): ReadonlyMap<string, number> {
  const newest = new Map<string, number>();
  const served = workers.flatMap(({ queues }) => queues).filter((one) => one.queue === queue);
  for (const { name, maxVersion } of served.flatMap(({ types }) => types))
    newest.set(name, Math.max(maxVersion, newest.get(name) ?? 0));
  return newest;
}
