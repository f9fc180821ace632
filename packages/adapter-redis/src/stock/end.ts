/**
 * Ends a job by BullMQ's own script, in three steps: the lock is made sure of, BullMQ's script ends the job, and ours
 * notes what it means here. The last two are one transaction.
 */

import type { JsonText, Lease, Settlement } from "@jobyard/core/adapter";
import { Job, type JobsOptions, type Queue } from "bullmq";
import { type Argument, scriptRunner } from "../bullmq.ts";
import type { Client } from "../driver.ts";
import type { Answer as EnqueueAnswer } from "../enqueue.ts";
import { refusalOf } from "../faults.ts";
import { handedBackScript, handOverScript } from "../lua/stock.lua.ts";
import { type Packable, packed } from "../packed.ts";
import type { EndName } from "../settle.ts";
import type { Store } from "../store.ts";

export interface PlannedEnd {
  readonly lease: Lease;
  readonly guard: Settlement["guard"];
  /** As `fateOf` packs it; null: the job completes. */
  readonly fate: Packable;
  readonly result: JsonText | null;
  readonly followUps: readonly Packable[];
  /** What BullMQ's programs see as the reason, if it does not complete. */
  readonly failedReason: (name: EndName) => string;
  /** More of the kind. */
  readonly fields: Readonly<Record<string, string>> | null;
}

export type Ended =
  | "lost"
  | "missing"
  | "live"
  /** It may go on after all, which is no end. */
  | "again"
  /** Its children have not ended, or have failed. */
  | "has children"
  | { readonly name: EndName; readonly receipts: readonly EnqueueAnswer[] };

export async function endByStock(store: Store, plan: PlannedEnd): Promise<Ended> {
  const { lease, guard, fate, result, followUps } = plan;
  const { ref, token, epoch, session } = lease;
  const head = { ...ref, token, epoch, session };
  const handed = (await store.run(handOverScript, packed({ ...head, guard, fate }))) as HandedOver;
  if (typeof handed === "string") return handed;
  const [now, opts, name] = handed;
  const queue = await store.queue(ref.queue);
  const args = argsOf(queue, plan, { now, name, opts: JSON.parse(opts) as JobsOptions });
  const { code, receipts } = await finish(store, queue, args, packed({ ...head, fate, name, result, followUps }));
  if (code >= 0) return { name, receipts };
  if (HAS_CHILDREN.has(code)) return "has children";
  return code === MISSING ? "missing" : "lost";
}

type HandedOver = "lost" | "missing" | "live" | "again" | readonly [now: number, opts: string, name: EndName];

/** What BullMQ's script answers; below zero it has changed nothing. */
const MISSING = -1;
const HAS_CHILDREN: ReadonlySet<number> = new Set([-4, -9]);

interface Found {
  readonly now: number;
  readonly opts: JobsOptions;
  readonly name: EndName;
}

/** As the backend's own methods make them, but with the server's time, and the result's text as it is. */
function argsOf(queue: Queue, plan: PlannedEnd, { now, opts, name }: Found): readonly Argument[] {
  const { lease, fate, result, failedReason, fields } = plan;
  const backend = queue.getBackend();
  const job = new Job<unknown, string>(queue, "", null, opts, lease.ref.id);
  if (fate === null)
    return atTime(now, backend.moveToCompletedArgs(job, result ?? "null", opts.removeOnComplete ?? false, lease.token));
  // How many others are kept is not for this one to say: dead letters stay until retention or a person removes them.
  const keep = opts.removeOnFail === true;
  return atTime(now, backend.moveToFailedArgs(job, failedReason(name), keep, lease.token, false, fields ?? undefined));
}

/** The first number among them is the time. */
function atTime(now: number, args: readonly (Argument | boolean)[]): readonly Argument[] {
  const place = args.findIndex((arg) => typeof arg === "number");
  return args.map((arg, index) => (index === place ? now : typeof arg === "boolean" ? String(arg) : arg));
}

interface Finished {
  /** Below zero: refused. */
  readonly code: number;
  readonly receipts: readonly EnqueueAnswer[];
}

function finish(store: Store, queue: Queue, args: readonly Argument[], ask: Argument): Promise<Finished> {
  const backend = queue.getBackend();
  return store.calls.run("may write", async (client) => {
    const noted = scriptRunner(client).named(store.runnableOf(handedBackScript));
    const shared = await backend.client;
    const transaction = shared.multi();
    backend.execCommand(transaction, FINISH, [...args]);
    transaction.runCommand(noted, [1, store.root, ask]);
    const [ended, told] = (await transaction.exec()) ?? [];
    // A server that has forgotten scripts gets their text when they are sent by themselves.
    const code = await replyOr<number>(ended, () => backend.execCommand(shared, FINISH, [...args]));
    if (code < 0) return { code, receipts: [] };
    const isLate = ended?.[0] !== null;
    const receipts = isLate ? await note(store, client, ask) : await replyOr(told, () => note(store, client, ask));
    return { code, receipts: receipts ?? [] };
  });
}

const FINISH = "moveToFinished";

type Noted = readonly EnqueueAnswer[] | null;

const note = (store: Store, client: Client, ask: Argument): Promise<Noted> =>
  scriptRunner(client).run(store.runnableOf(handedBackScript), store.keysOn(client), [ask]) as Promise<Noted>;

type Reply = readonly [error: Error | null, value: unknown] | undefined;

async function replyOr<T>(reply: Reply, anew: () => Promise<T>): Promise<T> {
  const [error, value] = reply ?? [new Error("a transaction without an answer"), null];
  if (error === null) return value as T;
  if (refusalOf(error) === "NOSCRIPT") return anew();
  throw error;
}
