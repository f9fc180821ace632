import "server-only";

/** Jobs: lists, one job with all that is known of it, and the moves of single jobs. */

import { type Job, type JobEvent, type JobSummary, type OperatorMove, QueueError, systemPorts } from "@jobyard/core";
import * as z from "zod";
import { backendInput, boardOf, refInput } from "@/server/backend-input";
import type { User } from "@/server/context";
import { MOVE_PERMISSIONS, type Permission } from "@/server/permissions";
import { filterOf, searchInput } from "@/server/query-input";
import { procedure, router } from "@/server/trpc";
import { jobsToSearch } from "./jobs-to-search";

export const PAGE_SIZE = 50;
const MOST_REFS = 100;

/** A job in a list. Its last error without the stack. */
export type JobRow = Omit<JobSummary, "lastError"> & {
  readonly lastError: { readonly code: string; readonly message: string } | null;
};

const refsInput = backendInput.extend({ refs: z.array(refInput).min(1).max(MOST_REFS) });

/** One move of some jobs that were picked by hand. `opId` names it, so that it can be undone. */
const moveOf = (move: OperatorMove, permission: Permission) =>
  procedure(permission)
    .input(refsInput)
    .mutation(async ({ ctx, input }) => {
      const opId = systemPorts.newId();
      const results = await boardOf(ctx, input).move(move, input.refs, { actor: ctx.user.name, opId });
      ctx.runtime.hub.touch(queuesOf(input.refs));
      return { opId, results };
    });

export const jobsRouter = router({
  list: procedure("job.read")
    .input(searchInput.extend({ cursor: z.string().nullable() }))
    .query(async ({ ctx, input }) => {
      const board = boardOf(ctx, input);
      const query = filterOf(input.q, ctx.user);
      const { items, searched, ...places } = await board.jobs({ query, limit: PAGE_SIZE, cursor: input.cursor });
      const among = searched.all ? null : jobsToSearch(query, await ctx.runtime.shared("queues", () => board.queues()));
      return { ...places, items: items.map(rowOf), searched: { ...searched, among } };
    }),

  /** Jobs that are on a page already, as they are now; those that are gone are left out. */
  rows: procedure("job.read")
    .input(refsInput)
    .query(async ({ ctx, input }) => {
      const { items } = await boardOf(ctx, input).jobs({
        query: [{ not: false, field: "id", any: input.refs.map(({ id }) => ({ text: id, glob: false })) }],
        limit: MOST_REFS,
      });
      return items.map(rowOf);
    }),

  /** How many there are per phase, for the tabs. */
  phases: procedure("job.read")
    .input(searchInput)
    .query(({ ctx, input }) => {
      const filter = filterOf(input.q, ctx.user);
      return ctx.runtime.shared(`phases ${input.q}`, () => boardOf(ctx, input).phases(filter));
    }),

  one: procedure("job.read")
    .input(backendInput.extend(refInput.shape))
    .query(async ({ ctx, input }) => {
      const board = boardOf(ctx, input);
      const [job, findings, attempts] = await Promise.all([
        board.job(input),
        board.explain(input),
        board.attempts(input),
      ]);
      if (job === null) throw new QueueError("JOB_NOT_FOUND", `${input.queue}/${input.id}`);
      return { job: readable(job, ctx.user), findings, attempts };
    }),

  /** The newest `last` events, oldest first. */
  events: procedure("job.read")
    .input(backendInput.extend(refInput.shape).extend({ seq: z.int().min(0), last: z.int().min(1).max(900) }))
    .query(async ({ ctx, input }) => {
      const events = await boardOf(ctx, input).events(input, Math.max(0, input.seq - input.last), input.last + 100);
      return (events ?? []).map((event) => readableEvent(event, ctx.user));
    }),

  requeue: moveOf("requeue", MOVE_PERMISSIONS.requeue),
  cancel: moveOf("cancel", MOVE_PERMISSIONS.cancel),
  promote: moveOf("promote", MOVE_PERMISSIONS.promote),
  remove: moveOf("remove", MOVE_PERMISSIONS.remove),
  /** Takes a removal back, within 24 hours. */
  restore: moveOf("restore", MOVE_PERMISSIONS.remove),

  /** Takes a requeue back, if nothing happened to the job since. */
  revert: procedure("job.requeue")
    .input(refsInput.extend({ opId: z.string().max(128) }))
    .mutation(async ({ ctx, input }) => {
      const { refs, opId } = input;
      const results = await boardOf(ctx, input).move("revert", refs, { actor: ctx.user.name, opId });
      ctx.runtime.hub.touch(queuesOf(refs));
      return { opId, results };
    }),

  requeueEdited: procedure("job.edit")
    .input(backendInput.extend({ ref: refInput, payload: z.string(), expectEpoch: z.int() }))
    .mutation(async ({ ctx, input }) => {
      const { ref, payload, expectEpoch } = input;
      const opId = systemPorts.newId();
      const options = { actor: ctx.user.name, opId, payload, expectEpoch };
      const results = await boardOf(ctx, input).move("requeue", [ref], options);
      ctx.runtime.hub.touch([ref.queue]);
      return { opId, results };
    }),
});

const queuesOf = (refs: readonly { readonly queue: string }[]): readonly string[] => [
  ...new Set(refs.map(({ queue }) => queue)),
];

const rowOf = ({ lastError, ...job }: JobSummary): JobRow => ({
  ...job,
  lastError: lastError && { code: lastError.code, message: lastError.message },
});

/** Payload and result are `null` for a role that may not see them; `hidden` tells that from a job without a result. */
const readable = (
  job: Job,
  user: User,
): Omit<Job, "payload"> & { readonly payload: string | null; readonly hidden: boolean } =>
  user.permissions.includes("job.payload")
    ? { ...job, hidden: false }
    : { ...job, payload: null, result: null, hidden: true };

/** An edit's event holds the payload that was replaced. */
function readableEvent(event: JobEvent, user: User): JobEvent {
  if (event.data === null || user.permissions.includes("job.payload") || !event.data.includes("previousPayload"))
    return event;
  const { previousPayload: _, ...rest } = JSON.parse(event.data) as Record<string, unknown>;
  return { ...event, data: JSON.stringify(rest) };
}
