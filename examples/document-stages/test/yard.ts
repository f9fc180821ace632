/** A pipeline on a store of its own: a file or a schema, as the project says. */

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BoundJob, Job, Worker, WorkerOptions, Yard } from "@jobyard/core";
import { newStore } from "@jobyard/servers/vitest/store";
import { openYard } from "jobyard";
import { onTestFinished } from "vitest";
import { createIntake, type Intake } from "../src/inbox/intake.ts";
import { createPipeline, type PipelineOptions } from "../src/pipeline.ts";
import { STAGES } from "../src/stage-table.ts";
import { hashingEmbedder } from "../src/stages/embed.ts";
import { openStore, type Store } from "../src/store.ts";
import { SAMPLES } from "./samples.ts";
import { temporaryFolder } from "./temporary.ts";

export interface Setup {
  readonly folder: string;
  readonly inbox: string;
  readonly url: string;
  readonly yard: Yard;
  readonly store: Store;
  readonly intake: Intake;
  /** Puts samples (or texts) into the inbox and takes them in, in this order. */
  readonly put: (...files: readonly (string | readonly [name: string, text: string])[]) => Promise<void>;
  /** Its jobs at full speed, unless told otherwise. */
  readonly pipeline: (options?: Partial<PipelineOptions>) => readonly BoundJob[];
  readonly worker: (pipeline?: Partial<PipelineOptions>, worker?: Partial<WorkerOptions>) => Worker;
  /** Every job that matches, oldest first. */
  readonly jobs: (query: string) => Promise<readonly Job[]>;
}

export async function setUp(): Promise<Setup> {
  const folder = temporaryFolder();
  const inbox = join(folder, "inbox");
  mkdirSync(inbox);
  const { url, remove } = newStore(join(folder, "jobyard.db"));
  const yard = await openYard(url, { schema: "migrate" });
  const store = openStore(folder);
  onTestFinished(async () => {
    await yard.close();
    await remove();
    store.close();
  });
  const intake = createIntake(inbox, store, yard);
  const pipeline: Setup["pipeline"] = (options) =>
    createPipeline({ store: () => store, inbox, embedder: hashingEmbedder(), paceMs: 0, ...options });
  return {
    folder,
    inbox,
    url,
    yard,
    store,
    intake,
    async put(...files) {
      for (const file of files) {
        const name = typeof file === "string" ? file : file[0];
        if (typeof file === "string") copyFileSync(join(SAMPLES, name), join(inbox, name));
        else writeFileSync(join(inbox, name), file[1]);
        await intake.take(name);
      }
    },
    pipeline,
    worker: (options, worker) =>
      yard.worker({
        jobs: pipeline(options),
        queues: Object.fromEntries(STAGES.map(({ name, batchSize }) => [name, { concurrency: batchSize }])),
        ...worker,
      }),
    async jobs(query) {
      const { items } = await yard.board.jobs({ query, limit: 200 });
      const found = await Promise.all(items.toReversed().map((item) => yard.board.job(item)));
      return found.filter((job) => job !== null);
    },
  };
}

/** Runs what is there, without waiting for the time between attempts. */
export async function drainWithRetries({ yard, jobs }: Setup, worker: Worker): Promise<void> {
  for (;;) {
    await worker.drain();
    const waiting = await jobs("state:retrying");
    if (waiting.length === 0) return;
    await yard.board.move("promote", waiting, { actor: "test" });
  }
}
