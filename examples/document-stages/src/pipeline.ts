/** The stages as jobs that a worker can run. */

import { systemPorts } from "@jobyard/core";
import { type BoundJob, type Context, followUp } from "jobyard";
import { jobOf, type StagePayload } from "./definitions.ts";
import { DocumentError } from "./errors.ts";
import { STAGES, type StageName, stageOf, stagesAfter } from "./stage-table.ts";
import type { Embedder } from "./stages/embed.ts";
import type { DocumentRow, Store } from "./store.ts";
import { WORK } from "./work.ts";

export interface PipelineOptions {
  /** Asked when the first job runs, so that producers can load the module without a store. */
  readonly store: () => Store;
  readonly inbox: string;
  readonly embedder: Embedder;
  readonly paceMs: number;
}

export const createPipeline = (options: PipelineOptions): readonly BoundJob[] =>
  STAGES.map(({ name }) => bindStage(name, options));

/**
 * A stage that skips the document's category does nothing, and still the next stages follow. They are enqueued in the step
 * that completes this job, so no crash can lose them; and each fails by itself, so none holds up the others.
 */
function bindStage(name: StageName, options: PipelineOptions): BoundJob {
  const next = stagesAfter(name);
  return jobOf[name].handler(
    async (job, ctx) => {
      const store = options.store();
      const document = knownDocument(store, job.payload);
      if (stageOf(name).skips.includes(document.category)) {
        await ctx.log(`${document.category} need no ${name}: nothing to do, the next stages follow`);
        return { skipped: document.category };
      }
      const { inbox, embedder } = options;
      return WORK[name](document, { store, inbox, embedder, ctx, step: stepper(ctx, options.paceMs) });
    },
    { followUps: ({ job }) => next.map((stage) => followUp(jobOf[stage], job.payload, { tags: job.tags })) },
  );
}

function knownDocument(store: Store, { document, name }: StagePayload): DocumentRow {
  const found = store.document(document);
  if (found) return found;
  throw new DocumentError(
    "DOCUMENT_UNKNOWN",
    `The document ${document} is not in the store.`,
    `Let watcher and worker use the same EXAMPLE_DATA, and put ${name} into the inbox again.`,
  );
}

function stepper(ctx: Context, paceMs: number): (done: number, total: number) => Promise<void> {
  return async (done, total) => {
    await ctx.progress({ done, total });
    if (paceMs > 0 && done < total) await systemPorts.sleep(paceMs, ctx.signal);
    ctx.signal.throwIfAborted();
  };
}
