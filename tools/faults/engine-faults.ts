/** Where faults are seeded in core itself: in what it decides, and in what the engine does around an adapter. */

import type { Patch } from "./fault.ts";

const core = (file: string, find: string, replace: string): Patch => ({
  file: `packages/core/src/${file}`,
  find,
  replace,
});

/** Fault → the promise it breaks, and where. */
export const ENGINE_FAULTS: Readonly<Record<string, { readonly promise: string; readonly patches: readonly Patch[] }>> =
  {
    "result-stored-before-serialising": {
      promise: "a result that is no JSON is a failed attempt",
      patches: [
        core(
          "engine/worker/run/runner.ts",
          "const text = resultText(turn, result);",
          "let text: string | null = null;\n      try {\n        text = resultText(turn, result);\n      } catch {}",
        ),
      ],
    },
    "batch-not-halved": {
      promise: "suspects run with half as many companions",
      patches: [core("decisions/decide.ts", "Math.ceil(session.unsettled / 2)", "session.unsettled")],
    },
    "companions-charged": {
      promise: "only the suspect pays for a crash",
      patches: [core("decisions/decide.ts", "const charged = session.alone;", "const charged = true;")],
    },
    "last-attempt-retried": {
      promise: "a job is dead after maxAttempts",
      patches: [core("decisions/decide.ts", "outcome.final || facts.attempt >= facts.maxAttempts", "outcome.final")],
    },
    "expired-job-started": {
      promise: "a claimed job whose time is over does not start",
      patches: [
        core("engine/worker/pump.ts", "expiresAt !== null && clock.serverNow() >= expiresAt", "expiresAt === -1"),
      ],
    },
    "paused-job-started": {
      promise: "no handler starts in a paused queue",
      patches: [
        core(
          "engine/worker/keep/heartbeat.ts",
          "if (extended.pausedQueues.length > 0)",
          "if (extended.pausedQueues.length > 1_000)",
        ),
      ],
    },
    "cancel-not-passed-on": {
      promise: "a cancel reaches the running handler",
      patches: [
        core(
          "engine/worker/keep/heartbeat.ts",
          `else if (extended.leases[index] === "cancel")`,
          `else if (extended.leases[index] === undefined)`,
        ),
      ],
    },
    "started-under-a-lost-lease": {
      promise: "nothing starts under a lease that is over",
      patches: [core("engine/worker/pump.ts", "ports.monotonic() >= clock.validUntil", "ports.monotonic() === -1")],
    },
    "settlement-lost-at-stop": {
      promise: "a graceful stop stores every end",
      patches: [core("engine/worker/stop-crew.ts", "({ lastEntry }) => lastEntry", "() => null")],
    },
    "follow-ups-forgotten": {
      promise: "stages follow a completed job",
      patches: [core("engine/worker/run/runner.ts", "...(followUps.length > 0 && { followUps }),", "")],
    },
  };
