/** What `--json` prints, command by command: strict, so that a field more or less is a fault. docs/cli.md shows an example of each. */

import { DIAGNOSIS_LEVELS, FINDING_CODES, PHASES, STATES } from "@jobyard/core";
import { z } from "zod";

const instant = z.int().min(0);
const state = z.enum(STATES);
const count = z.strictObject({ n: z.int().min(0), exact: z.boolean() });
const ref = z.strictObject({ queue: z.string(), id: z.string() });
const facts = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

const accepted = { ...ref.shape, state, duplicate: z.boolean() };
const enqueue = z.union([
  z.strictObject(accepted),
  z.strictObject({ line: z.int().min(1), ...accepted }),
  z.strictObject({ line: z.int().min(1), ...ref.shape, code: z.enum(["ID_CONFLICT", "QUEUE_FULL"]) }),
  z.strictObject({ line: z.int().min(1), code: z.enum(["PAYLOAD_INVALID", "PAYLOAD_TOO_LARGE"]), message: z.string() }),
]);

const attempt = { ...ref.shape, name: z.string(), attempt: z.int(), maxAttempts: z.int() };
const briefError = z.strictObject({ code: z.string(), message: z.string() });
const work = z.discriminatedUnion("event", [
  z.strictObject({ event: z.literal("job.started"), ...attempt }),
  z.strictObject({ event: z.literal("job.completed"), ...attempt, durationMs: z.number() }),
  z.strictObject({
    event: z.literal("job.failed"),
    ...attempt,
    durationMs: z.number(),
    error: briefError,
    retryInMs: z.number().nullable(),
  }),
  z.strictObject({ event: z.literal("job.dead_letter"), ...attempt, error: briefError }),
]);

const bound = z.int().min(0).nullable();
const kept = z.strictObject({ ageMs: bound, count: bound, bytes: bound });
const settings = {
  maxSize: z.int().min(1).nullable(),
  retention: z.strictObject({ completed: kept, dead: kept, cancelled: kept }),
};
const queues = z.strictObject({
  queue: z.string(),
  paused: z.strictObject({ at: instant, by: z.string(), reason: z.string().nullable() }).nullable(),
  counts: z.strictObject(Object.fromEntries(PHASES.map((phase) => [phase, count]))),
  depth: z.int().min(0),
  oldestDueAt: instant.nullable(),
  ...settings,
});

const attemptError = z.strictObject({
  at: instant,
  attempt: z.int(),
  code: z.string(),
  message: z.string(),
  stack: z.string().nullable(),
});
const summary = {
  id: z.string(),
  queue: z.string(),
  name: z.string(),
  state,
  phase: z.enum(PHASES),
  progress: z.unknown(),
  priority: z.int(),
  attempt: z.int(),
  maxAttempts: z.int(),
  runAt: instant,
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  leaseUntil: instant.nullable(),
  worker: z.string().nullable(),
  tags: z.array(z.string()),
  group: z.string().nullable(),
  dedupeKey: z.string().nullable(),
  reason: z.string().nullable(),
};

const workers = z.strictObject({
  session: z.string(),
  name: z.string(),
  host: z.string(),
  pid: z.int(),
  pidSpace: z.string(),
  startedAt: instant,
  seenAt: instant,
  leaseMs: z.int(),
  queues: z.array(
    z.strictObject({
      queue: z.string(),
      concurrency: z.int(),
      running: z.int(),
      types: z.array(z.strictObject({ name: z.string(), maxVersion: z.int() })),
    }),
  ),
});

const outcome = z.enum(["done", "requested", "refused", "busy", "held", "changed", "missing"]);
const facets = z.array(z.strictObject({ value: z.string(), count }));
const move = z.union([
  z.strictObject({ ref, outcome, state: state.nullable() }),
  z.strictObject({ ref, outcome, state: state.nullable(), dryRun: z.literal(true) }),
  z.strictObject({
    op: z.string(),
    seen: z.int(),
    done: z.int(),
    skipped: z.record(z.string(), z.int()),
    interrupted: z.boolean(),
  }),
  z.strictObject({
    dryRun: z.literal(true),
    upTo: instant,
    count,
    byState: facets,
    byName: facets,
    sample: z.array(ref),
  }),
]);

const toggle = z.strictObject({ queue: z.string(), paused: z.boolean(), changed: z.boolean() });
const version = z.int().min(0);
const measured = z.strictObject({
  measure: z.string(),
  jobs: z.int(),
  perSecond: z.number().nullable(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});

/** One line of the command's output. Commands that have no JSON form are not here. */
export const SHAPES: Readonly<Record<string, z.ZodType>> = {
  enqueue,
  work,
  queues,
  jobs: z.strictObject({ ...summary, lastError: attemptError.nullable() }),
  job: z.strictObject({ ...summary, payload: z.unknown(), result: z.unknown(), errors: z.array(attemptError) }),
  events: z.strictObject({ seq: z.int().min(1), at: instant, kind: z.string(), data: z.unknown() }),
  explain: z.strictObject({
    code: z.enum(FINDING_CODES),
    text: z.string(),
    until: instant.optional(),
    evidence: facts,
    fix: z.string().optional(),
  }),
  workers,
  requeue: move,
  cancel: move,
  promote: move,
  remove: move,
  pause: toggle,
  resume: toggle,
  set: z.strictObject({ queue: z.string(), ...settings }),
  migrate: z.union([
    z.strictObject({ from: version, to: version }),
    z.strictObject({ state: z.enum(["ready", "missing", "old", "new"]), current: version, wanted: version }),
  ]),
  doctor: z.strictObject({
    code: z.string().regex(/^[A-Z][A-Z0-9_]+$/),
    level: z.enum(DIAGNOSIS_LEVELS),
    text: z.string(),
    evidence: facts,
    fix: z.string().optional(),
  }),
  bench: z.strictObject({
    at: instant,
    backend: z.string(),
    durability: z.enum(["none", "crash", "power"]),
    node: z.string(),
    cpu: z.string(),
    cpus: z.int(),
    interrupted: z.boolean(),
    measures: z.array(measured),
  }),
  completion: z.strictObject({ shell: z.enum(["bash", "zsh", "fish"]), script: z.string() }),
};
