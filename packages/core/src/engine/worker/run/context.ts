/**
 * What a handler holds besides its job.
 *
 * Its functions are made when they are read, so that a handler that uses none costs nothing, and may be taken
 * out of it: `async (job, { log, signal }) => …`.
 */

import type { LeasedJob } from "../../../contract/adapter.ts";
import { DEFAULTS } from "../../../nouns/defaults.ts";
import type { Context, RunningJob } from "../../../nouns/definition.ts";
import { durationMs } from "../../../nouns/duration.ts";
import { QueueError } from "../../../nouns/errors.ts";
import type { JsonText } from "../../../nouns/job.ts";
import { MOVES } from "../../../nouns/lifecycle.ts";
import { checkName } from "../../../nouns/names.ts";
import { payloadRule, toJsonText } from "../../yard/payload.ts";
import type { Turn } from "../turn.ts";
import type { EntryWriter } from "./entry-writer.ts";

export interface ContextTools {
  readonly entries: EntryWriter;
  readonly complete: (turn: Turn, result: unknown, tx: unknown) => Promise<void>;
}

export class TurnContext implements Context {
  readonly #turn: Turn;
  readonly #tools: ContextTools;

  constructor(turn: Turn, tools: ContextTools) {
    this.#turn = turn;
    this.#tools = tools;
  }

  get signal(): AbortSignal {
    return this.#turn.signal;
  }

  get progress(): Context["progress"] {
    return (value) => this.#write("progress", entryText(value, "progress"));
  }

  get log(): Context["log"] {
    return (text) => this.#write("log", entryText(String(text), "log"));
  }

  get event(): Context["event"] {
    return (kind, data = null) => this.#write(checkKind(kind), entryText(data, kind));
  }

  get snooze(): Context["snooze"] {
    return (duration) => {
      this.#turn.asked ??= { kind: "snoozed", delayMs: durationMs(duration, "snooze") };
      throw new HandlerEnded("snoozed");
    };
  }

  get cancel(): Context["cancel"] {
    return (reason) => {
      const failure = reason === undefined ? null : { code: "CANCELLED", message: cut(String(reason)), stack: null };
      this.#turn.asked ??= { kind: "cancelled", by: "handler", failure };
      throw new HandlerEnded("cancelled");
    };
  }

  get complete(): Context["complete"] {
    return (result, { tx }) => this.#tools.complete(this.#turn, result, tx);
  }

  /** What cannot be written throws at once, so that it fails the run even if nobody awaits the answer. */
  #write(kind: string, data: JsonText): Promise<void> {
    return this.#tools.entries.write(this.#turn, kind, data);
  }
}

/** The job as its handler sees it. */
export function toRunningJob(leased: LeasedJob, payload: unknown): RunningJob<unknown> {
  const { lease, parent, progress } = leased;
  return {
    id: lease.ref.id,
    queue: lease.ref.queue,
    name: leased.name,
    payload,
    attempt: leased.attempt,
    maxAttempts: leased.maxAttempts,
    createdAt: leased.createdAt,
    tags: leased.tags,
    group: leased.group,
    progress: progress === null ? null : JSON.parse(progress),
    parent: parent === null ? null : { queue: parent.queue, id: parent.id },
  };
}

/** Thrown by `snooze` and `cancel`, so that nothing after them runs. */
class HandlerEnded extends Error {
  constructor(how: string) {
    super(`The handler ended this run: ${how}.`);
    this.name = "HandlerEnded";
  }
}

/** Kinds that the engine and the stores write themselves. */
const OWN_KINDS: readonly string[] = [...Object.keys(MOVES), "progress", "log"];

function checkKind(kind: string): string {
  if (!OWN_KINDS.includes(checkName(kind, "kind"))) return kind;
  throw new QueueError("BAD_NAME", `kind: ${kind} is taken`, { field: "kind" });
}

const entryText = (value: unknown, subject: string): JsonText =>
  toJsonText(value, payloadRule(subject, DEFAULTS.maxResultBytes));

const cut = (text: string): string => text.slice(0, DEFAULTS.maxErrorChars).toWellFormed();
