/**
 * The pipeline as data: which stages there are, what each waits for, how many run at once.
 *
 * Adding a stage is a row here, its work in `work.ts`, and nothing else. This file imports nothing, so that a launcher on
 * an older Node.js can read it too.
 */

export const STAGES = [
  { name: "extract", batchSize: 5, after: [], skips: ["notes"] },
  { name: "preview", batchSize: 2, after: ["extract"], skips: ["notes"] },
  { name: "classify", batchSize: 3, after: ["extract"], skips: [] },
  { name: "summarize", batchSize: 3, after: ["classify"], skips: [] },
  { name: "embed", batchSize: 1, after: ["classify"], skips: [] },
  { name: "chunk", batchSize: 1, after: ["classify"], skips: [] },
] as const;

export type StageName = (typeof STAGES)[number]["name"];

/** What a file is, by its extension. */
export type Category = "documents" | "images" | "notes";

/** One row of {@link STAGES}, for code that reads the table without knowing the row. */
export interface Stage {
  /** Also the name of its queue. */
  readonly name: StageName;
  /**
   * How many documents are in this stage at once, in one worker process. Every document is its own job, with its own
   * attempts and errors, so a batch is the concurrency of the stage's queue: a bad file never takes its neighbours along.
   */
  readonly batchSize: number;
  /** The stages whose completion starts this one. None: the watcher starts it. */
  readonly after: readonly StageName[];
  /** Categories for which the stage has nothing to do. Its job completes at once, and the next stages follow all the same. */
  readonly skips: readonly Category[];
}

const rows: readonly Stage[] = STAGES;

/** Where every document begins. */
export const FIRST_STAGE: StageName = "extract";

/** The stages that start when this one has completed. */
export const stagesAfter = (name: StageName): readonly StageName[] =>
  rows.filter((stage) => stage.after.includes(name)).map((stage) => stage.name);

export const stageOf = (name: StageName): Stage => rows.find((stage) => stage.name === name) as Stage;

/** The batch sizes as a worker reads them in `JOBYARD_QUEUES`: `extract:5,preview:2,…`. */
export const workerQueues = (): string => rows.map((stage) => `${stage.name}:${stage.batchSize}`).join(",");
