/** A producer process: enqueues its share of the plan as far as it may, each job until it is known to be there. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createYard } from "@jobyard/core";
import { openYard } from "jobyard";
import { openErrors } from "../history/errors.ts";
import { Holdings } from "../history/holdings.ts";
import { recording } from "../history/recording.ts";
import { openHistory } from "../history/writer.ts";
import { type PlannedJob, planJobs } from "../plan/jobs.ts";
import { seeded } from "../plan/random.ts";
import { obey, type ProducerSettings, say, settingsOfProcess } from "./messages.ts";
import { patiently } from "./patiently.ts";
import { Points } from "./points.ts";
import { definitionOf, roleOf } from "./types.ts";

/** As many are asked for at once, at most. */
const MOST_AT_ONCE = 40;
const AGAIN_MS = 200;

const { name, url, folder, plan, share, done } = settingsOfProcess<ProducerSettings>();
const history = openHistory(join(folder, "history"), name);
const errors = openErrors(join(folder, "errors"), name);
const points = new Points(history);
const recorder = { history, points, holdings: new Holdings(), roleOf, uncommitted: new Map<string, () => void>() };

const plain = await patiently(errors, "open", () => openYard(url));
const yard = createYard({ adapter: recording(plain.adapter, recorder) });

let released = 0;
let onRelease = Promise.withResolvers<void>();
obey((command) => {
  if (command.do === "arm") points.arm(command.point);
  if (command.do !== "release") return;
  released = command.upTo;
  onRelease.resolve();
  onRelease = Promise.withResolvers();
});
say({ say: "ready", session: null });

const random = seeded(plan.seed + done);
const mine = planJobs(plan).filter((_, index) => index % share.of === share.index);
for (let next = done; next < mine.length; ) {
  const due = Math.floor((released + share.of - 1 - share.index) / share.of);
  if (next >= due) {
    await onRelease.promise;
    continue;
  }
  const batch = mine.slice(next, Math.min(due, next + random.int(1, MOST_AT_ONCE)));
  await Promise.all(batch.map(enqueue));
  next += batch.length;
  say({ say: "enqueued", done: next });
}
await yard.close();
process.exit(0);

async function enqueue({ id, type, payload }: PlannedJob): Promise<void> {
  for (;;) {
    try {
      await yard.enqueue(definitionOf(type), payload, { jobId: id });
      return;
    } catch (error) {
      errors.note("enqueue", error);
      await sleep(AGAIN_MS);
    }
  }
}
