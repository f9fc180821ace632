/** The job types of the pipeline, one per stage: all that a producer has to know. */

import { defineJob, type JobDefinition } from "jobyard";
import { z } from "zod";
import { type Category, STAGES, type StageName } from "./stage-table.ts";

/** A job carries the document's id; name and category are there for people who search for it. */
export interface StagePayload {
  readonly document: string;
  readonly name: string;
  readonly category: Category;
}
type PayloadSchema = z.ZodType<StagePayload, StagePayload>;

const payload: PayloadSchema = z.object({
  document: z.string().min(1),
  name: z.string().min(1),
  category: z.enum(["documents", "images", "notes"]),
});

export type StageJob = JobDefinition<PayloadSchema>;

/**
 * Every stage has the queue of its name. The dedupe key is the document, so at most one job waits per (document, stage):
 * a second one is a duplicate, and a job that comes back from a lost worker while another waits in its place is dropped.
 * A running job does not hold the key, so a document that arrives again meanwhile is processed again.
 */
const define = (stage: StageName): StageJob =>
  defineJob(`document.${stage}`, {
    queue: stage,
    payload,
    maxAttempts: 3,
    backoff: ["1s", "4s"],
    timeout: "2m",
    dedupe: ({ document }) => ({ key: document, while: "waiting" }),
  });

export const jobOf: Readonly<Record<StageName, StageJob>> = Object.fromEntries(
  STAGES.map(({ name }) => [name, define(name)]),
) as Record<StageName, StageJob>;
