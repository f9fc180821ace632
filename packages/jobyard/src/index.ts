/** Jobyard for applications: open a yard by its URL. Job modules import `defineJob` from here or from `@jobyard/core`. */

export {
  type BoundJob,
  type BulkReceipt,
  type Context,
  type Done,
  type Duration,
  defineJob,
  type EnqueueOptions,
  type EnqueueReceipt,
  type ErrorCode,
  type FollowUp,
  followUp,
  type Handler,
  type Hooks,
  isQueueError,
  type Job,
  type JobDefinition,
  type JobRef,
  QueueError,
  QueueFullError,
  type QueueOptions,
  type RunningJob,
  UnrecoverableError,
  type Worker,
  type WorkerOptions,
  type Yard,
} from "@jobyard/core";
export { errorText, exitCodeOf } from "./error-text.ts";
export { loadJobModules } from "./modules.ts";
export { type OpenOptions, openYard } from "./open.ts";
export { stopSignal } from "./signals.ts";
export { DEFAULT_URL, printableUrl } from "./url.ts";
