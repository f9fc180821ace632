/** A store in memory and a clock that obeys: what tests of an application need. Loads no test runner. */

export * from "./testing/manual-ports.ts";
export * from "./testing/memory/memory-adapter.ts";
