/** Jobyard's core: job types, the engine, the board. Adapters' authors import `@jobyard/core/adapter` instead. */

export type { Adapter, Count, Hint, MoveResult, Page, QueueInfo, QueueSettings } from "./contract/adapter.ts";
export type * from "./engine/surface.ts";
export { FINDING_CODES } from "./engine/surface.ts";
export { DEFAULTS } from "./nouns/defaults.ts";
export type * from "./nouns/definition.ts";
export { type Duration, durationMs, printDuration } from "./nouns/duration.ts";
export * from "./nouns/errors.ts";
export type * from "./nouns/job.ts";
export * from "./nouns/lifecycle.ts";
export { type Ports, systemPorts } from "./nouns/ports.ts";
