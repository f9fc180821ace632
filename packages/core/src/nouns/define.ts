/** Making job types: `defineJob` and `followUp`. Everything a definition says is checked here, once. */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import { DEFAULTS } from "./defaults.ts";
import type {
  BoundJob,
  Defined,
  Done,
  EnqueueOptions,
  FollowUp,
  Handler,
  JobConfig,
  JobDefinition,
} from "./definition.ts";
import { QueueError } from "./errors.ts";
import { checkName } from "./names.ts";
import { checkInteger, checkJobOptions, checkKnown, JOB_OPTIONS } from "./options.ts";

/**
 * A job type. The payload's type is inferred from the schema, for producers (what goes in) and handlers (what comes out).
 *
 * @param name - unique among the types of a worker; stored with every job
 * @throws QueueError `BAD_NAME`, `BAD_OPTION`, `BAD_DURATION`
 */
export function defineJob<S extends StandardSchemaV1>(name: string, config: JobConfig<S>): JobDefinition<S> {
  checkKnown(config, CONFIG_FIELDS, "defineJob");
  const definition: JobDefinition<S> = {
    name: checkName(name, "name"),
    queue: checkName(config.queue ?? DEFAULTS.queue, "queue"),
    version: config.version === undefined ? 1 : checkInteger(config.version, 1, Number.MAX_SAFE_INTEGER, "version"),
    payload: checkSchema(config.payload),
    options: checkJobOptions(config),
    dedupe: config.dedupe ?? null,
    handler: (run, bound = {}) => bind(definition, run, bound),
  };
  return definition;
}

/**
 * A job to be enqueued when another completes, in the same step: what `followUps` returns.
 *
 * @param options - as for `enqueue`, without `tx`. `ref` tells apart follow-ups of one type; default is the type's name
 * @throws QueueError `BAD_NAME`, `BAD_OPTION`
 */
export function followUp<S extends StandardSchemaV1>(
  job: Defined<S>,
  payload: StandardSchemaV1.InferInput<S>,
  options: Omit<EnqueueOptions, "tx"> & { readonly ref?: string } = {},
): FollowUp {
  const definition = definitionOf(job);
  const { ref = definition.name, ...rest } = options;
  if ("tx" in rest) throw new QueueError("BAD_OPTION", "tx: a follow-up belongs to its parent's step", { field: "tx" });
  return { definition, payload, ref: checkName(ref, "ref"), options: rest };
}

/**
 * The job type itself, with or without a handler.
 *
 * @throws QueueError `BAD_OPTION` for anything else
 */
export function definitionOf<S extends StandardSchemaV1>(job: Defined<S>): JobDefinition<S> {
  const definition = typeof job === "object" && job !== null && "definition" in job ? job.definition : job;
  if (typeof definition?.payload?.["~standard"]?.validate === "function") return definition;
  throw new QueueError("BAD_OPTION", "job: not a job type; make one with defineJob(…)", { field: "job" });
}

const CONFIG_FIELDS: readonly string[] = [...JOB_OPTIONS, "queue", "payload", "version", "dedupe"];

function checkSchema<S extends StandardSchemaV1>(schema: S): S {
  if (typeof schema?.["~standard"]?.validate === "function") return schema;
  throw new QueueError("BAD_OPTION", "payload: not a Standard Schema", { field: "payload" });
}

/** A worker keeps handlers of all payloads in one list; the schema of each makes sure that it gets its own. */
function bind<S extends StandardSchemaV1, R>(
  definition: JobDefinition<S>,
  run: Handler<StandardSchemaV1.InferOutput<S>, R>,
  bound: { readonly followUps?: (done: Done<StandardSchemaV1.InferOutput<S>, R>) => readonly FollowUp[] },
): BoundJob<S> {
  checkKnown(bound, ["followUps"], "handler");
  const { followUps = null } = bound;
  if (typeof run !== "function") throw new QueueError("BAD_OPTION", "handler: not a function", { field: "handler" });
  if (followUps !== null && typeof followUps !== "function")
    throw new QueueError("BAD_OPTION", "followUps: not a function", { field: "followUps" });
  return {
    definition,
    run: run as Handler<unknown, unknown>,
    followUps: followUps as BoundJob["followUps"],
  };
}
