/** What the author of an adapter needs: the interface, the nouns in it, and the texts that all backends share. */

export type * from "./contract/adapter.ts";
export { FACET_FIELDS } from "./contract/adapter.ts";
export * from "./contract/alike.ts";
export * from "./contract/counts.ts";
export * from "./contract/cursor.ts";
export * from "./contract/dedupe.ts";
export * from "./contract/diagnoses.ts";
export * from "./contract/ending.ts";
export * from "./contract/entries.ts";
export * from "./contract/list-page.ts";
export * from "./contract/merge.ts";
export * from "./contract/moving.ts";
export * from "./contract/own-lease.ts";
export * from "./contract/patience.ts";
export * from "./contract/search.ts";
export * from "./contract/settings.ts";
export * from "./contract/store-faults.ts";
export * from "./contract/stored-backoff.ts";
export * from "./contract/stored-ending.ts";
export type * from "./contract/stored-job.ts";
export * from "./contract/stored-nouns.ts";
export * from "./contract/stored-queue.ts";
export * from "./contract/stored-texts.ts";
export * from "./contract/stored-undo.ts";
export * from "./contract/url-values.ts";
export { backoffMs } from "./decisions/backoff.ts";
export * from "./decisions/counting.ts";
export {
  isTypeTerm,
  type JobType,
  LATE_MS,
  matchesFilter,
  matchesType,
  type Searchable,
} from "./decisions/matches.ts";
export {
  attentionStateOf,
  requiredCreated,
  requiredIds,
  requiredPhases,
  requiredQueues,
  requiredStates,
} from "./decisions/narrow.ts";
export { createPreparer, type Preparer, type PreparerOptions } from "./engine/yard/preparer.ts";
export { isStoreDown } from "./engine/yard/store-errors.ts";
export { DEFAULTS } from "./nouns/defaults.ts";
export * from "./nouns/diagnosis.ts";
export * from "./nouns/errors.ts";
export * from "./nouns/filter.ts";
export type * from "./nouns/job.ts";
export { LEASE_LOSS_POLICIES } from "./nouns/job.ts";
export { byteLength, canonicalJson, sameJson } from "./nouns/json.ts";
export * from "./nouns/lifecycle.ts";
export { isBesideJobs } from "./nouns/names.ts";
export { badOption, checkInteger, checkKnown, checkOneOf } from "./nouns/options.ts";
export { type Ports, systemPorts } from "./nouns/ports.ts";
export {
  isRetained,
  RETAINED_STATES,
  type RetainedState,
  type Retention,
  retainedBytes,
  sameRetention,
} from "./nouns/retention.ts";
export { shellWord } from "./nouns/shell-word.ts";
export { bytesText } from "./nouns/size.ts";
export { WORKER_KIND, type WorkerInfo } from "./nouns/worker-info.ts";
