/**
 * What the author of an adapter tests with: the contract suite, which needs vitest and fast-check installed,
 * and the checker of histories, which needs nothing.
 */

export * from "../memory.ts";
export type * from "./bench.ts";
export { describeAdapter } from "./describe-adapter.ts";
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
