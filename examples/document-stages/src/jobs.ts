/** The job module: `JOBYARD_JOBS` of the worker, or `jobyard work`, points here. */

import type { BoundJob } from "jobyard";
import { createPipeline } from "./pipeline.ts";
import { readSettings } from "./settings.ts";
import { hashingEmbedder } from "./stages/embed.ts";
import { openStore, type Store } from "./store.ts";

const { dataFolder, inbox, paceMs } = readSettings(process.env);
let opened: Store | undefined;

const jobs: readonly BoundJob[] = createPipeline({
  store: () => {
    opened ??= openStore(dataFolder);
    return opened;
  },
  inbox,
  embedder: hashingEmbedder(),
  paceMs,
});
export default jobs;
