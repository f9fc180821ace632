/** What the author of an adapter tests with; `describeAdapter` needs vitest and fast-check installed. */

export * from "../memory.ts";
export type * from "./bench.ts";
export { describeAdapter } from "./describe-adapter.ts";
export * from "./plain-calls.ts";
