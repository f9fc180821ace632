/** Jobyard's core: job types, the engine, the board. Adapters' authors import `@jobyard/core/adapter` instead. */

export type {
  Adapter,
  ApplyOptions,
  Count,
  Facet,
  FacetField,
  Hint,
  MoveResult,
  Page,
  QueueInfo,
  QueueSettings,
} from "./contract/adapter.ts";
export { FACET_FIELDS } from "./contract/adapter.ts";
export type { AuditLine } from "./contract/entries.ts";
export { type Completion, completeQuery, type Suggestion } from "./decisions/query/complete.ts";
export { QueryError } from "./decisions/query/fault.ts";
export { parseQuery } from "./decisions/query/parse.ts";
export { printQuery } from "./decisions/query/print.ts";
export { type BoardOptions, createBoard } from "./engine/board/board.ts";
export { eventJson, jobJson, jobSummaryJson, queueJson } from "./engine/board/job-json.ts";
export type * from "./engine/surface.ts";
export { FINDING_CODES } from "./engine/surface.ts";
export { checkRawJob } from "./engine/yard/prepare.ts";
export { createYard } from "./engine/yard/yard.ts";
export { DEFAULTS } from "./nouns/defaults.ts";
export { defineJob, followUp } from "./nouns/define.ts";
export type * from "./nouns/definition.ts";
export * from "./nouns/diagnosis.ts";
export { type Duration, durationMs, printDuration } from "./nouns/duration.ts";
export * from "./nouns/errors.ts";
export * from "./nouns/filter.ts";
export type * from "./nouns/job.ts";
export * from "./nouns/lifecycle.ts";
export { type Ports, systemPorts } from "./nouns/ports.ts";
export { RETAINED_STATES, type RetainedState, type Retention, type RetentionOption } from "./nouns/retention.ts";
export { printSize, type Size, sizeBytes } from "./nouns/size.ts";
