/** Where faults are seeded that several adapters have in common: in what they share of core's contract. */

import type { Patch } from "./fault.ts";

const contract = (file: string, find: string, replace: string): Patch => ({
  file: `packages/core/src/contract/${file}`,
  find,
  replace,
});

/** By the name of the fault of an adapter's, or by what is broken. */
export const CONTRACT_FAULTS = {
  // Raised with the attempt only, the epoch is no better than the attempt's number.
  "fence-by-attempt": contract(
    "ending.ts",
    "isFinal(state) ? job.epoch : job.epoch + 1",
    "isFinal(state) || givesBack ? job.epoch : job.epoch + 1",
  ),
  "dedupe-on-rescue": contract(
    "ending.ts",
    `if (decided.state === "waiting" && meetsTwin())`,
    `if (decision.move !== "rescue" && decided.state === "waiting" && meetsTwin())`,
  ),
  // Of stores whose claims do not write the attempt's number.
  "attempt-not-counted": contract(
    "stored-ending.ts",
    "const running = job.attempt + 1;",
    "const running = Math.max(1, job.attempt);",
  ),
  "attempt-not-given-back": contract(
    "ending.ts",
    `return { kind, state: "waiting", reason: null, delayMs: decision.delayMs, givesBack: true };`,
    `return { kind, state: "waiting", reason: null, delayMs: decision.delayMs, givesBack: false };`,
  ),
  "rescue-charges-all": contract("ending.ts", "givesBack: !decision.charged", "givesBack: false"),
  "held-limit-ignored": contract("stored-ending.ts", "    held_limit,\n", "    held_limit: null,\n"),
  "cancel-lost-in-the-race": contract(
    "ending.ts",
    `if (cancelRequested && decision.move !== "complete") {`,
    `if (cancelRequested && decision.move === "rescue") {`,
  ),
  "requeue-from-anywhere": contract(
    "moving.ts",
    "if (mayMove(move, job.state)) return null;",
    `if (mayMove(move, job.state) || (move === "requeue" && job.state === "completed")) return null;`,
  ),
  "lost-write-made-again": contract(
    "patience.ts",
    "reconnect: { undone: PASSING }",
    "reconnect: { undone: PASSING, unknown: PASSING }",
  ),
  "undone-not-made-again": contract("patience.ts", "reconnect: { undone: PASSING }", "reconnect: {}"),
  "contention-not-waited-for": contract(
    "patience.ts",
    "contention: { unsent: CONTENTION, undone: CONTENTION }",
    "contention: { unsent: CONTENTION }",
  ),
  "passing-not-waited-for": contract("patience.ts", "passing: { unsent: PASSING, undone: PASSING }", "passing: {}"),
  "well-and-to-be-fixed": contract(
    "diagnoses.ts",
    '.`, evidence };\n    case "new"',
    '.`, evidence, fix: "Migrate." };\n    case "new"',
  ),
} as const satisfies Readonly<Record<string, Patch>>;
