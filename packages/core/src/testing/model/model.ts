/**
 * The semantics of a whole store: what producers and workers see of it, and what operators and sweeps do to it.
 *
 * Random command sequences are played on this model and on a real adapter; whatever differs is a bug in one of
 * them, and `docs/writing-an-adapter.md` says in which.
 */

import type { ApplyOptions, MoveResult, PurgeRule } from "../../contract/adapter.ts";
import { auditLine, operatorData } from "../../contract/entries.ts";
import { DEFAULTS } from "../../nouns/defaults.ts";
import type { Instant, Job, JobRef, JsonText } from "../../nouns/job.ts";
import { mayMove, type OperatorMove } from "../../nouns/lifecycle.ts";
import { retainedBytes } from "../../nouns/retention.ts";
import { beforeRequeue, type Entry, keyOf, requeued, wouldHold } from "./entry.ts";
import { type Queue, WorkModel } from "./work-model.ts";

interface Judgement {
  readonly outcome: MoveResult["outcome"];
  /** The move wrote an event. */
  readonly wrote?: true;
}

export class Model extends WorkModel {
  readonly trash: Map<string, { readonly entry: Entry; readonly at: Instant }> = new Map();
  readonly audit: JsonText[] = [];

  apply(move: OperatorMove, refs: readonly JobRef[], options: ApplyOptions): readonly MoveResult[] {
    const changed: JobRef[] = [];
    const results = refs.map((ref): MoveResult => {
      const { outcome, wrote } = move === "restore" ? this.#restore(ref, options) : this.#make(move, ref, options);
      if (wrote) changed.push(ref);
      return { ref, outcome, state: this.find(ref)?.job.state ?? null };
    });
    if (changed.length > 0) this.audit.push(auditLine(this.now, move, options, { refs: changed }));
    return results;
  }
  #make(move: OperatorMove, ref: JobRef, options: ApplyOptions): Judgement {
    const entry = this.find(ref);
    if (!entry) return { outcome: "missing" };
    const { job, undo } = entry;
    const runs = job.state === "active";
    if (options.expectEpoch !== undefined && options.expectEpoch !== job.epoch) return { outcome: "changed" };
    if (!mayMove(move, job.state)) return { outcome: move === "remove" && runs ? "busy" : "refused" };
    if (move === "cancel" && job.cancelRequested) return { outcome: "requested" };
    if (move === "promote" && job.runAt <= this.now) return { outcome: "done" };
    if (move === "requeue" && this.isTaken(entry)) return { outcome: "held" };
    if (move === "revert" && !(undo?.op === options.opId && undo?.op === job.lastOp && undo?.epoch === job.epoch))
      return { outcome: "changed" };
    const edits = options.payload !== undefined && (move === "requeue" || move === "edit");
    const set = { ...this.#effect(move, entry, options), lastOp: options.opId ?? null };
    this.write(entry, move, operatorData(move, options, edits ? job.payload : null), set);
    if (move === "requeue" && options.opId !== undefined)
      entry.undo = { op: options.opId, epoch: job.epoch, before: beforeRequeue(job) };
    if (["requeue", "promote", "reschedule"].includes(move)) this.place(entry);
    if (move === "remove") {
      this.jobs = this.jobs.filter((one) => one !== entry);
      this.trash.set(keyOf(ref), { entry, at: this.now });
    }
    return { outcome: move === "cancel" && runs ? "requested" : "done", wrote: true };
  }
  #effect(move: OperatorMove, { job, undo }: Entry, options: ApplyOptions): Partial<Job> {
    const { payload = job.payload, priority = job.priority, delayMs = 0 } = options;
    const runAt = this.now + delayMs;
    const effects: Partial<Record<OperatorMove, Partial<Job>>> = {
      cancel:
        job.state === "active"
          ? { cancelRequested: true }
          : { state: "cancelled", reason: "user", finishedAt: this.now },
      requeue: requeued(payload, runAt),
      promote: { runAt: this.now },
      reschedule: { runAt },
      reprioritise: { priority },
      edit: { payload },
      revert: undo?.before ?? {},
      park: { state: "stale" },
    };
    return effects[move] ?? {};
  }
  #restore(ref: JobRef, options: ApplyOptions): Judgement {
    const { entry, at } = this.trash.get(keyOf(ref)) ?? {};
    if (!entry || at === undefined || at + DEFAULTS.trashMs < this.now) return { outcome: "missing" };
    if (options.expectEpoch !== undefined && options.expectEpoch !== entry.job.epoch) return { outcome: "changed" };
    if (this.find(ref) || (wouldHold(entry.dedupe, entry.job.state) && this.isTaken(entry))) return { outcome: "held" };
    this.trash.delete(keyOf(ref));
    this.write(entry, "restore", operatorData("restore", options, null), { lastOp: options.opId ?? null });
    this.place(entry);
    this.jobs = [...this.jobs, entry].sort((a, b) => a.born - b.born);
    return { outcome: "done", wrote: true };
  }
  /** False, and no audit line, if nothing changes. */
  set(name: string, action: "pause" | "resume" | "configure", actor: string, change: Partial<Queue>): boolean {
    const before = this.queue(name);
    const changes =
      action === "configure" ? change.maxSize !== before.maxSize : (before.paused === null) === (action === "pause");
    if (changes) this.queues.set(name, { ...before, ...change });
    if (changes) this.audit.push(auditLine(this.now, action, { actor }, { queue: name }));
    return changes;
  }

  expire(): number {
    const overdue = this.jobs.filter(this.isOverdue);
    for (const entry of overdue) this.cancel(entry, "expire", "expired");
    return overdue.length;
  }
  /** What stays is the longest run of the newest that fits every bound. */
  purge({ queue, state, keep }: PurgeRule, limit: number): { readonly removed: number; readonly more: boolean } {
    const endOf = ({ job }: Entry): Instant => job.finishedAt ?? 0;
    const finals = this.inQueue(queue, [state]).toSorted((a, b) => endOf(a) - endOf(b) || a.born - b.born);
    const fits = (rest: readonly Entry[]): boolean =>
      rest.every((entry) => endOf(entry) > this.now - (keep.ageMs ?? Number.POSITIVE_INFINITY)) &&
      rest.length <= (keep.count ?? Number.POSITIVE_INFINITY) &&
      rest.reduce((sum, { job }) => sum + retainedBytes(job), 0) <= (keep.bytes ?? Number.POSITIVE_INFINITY);
    let beyond = 0;
    while (beyond < finals.length && !fits(finals.slice(beyond))) beyond += 1;
    const gone = finals.slice(0, Math.min(beyond, limit));
    this.jobs = this.jobs.filter((entry) => !gone.includes(entry));
    return { removed: gone.length, more: beyond > limit };
  }
}
