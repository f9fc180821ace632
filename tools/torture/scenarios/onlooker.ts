/** Somebody who looks on all the while, as a dashboard would: depths of the queues, and some jobs' events as they grow. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { QueueInfo } from "@jobyard/core";
import { openErrors } from "../history/errors.ts";
import type { PlannedJob } from "../plan/jobs.ts";
import { definitionOf } from "../processes/types.ts";
import type { Stage } from "./scenario.ts";

const EVERY_MS = 250;
const PAGE = 100;

/** @param followed - jobs whose events are read, each time from where the last look ended */
export function lookOn(stage: Stage, followed: readonly PlannedJob[]): void {
  const errors = openErrors(join(stage.folder, "errors"), "onlooker");
  const over = new AbortController();
  const positions = new Map<PlannedJob, number>();
  const loop = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await look(stage, followed, positions).catch((error: unknown) => errors.note("look on", error));
      await sleep(EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  };
  const done = loop();
  stage.atEnd(() => {
    over.abort();
    return done;
  });
}

async function look(
  { history, yard }: Stage,
  followed: readonly PlannedJob[],
  positions: Map<PlannedJob, number>,
): Promise<void> {
  const { reader } = yard.adapter;
  for (const info of await reader.queues()) {
    const { queue, depth, settings } = info;
    history.write({ kind: "depth", queue, depth, open: openOf(info), maxSize: settings.maxSize });
  }
  for (const job of followed) {
    const after = positions.get(job) ?? 0;
    const ref = { queue: definitionOf(job.type).queue, id: job.id };
    const events = (await reader.events(ref, after, PAGE)) ?? [];
    const last = events.at(-1);
    if (last === undefined) continue;
    positions.set(job, last.seq);
    history.write({ kind: "read", ...ref, after, events: events.map(({ seq, kind }) => ({ seq, kind })) });
  }
}

const OPEN = ["waiting", "scheduled", "retrying", "blocked", "active"] as const;

function openOf({ counts }: QueueInfo): number | null {
  if (OPEN.some((phase) => !counts[phase].exact)) return null;
  return OPEN.reduce((sum, phase) => sum + counts[phase].n, 0);
}
