/**
 * What the author of an adapter tests with: the contract suite, and the checker of what real processes went through.
 * Loads vitest and fast-check, which must be installed.
 */

export * from "../memory.ts";
export type * from "./bench.ts";
export { describeAdapter } from "./describe-adapter.ts";
export * from "./ended-jobs.ts";
export { checkHistory, type HistoryReport, type InvariantResult, type Requirement } from "./history/check-history.ts";
export type * from "./history/entry.ts";
export { ENTRY_KINDS, FAULTS } from "./history/entry.ts";
export type { Evidence, Violation } from "./history/evidence.ts";
export type { JobCounts, Latencies, Latency } from "./history/figures.ts";
export { formatReport } from "./history/format-report.ts";
export { INVARIANTS } from "./history/invariants.ts";
export type { HistoryLimits } from "./history/limits.ts";
export { type ParsedHistory, parseHistory } from "./history/parse-history.ts";
export * from "./plain-calls.ts";
export * from "./plain-filters.ts";
