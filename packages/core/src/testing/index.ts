/** What the author of an adapter tests with; `describeAdapter` needs vitest and fast-check installed. */

export type * from "./bench.ts";
export { describeAdapter } from "./describe-adapter.ts";
export * from "./manual-ports.ts";
export * from "./memory/memory-adapter.ts";
