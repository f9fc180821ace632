/** A worker process: the real engine on the real store, seen by a recorder. */

import { join } from "node:path";
import { createYard } from "@jobyard/core";
import { openYard } from "jobyard";
import { BACKENDS } from "../backends/backends.ts";
import { openErrors } from "../history/errors.ts";
import { Holdings } from "../history/holdings.ts";
import { type Recorder, recording } from "../history/recording.ts";
import { openHistory } from "../history/writer.ts";
import { LEDGER_QUEUE, WORK_QUEUE } from "../plan/jobs.ts";
import { createHandlers } from "./handlers.ts";
import { obey, say, settingsOfProcess, type WorkerSettings } from "./messages.ts";
import { patiently } from "./patiently.ts";
import { Points, standStill } from "./points.ts";
import { roleOf } from "./types.ts";

/** As many transactions of handlers at once, where the store can have several. */
const LEDGER_CONCURRENCY = 3;

const { name, backend, url, folder, leaseMs, sweepMs, concurrency, paceMs } = settingsOfProcess<WorkerSettings>();
const history = openHistory(join(folder, "history"), name);
const errors = openErrors(join(folder, "errors"), name);
const points = new Points(history);
const recorder: Recorder = { history, points, holdings: new Holdings(), roleOf, uncommitted: new Map() };

const plain = await patiently(errors, "open", () => openYard(url));
const yard = createYard({ adapter: recording(plain.adapter, recorder) });
const ledger = (await BACKENDS.get(backend)?.openLedger?.(url)) ?? null;
const worker = yard.worker({
  name,
  jobs: createHandlers({ recorder, ledger, paceMs }),
  queues: { [WORK_QUEUE]: { concurrency }, ...(ledger && { [LEDGER_QUEUE]: { concurrency: LEDGER_CONCURRENCY } }) },
  lease: leaseMs,
  sweep: sweepMs,
  grace: 0,
  hooks: { onError: (error, doing) => errors.note(doing, error) },
});

const stop = async (): Promise<void> => {
  await yard.close();
  await ledger?.close();
  process.exit(0);
};

obey((command) => {
  if (command.do === "arm") points.arm(command.point);
  else if (command.do === "stop") void stop();
  else if (command.do === "block") {
    const from = performance.now();
    standStill(command.forMs);
    say({ say: "blocked", forMs: Math.round(performance.now() - from) });
  }
});
await patiently(errors, "start", () => worker.start());
say({ say: "ready", session: worker.session });
